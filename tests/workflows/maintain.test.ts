import { ApplicationFailure, Context } from '@temporalio/activity';
import type {
  AuditSummary,
  CompactActivities,
  CompactGroup,
  MaintainActivities,
  MaintainInput,
  MaintainReport,
} from '@parquetry/workflows';
import { FakeSteps } from './fakes';
import { Rig, until } from './rig';

const STAGE = 'fake-maintain-stage';
const INPUT: MaintainInput = {
  archive: '/none',
  compact: { partitionSize: 10, verify: 'ledger', limit: 2, settledMs: 60_000 },
  logRetentionMs: 1000,
  graceMs: 2000,
  deep: { runs: 30, everyMs: 86_400_000 },
};
const CLEAN: AuditSummary = {
  ...{ datasets: 1, files: 3, rows: 30, bytes: 9, deep: 1, pending: 0, faults: 0 },
  findings: [],
};

const group = (start: number): CompactGroup => ({
  dataset: 'a',
  range: { start, end: start + 9 },
  segments: ['s1', 's2'],
  files: 2,
});

/** Fake steps that note what they were asked. */
class Steps {
  readonly asked: [string, unknown][] = [];
  groups: readonly CompactGroup[] = [group(10), group(20), group(30)];
  audit: AuditSummary = CLEAN;
  brokenLog = false;
  merge: () => Promise<void> = async () => undefined;
  gc: () => Promise<void> = async () => undefined;

  readonly shared: MaintainActivities & CompactActivities = {
    findSegments: async (request) => {
      this.asked.push(['compact', request]);
      const open = this.groups.filter(({ range }) => range.start > (request.after?.ledger ?? 0));
      const groups = open.slice(0, request.groups);
      const last = groups.at(-1);
      if (last === undefined || groups.length === open.length) return { groups };
      return { groups, next: { dataset: 'a', ledger: last.range.end } };
    },
    mergeSegments: async ({ group: { range } }) => {
      await this.merge();
      if (range.start === 20) throw ApplicationFailure.nonRetryable('A file is damaged.', 'FILE_CORRUPT');
      return { kind: 'staged', stageId: 's', queue: STAGE, plan: 'p', schemaVersion: 1, rows: 1 };
    },
    tidyLogs: async (request) => {
      this.asked.push(['log', request]);
      if (this.brokenLog) throw ApplicationFailure.nonRetryable('Commit 12 is missing.', 'LOG_CORRUPT');
      return { datasets: 1, written: 1, commits: 20, checkpoints: 1, bytes: 2_000_000, kept: [] };
    },
    collectGarbage: async (request) => {
      this.asked.push(['gc', request]);
      await this.gc();
      return { removed: 2, bytes: 500_000, young: 1 };
    },
    auditAll: async (request) => {
      this.asked.push(['audit', request]);
      return this.audit;
    },
    reportRejects: async (request) => {
      this.asked.push(['rejects', request]);
      const ranges = [{ start: 10, end: 19 }];
      const reasons = [{ dataset: 'a', code: 'NO_LEDGER', count: 3, example: 'f:1: no ledger', ranges }];
      return { since: Date.UTC(2026, 0, 2), total: 3, unread: 1, filesLeft: 2, reasons };
    },
  };
}

describe('a maintenance run', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()), 120_000);
  afterAll(() => rig?.stop());

  const run = (steps: Steps, input: MaintainInput, use: Parameters<Rig['run']>[3]): Promise<void> => {
    const stage = new FakeSteps({} as never, ['a'], STAGE).stage();
    return rig.run('maintain', input, { shared: steps.shared, stage, stageQueue: STAGE }, use);
  };

  it('does its steps in order, each within its limits, and reports them', async () => {
    const steps = new Steps();
    steps.groups = [group(10), group(30), group(40)];
    await run(steps, INPUT, async (handle) => {
      const report = (await handle.result()) as MaintainReport;
      expect(report.steps.map(({ step, outcome, summary }) => [step, outcome, summary])).toEqual([
        ['compact', 'done', '4 segments became 2, 4 files became 2; the next run continues'],
        ['log', 'done', '1 checkpoint written; 20 old commits and 1 old checkpoint removed, 2.0 MB'],
        ['gc', 'done', '2 files removed, 0.5 MB; 1 unused file still too young'],
        ['audit', 'done', '3 files, 30 rows; every value of 1 file read; no faults'],
        [
          'rejects',
          'done',
          '3 new rejects since 2026-01-02T00:00:00.000Z; 1 of them in files that were not read; ' +
            '2 more files of rejects for the next run',
        ],
      ]);
      expect(report.rejects).toMatchObject([{ code: 'NO_LEDGER', count: 3 }]);
      const { startTime } = await handle.describe();
      const part = Math.floor(startTime.getTime() / 86_400_000) % 30;
      expect(steps.asked).toEqual([
        ['compact', expect.objectContaining({ groups: 2 })],
        ['log', { archive: '/none', retentionMs: 1000 }],
        ['gc', { archive: '/none', graceMs: 2000 }],
        ['audit', { archive: '/none', share: { part, of: 30 } }],
        ['rejects', { archive: '/none', run: expect.stringContaining(`${handle.workflowId}/`) as string }],
      ]);
      // Only segments that are older than an hour, by the workflow's clock.
      const [, request] = steps.asked[0] as [string, Parameters<CompactActivities['findSegments']>[0]];
      const settled = startTime.getTime() - 60_000;
      expect(request.input.before).toBeGreaterThanOrEqual(settled);
      expect(request.input.before).toBeLessThan(settled + 60_000);
    });
  }, 60_000);

  it('continues after a failed step, and fails at its end with what a person has to do', async () => {
    const steps = new Steps();
    steps.brokenLog = true;
    const range = { start: 30, end: 39 };
    const gap = {
      dataset: 'a',
      range: { start: 5, end: 6 },
      message: 'Ledgers 5-6 of a are not in the archive.',
    };
    steps.audit = {
      ...CLEAN,
      faults: 2,
      findings: [
        { code: 'FILE_CORRUPT', dataset: 'a', range, message: 'a/x.parquet can’t be read.' },
        { code: 'COVERAGE_GAP', ...gap },
      ],
    };
    await run(steps, { ...INPUT, archive: '/my lake' }, async (handle) => {
      const error = await handle.result().catch((found: unknown) => found as { cause: ApplicationFailure });
      const { type, message, details } = (error as { cause: ApplicationFailure }).cause;
      expect(type).toBe('MAINTENANCE_FAILED');
      expect(message).toBe(
        'compact: 4 segments became 2, 4 files became 2; 1 range failed; log: Commit 12 is missing.; ' +
          'audit: 3 files, 30 rows; every value of 1 file read; 2 faults.',
      );
      const [report] = details as [MaintainReport & { hint: string }];
      expect(report.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
        ...['compact failed', 'log failed', 'gc done', 'audit attention', 'rejects done'],
      ]);
      expect(report.hint.split('\n')).toEqual([
        'parquetry help FILE_CORRUPT',
        "parquetry compact --archive '/my lake'",
        'parquetry help LOG_CORRUPT',
        "parquetry maintain --archive '/my lake'",
        "parquetry audit --archive '/my lake' --quick",
        "parquetry audit --archive '/my lake' --quick --fix",
        "parquetry verify --archive '/my lake' --types a --ledgers 30-39",
      ]);
      // What a person sees in the Temporal UI.
      const { currentDetails } = await handle.query<{ currentDetails: string }>(
        '__temporal_workflow_metadata',
      );
      for (const text of [
        'Maintenance of /my lake',
        '| log | **failed** | Commit 12 is missing\\. |',
        '| audit | **needs a person** | 3 files, 30 rows',
        '- FILE\\_CORRUPT a: a/x\\.parquet can’t be read\\.',
        "- `parquetry audit --archive '/my lake' --quick --fix`",
        '- a NO\\_LEDGER: 3 in ledgers 10-19, e.g. f',
      ])
        expect(currentDetails).toContain(text);
    });
  }, 60_000);

  it.each(['cancel', 'terminate'] as const)(
    'continues with the other steps after a %s of its compaction',
    async (how) => {
      const steps = new Steps();
      let reached = false;
      steps.merge = async () => {
        reached = true;
        await Context.current().cancelled;
      };
      steps.groups = [group(10)];
      await run(steps, INPUT, async (handle) => {
        await until(
          async () => reached,
          (is) => is,
        );
        await rig.server.client.workflow.getHandle(`${handle.workflowId}/compact`)[how]();
        const error = await handle.result().catch((found: unknown) => found as { cause: ApplicationFailure });
        const { type, message, details } = (error as { cause: ApplicationFailure }).cause;
        expect([type, message]).toEqual([
          'MAINTENANCE_FAILED',
          `compact: It was ${how === 'cancel' ? 'cancelled' : 'terminated'}.`,
        ]);
        const [report] = details as [MaintainReport];
        expect(report.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
          ...['compact failed', 'log done', 'gc done', 'audit done', 'rejects done'],
        ]);
        expect(report.steps[0]?.failure?.code).toBe('CANCELLED');
      });
    },
    60_000,
  );

  it('leaves out steps, and ends between two steps when it is cancelled', async () => {
    const steps = new Steps();
    let reached = false;
    let release = (): void => undefined;
    steps.gc = () =>
      new Promise((resolve) => {
        reached = true;
        release = resolve;
      });
    await run(steps, { ...INPUT, skip: ['compact', 'log'] }, async (handle) => {
      await until(
        async () => reached,
        (is) => is,
      );
      const running = await rig.server.client.workflow.getHandle(handle.workflowId).query('progress');
      expect((running as MaintainReport).steps.map(({ outcome }) => outcome)).toEqual([
        ...['skipped', 'skipped', 'running', 'waiting', 'waiting'],
      ]);
      await rig.server.client.workflow.getHandle(handle.workflowId).cancel();
      await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
      release();
      expect(steps.asked.map(([step]) => step)).toEqual(['gc']);
    });
  }, 60_000);
});
