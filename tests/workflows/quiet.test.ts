import type { WorkflowHandle } from '@temporalio/client';
import {
  type BackfillInput,
  type BackfillProgress,
  partitionWorkflowId,
  retryPartitions,
} from '@parquetry/workflows';
import { FakeSteps, fakeBackfill, fakeSpec } from './fakes';
import { Rig, progressWhen, until } from './rig';

const PARTITIONS = 18;
const SPEC = fakeSpec(PARTITIONS);
/** No child of any run. */
const UNKNOWN = 'unknown/p/0000000010';

describe('a partition that ends without a report', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()), 120_000);
  afterAll(() => rig?.stop());

  interface Quiet {
    readonly steps: FakeSteps;
    /** The results of the worker's own step. */
    readonly answers: Record<string, string>[];
    child(start: number): WorkflowHandle;
    when(wanted: (found: BackfillProgress) => boolean): Promise<BackfillProgress>;
  }

  /** A run whose partitions are all running, and held; it finds their end only by inspecting them. */
  async function withRun(
    more: Partial<BackfillInput>,
    use: (handle: WorkflowHandle, quiet: Quiet) => Promise<void>,
  ): Promise<void> {
    const { client } = rig.server;
    const steps = new FakeSteps(SPEC, ['a']);
    for (let start = 10; start <= SPEC.range.end; start += 10) steps.held.add(`a:${start}`);
    const answers: Record<string, string>[] = [];
    const inspect = async (ids: readonly string[]): Promise<Record<string, string>> => {
      const found = await rig.inspect([...ids, UNKNOWN]);
      answers.push(found);
      return found;
    };
    const input = fakeBackfill(PARTITIONS, {
      concurrency: PARTITIONS,
      // All are started, then the run continues as new, so it no longer awaits any child.
      startsPerRun: PARTITIONS,
      quiet: { working: 500, waiting: 500 },
      ...more,
    });
    await rig.backfill(
      input,
      steps,
      async (started) => {
        const handle = client.workflow.getHandle(started.workflowId);
        const when: Quiet['when'] = (wanted) => progressWhen(handle, wanted);
        const child = (start: number): WorkflowHandle =>
          client.workflow.getHandle(partitionWorkflowId(handle.workflowId, String(start).padStart(10, '0')));
        if (input.startsPerRun === PARTITIONS)
          await until(
            () => handle.describe(),
            ({ runId }) => runId !== started.firstExecutionRunId,
          );
        await until(
          async () => steps.pulled,
          ({ length }) => length === PARTITIONS,
        );
        await when(({ running }) => running === PARTITIONS);
        await use(handle, { steps, answers, child, when });
      },
      { inspect },
    );
  }

  it('is found after a quiet time, although the run continued as new, and waits for a person', async () => {
    await withRun({}, async (handle, { steps, answers, child, when }) => {
      await child(30).terminate('by hand');
      const { troubled } = await when(({ parked }) => parked === 1);
      expect(troubled).toEqual([
        {
          key: '0000000030',
          range: { start: 30, end: 39 },
          reason: 'its workflow ended without a report (terminated); a retry starts it again',
        },
      ]);
      // Each one was inspected, over several batches, and no other one counts as closed.
      const statuses = Object.values(answers.at(-1) ?? {}).sort();
      expect(statuses).toEqual(['NOT_FOUND', ...Array<string>(PARTITIONS - 1).fill('RUNNING'), 'TERMINATED']);
      expect(answers.at(-1)?.[UNKNOWN]).toBe('NOT_FOUND');
      steps.held.clear();
      expect(await handle.executeUpdate(retryPartitions, { args: [{ all: true }] })).toEqual({
        signalled: 0,
        restarted: 1,
      });
      expect(await handle.result()).toMatchObject({ partitions: { done: PARTITIONS } });
      expect(steps.committed.size).toBe(PARTITIONS);
    });
  }, 120_000);

  it('counts as failed with onFailure fail: the run runs the others and fails at its end', async () => {
    await withRun({ onFailure: 'fail' }, async (handle, { steps, child, when }) => {
      await child(30).terminate('by hand');
      await child(40).cancel();
      await when(({ failed, running }) => failed === 2 && running === PARTITIONS - 2);
      steps.held.clear();
      await expect(handle.result()).rejects.toMatchObject({
        cause: {
          type: 'PARTITIONS_FAILED',
          message: expect.stringMatching(
            /^2 of 18 partitions failed; .*\((terminated|cancelled)\)$/,
          ) as string,
        },
      });
      expect(steps.committed.size).toBe(PARTITIONS - 2);
    });
  }, 120_000);

  it('is known at once during the run that started it', async () => {
    const lasting = { startsPerRun: 300, quiet: { working: 600_000, waiting: 600_000 } };
    await withRun({ ...lasting, onFailure: 'fail' }, async (handle, { steps, answers, child, when }) => {
      await child(50).terminate('by hand');
      await when(({ failed, parked }) => failed === 1 && parked === 0);
      steps.held.clear();
      await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'PARTITIONS_FAILED' } });
      expect(answers).toEqual([]);
    });
  }, 120_000);
});
