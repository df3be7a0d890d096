import { ApplicationFailure, Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import {
  type CutRequest,
  type CutResult,
  type TailInput,
  type TailProgress,
  pause,
  resume,
  retry,
  setFlushPolicy,
  stop,
  tailProgress,
} from '@parquetry/workflows';
import { FakeSteps } from '../../workflows/fakes';
import { type Rig, until } from '../../workflows/rig';
import { ENDLESS, SPEC, STAGE, type Scenario } from './setting';

const POLICY = { maxRows: 1, maxBytes: 1, maxAgeSeconds: 1 };

/** Flushes of ten ledgers up to 39; then the source has nothing more. */
export async function cut({ cursor }: Pick<CutRequest, 'cursor'>): Promise<CutResult> {
  if (cursor >= 40) {
    await Context.current().sleep(500);
    return { kind: 'wait', tip: { ledger: 39 } };
  }
  const task = { key: String(cursor), range: { start: cursor, end: cursor + 9 }, datasets: ['a', 'b'] };
  return { kind: 'flush', plan: 'p', task, reason: 'rows', late: 0, unusable: 0 };
}

/** Runs a tail of fake steps, and `use` at the same time. */
export async function withTail(
  rig: Rig,
  more: Partial<TailInput>,
  steps: FakeSteps,
  watch: typeof cut,
  use: (
    handle: WorkflowHandle,
    when: (wanted: (found: TailProgress) => boolean) => Promise<TailProgress>,
  ) => Promise<void>,
  other: object = {},
): Promise<void> {
  const shared = {
    ...steps.shared(async () => ({})),
    openTail: async () => ({ cursor: 10, network: 'test', plan: 'p' }),
    cut: watch,
    ...other,
  };
  const input: TailInput = { spec: ENDLESS, from: 10, lag: 0, policy: POLICY, pollSeconds: 1, ...more };
  await rig.run('tail', input, { shared, stage: steps.stage(), stageQueue: STAGE }, async (started) => {
    const handle = rig.server.client.workflow.getHandle(started.workflowId);
    await use(handle, (wanted) => until(() => handle.query<TailProgress>(tailProgress.name), wanted));
  });
}

/** Steps of two datasets. */
export const fakes = (): FakeSteps => new FakeSteps(SPEC, ['a', 'b'], STAGE);

/** Tails and what operators do to them. */
export const TAILS: Readonly<Record<string, Scenario>> = {
  tail: (rig, keep) => {
    const steps = fakes();
    steps.broken.add('a:20');
    return withTail(rig, {}, steps, cut, async (handle, when) => {
      await when(({ phase }) => phase === 'parked');
      steps.broken.clear();
      await handle.signal(retry);
      await when(({ cursor }) => cursor === 40);
      await handle.signal(stop);
      await handle.result();
      await keep('tail', handle.workflowId);
    });
  },
  continued: (rig, keep) =>
    withTail(rig, { flushesPerRun: 1, until: 39 }, fakes(), cut, async (handle) => {
      await handle.result();
      await keep('tail-continued', handle.workflowId);
    }),
  told: (rig, keep) => {
    let more = false;
    const watch: typeof cut = async (request) => (more ? cut(request) : cut({ cursor: 40 }));
    return withTail(rig, {}, fakes(), watch, async (handle, when) => {
      await when(({ phase, tip }) => phase === 'waiting' && tip !== undefined);
      await handle.executeUpdate(setFlushPolicy, { args: [{ maxRows: 7 }] });
      await when(({ policy }) => policy.maxRows === 7);
      await handle.signal(pause);
      await when(({ phase }) => phase === 'paused');
      more = true;
      await handle.signal(resume);
      await when(({ cursor }) => cursor === 40);
      await handle.signal(stop);
      await handle.result();
      await keep('tail-told', handle.workflowId);
    });
  },
  blind: (rig, keep) => {
    let broken = true;
    const watch: typeof cut = async (request) => {
      if (request.cursor === 20 && broken)
        throw ApplicationFailure.nonRetryable('Ledger 20 is missing in the lake.', 'LEDGER_MISSING');
      if (request.cursor === 30) return { kind: 'skip', cursor: 40 };
      return cut(request);
    };
    return withTail(rig, { until: 39 }, fakes(), watch, async (handle, when) => {
      await when(({ phase }) => phase === 'parked');
      broken = false;
      await handle.signal(retry);
      await handle.result();
      await keep('tail-blind', handle.workflowId);
    });
  },
  cancelled: (rig, keep) => {
    const steps = fakes();
    steps.held.add('b:20');
    return withTail(rig, {}, steps, cut, async (handle) => {
      await until(
        async () => steps.committed,
        (committed) => committed.has('a:20'),
      );
      await handle.cancel();
      await handle.result().catch(() => undefined);
      await keep('tail-cancelled', handle.workflowId);
    });
  },
};
