import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import {
  type CutRequest,
  type CutResult,
  type TailInput,
  type TailProgress,
  type TailResult,
  pause,
  resume,
  retry,
  setFlushPolicy,
  stop,
  tailProgress,
} from '@parquetry/workflows';
import { FakeSteps } from './fakes';
import { Rig, until } from './rig';

function input(more: Partial<TailInput> = {}): TailInput {
  return {
    spec: {
      source: { uri: 'galexie:/none' },
      archive: '/none',
      partitionSize: 1000,
      settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
      maxRejects: 0,
      verify: 'ledger',
    },
    from: 10,
    lag: 0,
    policy: { maxRows: 100, maxBytes: 1_000_000, maxAgeSeconds: 60 },
    pollSeconds: 1,
    ...more,
  };
}

/** A source with ledgers up to `tip`; each flush takes `width` of them. */
class FakeSource {
  readonly asked: CutRequest[] = [];
  tip = 1000;
  width = 10;
  gap: number | undefined;
  /** Ledgers that another run committed. */
  covered: { start: number; end: number } | undefined;

  constructor(private readonly datasets: readonly string[]) {}

  activities(): object {
    return {
      openTail: async () => ({ cursor: 10, network: 'test', plan: 'p' }),
      cut: async (request: CutRequest): Promise<CutResult> => {
        this.asked.push(request);
        const { cursor, until: last = Infinity } = request;
        if (this.gap === cursor)
          throw ApplicationFailure.nonRetryable('Ledger is missing.', 'LEDGER_MISSING');
        if (this.covered !== undefined && cursor >= this.covered.start && cursor <= this.covered.end)
          return { kind: 'skip', cursor: this.covered.end + 1 };
        const end = Math.min(
          cursor + this.width - 1,
          last,
          (this.covered?.start ?? Infinity) - 1 || Infinity,
        );
        const limited =
          this.covered !== undefined && cursor > this.covered.end
            ? Math.min(cursor + this.width - 1, last)
            : end;
        if (limited > this.tip) {
          // A watch that ends only when it is stopped.
          for (let i = 0; i < 600 && this.tip < limited; i++) await sleep(50);
          return { kind: 'wait', tip: { ledger: this.tip } };
        }
        return {
          kind: 'flush',
          plan: 'p',
          task: {
            key: String(cursor),
            range: { start: cursor, end: limited },
            datasets: this.datasets,
            reason: 'rows',
          },
          reason: 'rows',
          tip: { ledger: this.tip, closedAt: '2025-07-13T00:10:00.000Z' },
          closedAt: '2025-07-13T00:00:00.000Z',
          late: 1,
          unusable: 0,
          bytes: 1000 * (limited - cursor + 1),
        };
      },
    };
  }
}

describe('the tail workflow on a real server', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()), 120_000);
  afterAll(() => rig?.stop());

  async function withTail(
    start: TailInput,
    prepare: (source: FakeSource, steps: FakeSteps) => void,
    use: (handle: WorkflowHandle, source: FakeSource, steps: FakeSteps) => Promise<void>,
  ): Promise<void> {
    const source = new FakeSource(['a', 'b']);
    const steps = new FakeSteps({ ...start.spec, range: { start: 1, end: 1 } }, ['a', 'b']);
    prepare(source, steps);
    const shared = { ...steps.shared(async () => ({})), ...source.activities() };
    await rig.run('tail', start, { shared, stage: steps.stage() }, (handle) => use(handle, source, steps));
  }
  const state = (handle: WorkflowHandle, when: (progress: TailProgress) => boolean): Promise<TailProgress> =>
    until(() => handle.query(tailProgress), when);
  const contiguous = (steps: FakeSteps): void => {
    const ranges = steps.pulled.map(({ range }) => range);
    expect(ranges[0]?.start).toBe(10);
    ranges.slice(1).forEach((range, i) => expect(range.start).toBe((ranges[i]?.end ?? 0) + 1));
    expect([...steps.committed.values()].every((count) => count === 1)).toBe(true);
  };

  it('makes contiguous flushes over several continue-as-new and ends at its last ledger', async () => {
    await withTail(
      input({ until: 104, flushesPerRun: 3 }),
      () => {},
      async (handle, _, steps) => {
        const result = (await handle.result()) as TailResult;
        expect(result).toMatchObject({ cursor: 105, flushes: 10, reasons: { rows: 10 }, late: 10 });
        expect(result.tally).toMatchObject({ ledgers: 95, rows: 20, files: 20 });
        contiguous(steps);
      },
    );
  }, 60_000);

  it('passes the file bytes per source byte of earlier flushes to each cut, also over a continue-as-new', async () => {
    await withTail(
      input({ until: 59, flushesPerRun: 1 }),
      (source) => {
        source.width = 20;
        source.covered = { start: 25, end: 29 };
      },
      async (handle, source) => {
        await handle.result();
        // Each commit makes a file of 100 bytes; the files of two datasets are not added up. Older flushes count half.
        const first = 100 / 15_000;
        expect(source.asked.map(({ cursor, fileBytesPerByte }) => [cursor, fileBytesPerByte])).toEqual([
          [10, undefined],
          [25, first],
          [30, first],
          [50, 150 / 27_500],
        ]);
      },
    );
  }, 60_000);

  it('reports its lag, pauses, applies a new policy at once, resumes and stops while it waits', async () => {
    await withTail(
      input(),
      (source) => void (source.tip = 25),
      async (handle, source, steps) => {
        expect(
          await state(handle, ({ flushes, phase }) => flushes === 1 && phase === 'waiting'),
        ).toMatchObject({
          cursor: 20,
          lag: { ledgers: 6, seconds: 600 },
        });
        const policy = await handle.executeUpdate(setFlushPolicy, { args: [{ maxRows: 5 }] });
        expect(policy).toEqual({ maxRows: 5, maxBytes: 1_000_000, maxAgeSeconds: 60 });
        await until(
          async () => source.asked.at(-1),
          (last) => last?.policy.maxRows === 5,
        );
        await expect(handle.executeUpdate(setFlushPolicy, { args: [{ maxRows: 0 }] })).rejects.toMatchObject({
          cause: { message: expect.stringContaining('maxRows is a whole number from 1') },
        });
        await expect(
          handle.executeUpdate(setFlushPolicy, { args: [{ rows: 7 } as object] }),
        ).rejects.toMatchObject({ cause: { message: expect.stringContaining('"rows" is not part') } });
        await handle.signal(pause);
        await state(handle, ({ phase }) => phase === 'paused');
        source.tip = 45;
        await sleep(500);
        expect(steps.pulled).toHaveLength(1);
        await handle.signal(resume);
        await state(handle, ({ flushes }) => flushes === 3);
        await handle.signal(stop);
        expect(await handle.result()).toMatchObject({ cursor: 40, flushes: 3 });
        contiguous(steps);
      },
    );
  }, 60_000);

  it('parks on a final error, retries only what failed, and is found as parked', async () => {
    await withTail(
      input({ until: 39 }),
      (_, steps) => void steps.broken.add('a:20'),
      async (handle, _, steps) => {
        const parked = await state(handle, ({ phase }) => phase === 'parked');
        expect(parked.failures).toEqual([
          expect.objectContaining({
            dataset: 'a',
            step: 'verifyRowCounts',
            code: 'VERIFY_MISMATCH',
            hint: 'Look at the disk.',
          }),
        ]);
        const query = 'WorkflowType="tail" AND ParquetryState="Parked" AND ExecutionStatus="Running"';
        await until(async () => {
          for await (const { workflowId } of rig.server.client.workflow.list({ query }))
            if (workflowId === handle.workflowId) return true;
          return false;
        }, Boolean);
        steps.broken.clear();
        await handle.signal(retry);
        expect(await handle.result()).toMatchObject({ cursor: 40, flushes: 3 });
        expect(
          steps.pulled.filter(({ range }) => range.start === 20).map(({ datasets }) => datasets),
        ).toEqual([['a', 'b'], ['a']]);
        expect([...steps.committed.values()].every((count) => count === 1)).toBe(true);
      },
    );
  }, 60_000);

  it('parks on a gap below the tip and continues when it is filled', async () => {
    await withTail(
      input({ until: 29 }),
      (source) => void (source.gap = 20),
      async (handle, source) => {
        const parked = await state(handle, ({ phase }) => phase === 'parked');
        expect(parked.failures[0]).toMatchObject({ step: 'cut', code: 'LEDGER_MISSING' });
        source.gap = undefined;
        await handle.signal(retry);
        expect(await handle.result()).toMatchObject({ cursor: 30 });
      },
    );
  }, 60_000);

  it('skips ledgers that another run committed', async () => {
    await withTail(
      input({ until: 59 }),
      (source) => void (source.covered = { start: 20, end: 39 }),
      async (handle, _, steps) => {
        expect(await handle.result()).toMatchObject({ cursor: 60, flushes: 3 });
        expect(steps.pulled.map(({ range }) => range)).toEqual([
          { start: 10, end: 19 },
          { start: 40, end: 49 },
          { start: 50, end: 59 },
        ]);
      },
    );
  }, 60_000);

  it('ends with stop while it is parked', async () => {
    await withTail(
      input(),
      (_, steps) => void steps.broken.add('b:10'),
      async (handle) => {
        await state(handle, ({ phase }) => phase === 'parked');
        await handle.signal(stop);
        expect(await handle.result()).toMatchObject({ cursor: 10, flushes: 0 });
      },
    );
  }, 60_000);
});
