import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import {
  type BackfillInput,
  type BackfillProgress,
  type SharedActivities,
  finish,
  resume,
  retryPartitions,
} from '@parquetry/workflows';
import { FakeSteps, fakeBackfill, fakeSpec } from './fakes';
import { Rig, progressWhen } from './rig';

const SPEC = fakeSpec(6);
const AWAY = { code: 'STORAGE_UNREACHABLE', message: 'No answer.' };
const EXPIRED = { code: 'PERMISSION_DENIED', message: 'The token has expired.' };

/** A run whose steps fail with the errors in `failing`, by the name of the step or `second page`. */
interface Books {
  readonly steps: FakeSteps;
  readonly failing: Map<string, { code: string; message: string }>;
  /** Steps of the run that were tried, in their order. */
  readonly tried: string[];
  when(wanted: (found: BackfillProgress) => boolean): Promise<BackfillProgress>;
}

describe('a run whose own step fails', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()), 120_000);
  afterAll(() => rig?.stop());

  async function withRun(
    more: Partial<BackfillInput>,
    prepare: (books: Omit<Books, 'when'>) => void,
    use: (handle: WorkflowHandle, books: Books) => Promise<void>,
  ): Promise<void> {
    const steps = new FakeSteps(SPEC, ['a', 'b']);
    const failing: Books['failing'] = new Map();
    const tried: string[] = [];
    prepare({ steps, failing, tried });
    const whole = steps.shared(async () => ({}));
    /** Fails as the worker does: Temporal retries transient errors first. */
    const fail = (step: string): void => {
      const error = failing.get(step);
      if (error === undefined) return;
      const { code: type, message } = error;
      throw ApplicationFailure.create({ message, type, nonRetryable: type !== 'STORAGE_UNREACHABLE' });
    };
    const shared: Partial<SharedActivities> = {
      nextPartitions: async (request) => {
        tried.push('nextPartitions');
        fail('nextPartitions');
        if (request.cursor > SPEC.range.start) fail('second page');
        return whole.nextPartitions({ ...request, limit: 2 });
      },
      pull: async (request) => {
        fail('pull');
        return whole.pull(request);
      },
      summarize: async () => {
        tried.push('summarize');
        fail('summarize');
        return [];
      },
    };
    const quiet = { working: 500, waiting: 500 };
    await rig.backfill(
      fakeBackfill(6, { concurrency: 3, quiet, ...more }),
      steps,
      (handle) => use(handle, { steps, failing, tried, when: (wanted) => progressWhen(handle, wanted, 600) }),
      shared,
    );
  }

  const details = async (handle: WorkflowHandle): Promise<string> =>
    (await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;
  const once = ({ committed }: FakeSteps): void => {
    expect(committed.size).toBe(12);
    expect([...committed.values()].every((count) => count === 1)).toBe(true);
  };

  it('waits while storage is unreachable and continues when it is back; partitions that parked meanwhile are kept', async () => {
    await withRun(
      {},
      // Storage becomes unreachable after the first page.
      ({ failing }) => failing.set('pull', AWAY).set('second page', AWAY),
      async (handle, { steps, failing, tried, when }) => {
        const away = await when(({ parked, faults }) => parked === 2 && faults !== undefined);
        expect(away).toMatchObject({
          phase: 'running',
          faults: [{ step: 'nextPartitions', ...AWAY, final: false }],
        });
        expect(await details(handle)).toContain('| nextPartitions | STORAGE\\_UNREACHABLE | No answer\\. |');
        // Six attempts by Temporal and one before; then the run's own, after its quiet time.
        expect(tried.length).toBeGreaterThanOrEqual(7);
        failing.clear();
        await when(({ done, parked, faults }) => done === 4 && parked === 2 && faults === undefined);
        expect(await handle.executeUpdate(retryPartitions, { args: [{ all: true }] })).toEqual({
          signalled: 2,
          restarted: 0,
        });
        expect(await handle.result()).toMatchObject({ partitions: { total: 6, done: 6 } });
        once(steps);
      },
    );
  }, 180_000);

  it('waits for a person after a final error, retries nothing meanwhile, and continues with resume', async () => {
    await withRun(
      {},
      ({ failing, steps }) => {
        failing.set('nextPartitions', EXPIRED);
        steps.missing.add(30);
      },
      async (handle, { steps, failing, tried, when }) => {
        const blocked = await when(({ phase }) => phase === 'blocked');
        expect(blocked).toMatchObject({
          running: 0,
          parked: 0,
          faults: [{ step: 'nextPartitions', ...EXPIRED, final: true }],
        });
        expect(await details(handle)).toContain('*Send a Signal* → `resume`');
        await sleep(2_000);
        expect(tried).toEqual(['nextPartitions']);
        failing.clear();
        await handle.signal(resume);
        await when(({ phase, parked, done }) => phase === 'blocked' && parked === 1 && done === 5);
        steps.missing.clear();
        await handle.executeUpdate(retryPartitions, { args: [{ all: true }] });
        expect(await handle.result()).toMatchObject({ partitions: { total: 6, done: 6 } });
        once(steps);
      },
    );
  }, 60_000);

  it('is not finished before its result is read back: retryPartitions retries that', async () => {
    await withRun(
      {},
      ({ failing }) => failing.set('summarize', EXPIRED),
      async (handle, { steps, failing, tried, when }) => {
        expect(await when(({ phase }) => phase === 'blocked')).toMatchObject({ done: 6, parked: 0 });
        once(steps);
        failing.clear();
        expect(await handle.executeUpdate(retryPartitions, { args: [{ all: true }] })).toEqual({
          signalled: 0,
          restarted: 0,
        });
        expect(await handle.result()).toMatchObject({ partitions: { total: 6, done: 6 } });
        expect(tried.filter((step) => step === 'summarize')).toHaveLength(2);
      },
    );
  }, 60_000);

  it('ends with that error after finish', async () => {
    await withRun(
      {},
      ({ failing }) => failing.set('nextPartitions', EXPIRED).set('summarize', EXPIRED),
      async (handle, { when }) => {
        await when(({ phase }) => phase === 'blocked');
        await handle.signal(finish);
        await expect(handle.result()).rejects.toMatchObject({
          cause: { type: 'PERMISSION_DENIED', message: 'summarize: The token has expired.' },
        });
      },
    );
  }, 60_000);

  it('ends with that error, after its partitions, with onFailure fail', async () => {
    await withRun(
      { onFailure: 'fail' },
      ({ steps, failing }) => {
        steps.held.add('a:10');
        failing.set('second page', EXPIRED);
      },
      async (handle, { steps, when }) => {
        await when(({ running, done, faults }) => running === 1 && done === 1 && faults !== undefined);
        await sleep(1_000);
        expect((await handle.describe()).status.name).toBe('RUNNING');
        steps.held.clear();
        await expect(handle.result()).rejects.toMatchObject({
          cause: { type: 'PERMISSION_DENIED', message: 'nextPartitions: The token has expired.' },
        });
        expect([...steps.committed.keys()].sort()).toEqual(['a:10', 'a:20', 'b:10', 'b:20']);
      },
    );
  }, 60_000);
});
