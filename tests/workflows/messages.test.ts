import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import {
  type BackfillInput,
  type TailInput,
  partitionWorkflowId,
  progress,
  retryPartitions,
  setConcurrency,
} from '@parquetry/workflows';
import { FakeSteps, fakeBackfill, fakeSpec } from './fakes';
import { Rig, progressWhen as state, until } from './rig';

const SPEC = fakeSpec(3);

interface Definition {
  readonly name: string;
  readonly description: string;
}

/** What the UI reads to show the messages that a workflow accepts. */
interface Metadata {
  readonly definition: {
    readonly type: string;
    readonly queryDefinitions: readonly Definition[];
    readonly signalDefinitions: readonly Definition[];
    readonly updateDefinitions: readonly Definition[];
  };
}

describe('messages of an operator to a workflow', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()), 120_000);
  afterAll(() => rig?.stop());

  async function withRun(
    prepare: (steps: FakeSteps) => void,
    use: (handle: WorkflowHandle, steps: FakeSteps) => Promise<void>,
    more: Partial<BackfillInput> = {},
  ): Promise<void> {
    const steps = new FakeSteps(more.spec ?? SPEC, ['a', 'b']);
    prepare(steps);
    await rig.backfill(fakeBackfill(3, { concurrency: 2, ...more }), steps, (handle) => use(handle, steps));
  }
  const messages = async (handle: WorkflowHandle): Promise<Record<string, string[]>> => {
    const { definition } = await handle.query<Metadata>('__temporal_workflow_metadata');
    const own = (all: readonly Definition[] = []): Definition[] =>
      all.filter(({ name }) => !name.startsWith('__'));
    const found = {
      queries: own(definition.queryDefinitions),
      signals: own(definition.signalDefinitions),
      updates: own(definition.updateDefinitions),
    };
    for (const { name, description } of Object.values(found).flat())
      expect({ name, said: (description ?? '').length > 10 }).toEqual({ name, said: true });
    return Object.fromEntries(
      Object.entries(found).map(([kind, all]) => [kind, all.map(({ name }) => name).sort()]),
    );
  };

  it('are described, each of them, for backfill, partition and tail', async () => {
    await withRun(
      (steps) => void steps.missing.add(20),
      async (handle) => {
        await state(handle, ({ phase }) => phase === 'blocked');
        expect(await messages(handle)).toEqual({
          queries: ['progress'],
          signals: ['finish', 'partitionReport', 'pause', 'resume'],
          updates: ['retryPartitions', 'setConcurrency'],
        });
        const child = rig.server.client.workflow.getHandle(
          partitionWorkflowId(handle.workflowId, '0000000020'),
        );
        expect(await messages(child)).toEqual({ queries: [], signals: ['retry', 'skip'], updates: [] });
        await handle.signal('finish');
        expect(await handle.result()).toMatchObject({
          partitions: { total: 3, done: 2, skipped: 0, abandoned: 1 },
        });
        expect(await child.result()).toMatchObject({ outcome: 'skipped' });
      },
    );
    const { range: _, ...spec } = SPEC;
    const policy = { maxRows: 1, maxBytes: 1, maxAgeSeconds: 1 };
    const tail: TailInput = { spec, from: 10, lag: 0, policy, pollSeconds: 1 };
    const shared = {
      openTail: async () => ({ cursor: 10, network: 'test', plan: 'p' }),
      cut: async () => ({ kind: 'wait' }),
    };
    await rig.run('tail', tail, { shared }, async (handle) => {
      expect(await until(() => messages(handle), Boolean)).toEqual({
        queries: ['progress'],
        signals: ['pause', 'resume', 'retry', 'stop'],
        updates: ['setFlushPolicy'],
      });
      await handle.signal('stop');
      await handle.result();
    });
  }, 120_000);

  it('an input that is malformed fails the workflow, with a sentence', async () => {
    const start = { shared: new FakeSteps(SPEC, ['a']).shared(async () => ({})) };
    for (const [type, input, why] of [
      ['backfill', { spec: { ...SPEC, range: undefined } }, 'input.spec.range is a range of ledgers'],
      ['partition', {}, 'input.archive is a text, not nothing'],
      ['tail', null, 'input is an object, not null'],
    ] as const)
      await rig.run(type, input, start, async (handle) => {
        await expect(handle.result()).rejects.toMatchObject({
          cause: { type: 'USAGE', message: expect.stringContaining(why) as string },
        });
      });
  }, 120_000);

  it('are refused with a sentence when they are invalid, and change nothing', async () => {
    await withRun(
      (steps) => void steps.missing.add(20),
      async (handle, steps) => {
        await state(handle, ({ phase }) => phase === 'blocked');
        for (const [update, argument, why] of [
          [setConcurrency.name, '5', 'whole number from 1 to 500, not "5"'],
          [setConcurrency.name, 501, 'whole number from 1 to 500'],
          [setConcurrency.name, 1.5, 'whole number from 1 to 500'],
          [retryPartitions.name, null, 'takes {"all": true}, {"starts"'],
          [retryPartitions.name, { ledgers: [20] }, '"ledgers" is none of them'],
          [retryPartitions.name, { starts: ['20'] }, '"starts" is a list of ledgers'],
          [retryPartitions.name, {}, 'selects no partition'],
        ] as const)
          await expect(
            handle.executeUpdate<unknown, [unknown]>(update, { args: [argument] }),
          ).rejects.toMatchObject({ cause: { message: expect.stringContaining(why) as string } });
        // Signals can't be refused; these must not be counted, and must not fail the workflow task repeatedly.
        const parked = { key: '0000000020', outcome: 'parked' };
        for (const report of [
          undefined,
          'done',
          { key: '0000000020' },
          { key: 7, outcome: 'done' },
          // Of an earlier plan.
          { key: '0000000020', plan: 'other', outcome: 'done' },
          // A report of a parked partition changes nothing but its reason.
          { ...parked, reason: { not: 'a text' }, notes: [7], tally: { rows: 'x', datasets: { a: null } } },
          { ...parked, reason: 'x'.repeat(1_000_000) },
        ])
          await handle.signal('partitionReport', report);
        await handle.signal('pause', { why: 'an unexpected argument' });
        expect(await state(handle, ({ phase }) => phase === 'paused')).toMatchObject({ done: 2, parked: 1 });
        await handle.signal('resume');
        steps.missing.clear();
        expect(await handle.executeUpdate(retryPartitions, { args: [{ all: true }] })).toEqual({
          signalled: 1,
          restarted: 0,
        });
        expect(await handle.result()).toMatchObject({ partitions: { done: 3 } });
      },
    );
  }, 120_000);

  it('pause and setConcurrency decide what starts; finish abandons the rest', async () => {
    const starts = [10, 20, 30, 40, 50, 60, 70, 80];
    await withRun(
      (steps) => starts.forEach((start) => steps.held.add(`a:${start}`)),
      async (handle, steps) => {
        // The messages must have had no effect; a second is long for partitions without work.
        const still = async (running: number, pulled: number): Promise<void> => {
          await state(handle, (found) => found.running === running);
          await sleep(1_000);
          expect(await handle.query(progress)).toMatchObject({ running });
          expect(steps.pulled).toHaveLength(pulled);
        };
        await still(2, 2);
        expect(await handle.executeUpdate(setConcurrency, { args: [4] })).toBe(4);
        await still(4, 4);
        expect(await handle.executeUpdate(setConcurrency, { args: [1] })).toBe(1);
        await handle.signal('pause');
        for (const start of [10, 20, 30, 40]) steps.held.delete(`a:${start}`);
        await still(0, 4);
        expect(await handle.query(progress)).toMatchObject({ phase: 'paused', done: 4, concurrency: 1 });
        await handle.signal('resume');
        await still(1, 5);
        await handle.signal('finish');
        steps.held.clear();
        expect(await handle.result()).toMatchObject({
          partitions: { total: 8, done: 5, skipped: 0, abandoned: 0 },
        });
        expect(steps.pulled).toHaveLength(5);
      },
      { spec: fakeSpec(8) },
    );
  }, 120_000);

  it('cancel reaches running and parked partitions, and every stage is removed', async () => {
    await withRun(
      (steps) => {
        steps.missing.add(10);
        steps.held.add('a:20').add('b:30');
      },
      async (handle, steps) => {
        await state(handle, ({ parked, running }) => parked === 1 && running === 2);
        await until(
          async () => steps.committed,
          (committed) => committed.has('b:20') && committed.has('a:30'),
        );
        await handle.cancel();
        await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
        for (const key of ['0000000010', '0000000020', '0000000030']) {
          const child = rig.server.client.workflow.getHandle(partitionWorkflowId(handle.workflowId, key));
          await expect(child.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
        }
        expect(steps.staged).toHaveLength(2);
        expect([...steps.dropped].sort()).toEqual([...steps.staged].sort());
      },
    );
  }, 120_000);

  it('read the log once for many partitions, not once for each', async () => {
    const input = fakeBackfill(40, { concurrency: 4, startsPerRun: 15 });
    const steps = new FakeSteps(input.spec, ['a']);
    const asked: number[] = [];
    const { nextPartitions } = steps.shared(async () => ({}));
    const counted: typeof nextPartitions = (request) => {
      asked.push(request.cursor);
      return nextPartitions(request);
    };
    await rig.backfill(
      input,
      steps,
      async (handle) => {
        expect(await handle.result()).toMatchObject({ partitions: { total: 40, done: 40 } });
      },
      { nextPartitions: counted },
    );
    expect(asked).toEqual([10]);
    expect(steps.committed.size).toBe(40);
  }, 120_000);
});
