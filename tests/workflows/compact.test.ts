import { ApplicationFailure } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import type {
  CompactActivities,
  CompactGroup,
  CompactInput,
  CompactProgress,
  FindRequest,
  StageActivities,
} from '@parquetry/workflows';
import { Rig } from './rig';

const STAGE = 'fake-compact-stage';
const INPUT: CompactInput = { archive: '/none', partitionSize: 100, verify: 'ledger' };
/** Groups of a page of this archive; the workflow allows more. */
const PAGE = 3;

const group = (start: number, end: number, part = false): CompactGroup => ({
  dataset: 'a',
  range: { start, end },
  segments: [`s${start}`, `s${end}`],
  files: 2,
  ...(part ? { part } : {}),
});

/** An archive whose groups disappear when they are committed; when no part is left, their results form new groups. */
class FakeArchive {
  readonly asked: FindRequest[] = [];
  readonly committed: string[] = [];
  /** First ledgers of groups that can't be merged. */
  readonly broken = new Set<number>();

  constructor(
    private groups: readonly CompactGroup[],
    private later: readonly CompactGroup[] = [],
  ) {}

  readonly shared: CompactActivities = {
    findSegments: async (request) => {
      this.asked.push(request);
      const from = request.after?.ledger ?? 0;
      const open = this.groups.filter(({ range }) => range.start > from);
      const groups = open.slice(0, PAGE);
      const last = groups.at(-1);
      if (last === undefined || open.length === groups.length) return { groups };
      return { groups, next: { dataset: 'a', ledger: last.range.end } };
    },
    mergeSegments: async ({ group: { range } }) => {
      if (this.broken.has(range.start))
        throw ApplicationFailure.nonRetryable(`a/${range.start}.parquet is damaged.`, 'FILE_CORRUPT', {
          hint: 'Restore it.',
        });
      const stageId = String(range.start);
      return { kind: 'staged', stageId, queue: STAGE, plan: 'p', schemaVersion: 1, rows: 10 };
    },
  };

  readonly stage: Pick<StageActivities, 'verifyRowCounts' | 'commit' | 'dropStage'> = {
    verifyRowCounts: async () => ({ rows: 10, ledgers: 10 }),
    commit: async ({ range }) => {
      this.committed.push(`${range.start}-${range.end}`);
      this.groups = this.groups.filter((open) => open.range.start !== range.start);
      if (this.groups.every(({ part }) => part !== true)) {
        this.groups = [...this.later, ...this.groups];
        this.later = [];
      }
      return { outcome: 'committed', version: 0, files: 1, rows: 10, bytes: 1, rejected: 0, closedBy: {} };
    },
    dropStage: async () => true,
  };
}

describe('a compaction of many pages', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()), 120_000);
  afterAll(() => rig?.stop());

  const run = (archive: FakeArchive, use: (handle: WorkflowHandle) => Promise<void>): Promise<void> =>
    rig.run(
      'compact',
      INPUT,
      { shared: archive.shared, stage: archive.stage, stageQueue: STAGE },
      async (handle) => use(rig.server.client.workflow.getHandle(handle.workflowId)),
    );

  it('continues past failures, and fails at its end with a list of them', async () => {
    const all = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => group(100 * i + 1, 100 * i + 100));
    const archive = new FakeArchive(all);
    archive.broken.add(101).add(701);
    await run(archive, async (handle) => {
      await expect(handle.result()).rejects.toMatchObject({
        cause: {
          type: 'FILE_CORRUPT',
          message:
            '2 ranges could not be compacted; ' +
            '101-200 a: mergeSegments FILE_CORRUPT: a/101.parquet is damaged.; ' +
            '701-800 a: mergeSegments FILE_CORRUPT: a/701.parquet is damaged.',
          details: [
            {
              failed: 2,
              groups: 6,
              segments: 12,
              filesBefore: 12,
              filesAfter: 6,
              rows: 60,
              hint: 'Restore it.',
            },
          ],
        },
      });
      expect([...archive.committed].sort()).toEqual(
        ['1-100', '201-300', '301-400', '401-500', '501-600', '601-700'].sort(),
      );
      expect(archive.asked.map(({ after }) => after?.ledger)).toEqual([undefined, 300, 600]);
      // The maximum payload of Temporal bounds a page.
      expect(archive.asked[0]).toMatchObject({ groups: 40, segments: 10_000 });
    });
  }, 60_000);

  it('compacts its own results again, and retries failures with them', async () => {
    const archive = new FakeArchive(
      [group(1, 10, true), group(11, 20, true), group(101, 200)],
      [group(1, 20)],
    );
    archive.broken.add(101);
    await run(archive, async (handle) => {
      await expect(handle.result()).rejects.toMatchObject({
        cause: { message: expect.stringMatching(/^1 ranges could not be compacted; 101-200 a/) as string },
      });
      expect(archive.committed.sort()).toEqual(['1-10', '1-20', '11-20']);
      expect(archive.asked.map(({ after }) => after)).toEqual([undefined, undefined]);
    });
  }, 60_000);

  it('returns its counts when nothing failed', async () => {
    await run(new FakeArchive([group(1, 100), group(101, 200)]), async (handle) => {
      expect((await handle.result()) as CompactProgress).toEqual({
        ...{ kind: 'compact', groups: 2, segments: 4, filesBefore: 4, filesAfter: 2, rows: 20 },
        ...{ failed: 0, failures: [] },
      });
    });
  }, 60_000);
});
