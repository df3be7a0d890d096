import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import {
  type BackfillInput,
  type BackfillResult,
  parkedQuery,
  partitionWorkflowId,
  retry,
  retryPartitions,
  setConcurrency,
  skip,
} from '@parquetry/workflows';
import { FakeSteps, fakeBackfill as input } from './fakes';
import { Rig, progressWhen } from './rig';

describe('the backfill and partition workflows on a real server', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()), 120_000);
  afterAll(() => rig?.stop());

  async function withRun(
    start: BackfillInput,
    prepare: (steps: FakeSteps) => void,
    use: (handle: WorkflowHandle, steps: FakeSteps) => Promise<void>,
  ): Promise<void> {
    const steps = new FakeSteps(start.spec, ['a', 'b']);
    prepare(steps);
    const inspect = (ids: readonly string[]): Promise<Record<string, string>> => rig.inspect(ids);
    await rig.backfill(start, steps, (handle) => use(handle, steps), { inspect });
  }

  const onceEach = (steps: FakeSteps, partitions: number): void => {
    expect(steps.committed.size).toBe(partitions * 2);
    expect([...steps.committed.values()].every((count) => count === 1)).toBe(true);
  };

  it('runs every partition once over several continue-as-new, state bounded', async () => {
    await withRun(
      input(23, { startsPerRun: 4 }),
      () => {},
      async (handle, steps) => {
        const result = (await handle.result()) as BackfillResult;
        expect(result.partitions).toEqual({ total: 23, done: 23, skipped: 0, abandoned: 0 });
        expect(result.tally).toMatchObject({ ledgers: 230, rows: 46, files: 46 });
        onceEach(steps, 23);
      },
    );
  }, 60_000);

  it('pulls a lost stage again, only for the dataset that lost it', async () => {
    await withRun(
      input(2),
      (steps) => steps.lost.add('b:20'),
      async (handle, steps) => {
        await handle.result();
        onceEach(steps, 2);
        expect(steps.pulled.map(({ range, datasets }) => `${range.start} ${datasets.join()}`).sort()).toEqual(
          ['10 a,b', '20 a,b', '20 b'],
        );
      },
    );
  }, 60_000);

  it('tries all datasets, parks what failed with the reason, and runs only that again', async () => {
    await withRun(
      input(4),
      (steps) => void (steps.broken.add('a:20') && steps.missing.add(40)),
      async (handle, steps) => {
        const state = await progressWhen(handle, ({ phase }) => phase === 'blocked');
        expect(state).toMatchObject({ total: 4, done: 2, parked: 2, running: 0 });
        expect(state.troubled.map(({ reason }) => reason).sort()).toEqual([
          'a, b: pull LEDGER_MISSING: The lake has no ledger 40.',
          'a: verifyRowCounts VERIFY_MISMATCH: The file has 1 row, the pull counted 2.',
        ]);
        expect(steps.committed.get('b:20')).toBe(1);
        const listed: string[] = [];
        for (let i = 0; i < 50 && listed.length < 2; i++, await sleep(100)) {
          listed.length = 0;
          for await (const { workflowId } of rig.server.client.workflow.list({
            query: parkedQuery(handle.workflowId),
          }))
            listed.push(workflowId);
        }
        expect(listed.sort()).toEqual(
          ['0000000020', '0000000040'].map((key) => partitionWorkflowId(handle.workflowId, key)),
        );

        steps.broken.clear();
        steps.missing.clear();
        expect(await handle.executeUpdate(retryPartitions, { args: [{ starts: [20] }] })).toEqual({
          signalled: 1,
          restarted: 0,
        });
        await progressWhen(handle, ({ done }) => done === 3);
        await rig.server.client.workflow
          .getHandle(partitionWorkflowId(handle.workflowId, '0000000040'))
          .signal(retry);
        const result = (await handle.result()) as BackfillResult;
        expect(result.partitions).toMatchObject({ done: 4, abandoned: 0 });
        onceEach(steps, 4);
        expect(
          steps.pulled.filter(({ range }) => range.start === 20).map(({ datasets }) => datasets),
        ).toEqual([['a', 'b'], ['a']]);
      },
    );
  }, 60_000);

  it('abandons a parked partition with skip', async () => {
    await withRun(
      input(2),
      (steps) => void steps.broken.add('a:20'),
      async (handle) => {
        await progressWhen(handle, ({ phase }) => phase === 'blocked');
        await rig.server.client.workflow
          .getHandle(partitionWorkflowId(handle.workflowId, '0000000020'))
          .signal(skip);
        expect(((await handle.result()) as BackfillResult).partitions).toEqual({
          total: 2,
          done: 1,
          skipped: 0,
          abandoned: 1,
        });
      },
    );
  }, 60_000);

  it('starts a terminated partition again', async () => {
    await withRun(
      input(2),
      (steps) => void steps.broken.add('a:20'),
      async (handle, steps) => {
        await progressWhen(handle, ({ phase }) => phase === 'blocked');
        await rig.server.client.workflow
          .getHandle(partitionWorkflowId(handle.workflowId, '0000000020'))
          .terminate('by an operator');
        steps.broken.clear();
        expect(await handle.executeUpdate(retryPartitions, { args: [{ all: true }] })).toEqual({
          signalled: 0,
          restarted: 1,
        });
        expect(((await handle.result()) as BackfillResult).partitions.done).toBe(2);
      },
    );
  }, 60_000);

  it('stops starting partitions when too many are parked', async () => {
    const all = (steps: FakeSteps): void =>
      [...Array(20).keys()].forEach((i) => steps.missing.add(10 + i * 10));
    await withRun(input(20, { maxParked: 3, concurrency: 2 }), all, async (handle, steps) => {
      const state = await progressWhen(handle, ({ phase }) => phase === 'blocked');
      expect(state.parked).toBeGreaterThanOrEqual(3);
      expect(state.parked).toBeLessThanOrEqual(4);
      steps.missing.clear();
      await handle.executeUpdate(retryPartitions, { args: [{ all: true }] });
      expect(((await handle.result()) as BackfillResult).partitions.done).toBe(20);
    });
  }, 60_000);

  it('fails after all other partitions with onFailure fail', async () => {
    await withRun(
      input(5, { onFailure: 'fail' }),
      (steps) => steps.missing.add(20),
      async (handle, steps) => {
        await expect(handle.result()).rejects.toMatchObject({
          cause: { type: 'PARTITIONS_FAILED', message: expect.stringContaining('LEDGER_MISSING') },
        });
        expect(steps.committed.size).toBe(8);
      },
    );
  }, 60_000);

  it('cancels its children and removes their stages', async () => {
    await withRun(
      input(3),
      (steps) => [10, 20, 30].forEach((start) => steps.missing.add(start)),
      async (handle) => {
        await progressWhen(handle, ({ parked }) => parked === 3);
        await handle.cancel();
        await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
        for (const key of ['0000000010', '0000000020', '0000000030']) {
          const child = rig.server.client.workflow.getHandle(partitionWorkflowId(handle.workflowId, key));
          await expect(child.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
        }
      },
    );
  }, 60_000);

  it('refuses an invalid concurrency before anything is written to history', async () => {
    await withRun(
      input(2),
      (steps) => void steps.missing.add(10),
      async (handle, steps) => {
        await progressWhen(handle, ({ phase }) => phase === 'blocked');
        await expect(handle.executeUpdate(setConcurrency, { args: [0] })).rejects.toMatchObject({
          cause: { message: expect.stringContaining('1 to 500') },
        });
        expect(await handle.executeUpdate(setConcurrency, { args: [7] })).toBe(7);
        steps.missing.clear();
        await handle.executeUpdate(retryPartitions, { args: [{ all: true }] });
        await handle.result();
      },
    );
  }, 60_000);
});
