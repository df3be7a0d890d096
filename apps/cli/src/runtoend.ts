import { ATTRIBUTES, TASK_QUEUE } from '@parquetry/workflows';
import { sdk } from '@parquetry/temporal';
import { runFailure } from './follow';
import { onInterrupt } from './interrupt';
import type { Output } from './output';
import { type RunType, listRuns } from './runlist';
import { assertDetachable, openSession, workflowLink } from './session';
import { startWorkflow } from './startworkflow';
import { type WorkerOptions, workerSettings } from './workeroptions';

/** A workflow that a command starts, or joins if it runs already. */
export interface Started {
  readonly type: RunType;
  readonly id: string;
  /** Also joins a workflow that a schedule started: its id begins with `id`. */
  readonly scheduled?: boolean;
  readonly input: object;
  readonly summary: string;
  /** What messages call it: `Compaction`. */
  readonly what: string;
}

/**
 * Starts or joins a workflow and waits for its result, which `say` prints and the JSON document contains. With `detach`,
 * or after Ctrl-C, the command returns and the workflow continues.
 */
export async function runToEnd<T extends object>(
  { type, id: own, scheduled = false, input, summary, what }: Started,
  options: WorkerOptions & { readonly detach?: boolean },
  output: Output,
  say: (result: T) => void,
): Promise<number> {
  const detach = options.detach === true;
  if (detach) await assertDetachable();
  const worker = detach ? 'never' : 'embedded';
  const session = await openSession({ output, worker, settings: workerSettings(options) });
  const interrupt = onInterrupt();
  try {
    const listed = scheduled ? await listRuns(session, { types: [type], running: true, prefix: own }) : [];
    const other = listed.find(({ workflowId }) => workflowId !== own);
    const id = other?.workflowId ?? own;
    let joined = other !== undefined;
    if (other === undefined)
      await startWorkflow(session, () =>
        session.client.workflow.start(type, {
          workflowId: id,
          taskQueue: TASK_QUEUE,
          args: [input],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          staticSummary: summary.slice(0, 380),
          typedSearchAttributes: [{ key: ATTRIBUTES.run, value: id }],
        }),
      ).catch((error: unknown) => {
        if (!(error instanceof sdk.WorkflowExecutionAlreadyStartedError)) throw error;
        joined = true;
      });
    output.note(`${what} ${id}${joined ? ' runs already, with the options of its start' : ''}`);
    const url = workflowLink(session, id);
    if (detach) {
      output.say(
        `Detached. \`parquetry status ${id}\` shows its state${url === undefined ? '' : `: ${url}`}.`,
      );
      output.document({ workflowId: id, detached: true, ...(url === undefined ? {} : { url }) });
      return 0;
    }
    const stop = new AbortController();
    const result = session.client.withAbortSignal(stop.signal, () =>
      session.client.workflow
        .getHandle(id)
        .result()
        .catch((error: unknown) => {
          throw runFailure(error, id);
        }),
    ) as Promise<T>;
    const left = new Promise<undefined>((resolve) =>
      interrupt.signal.addEventListener('abort', () => resolve(undefined), { once: true }),
    );
    const done = await Promise.race([result, left]);
    stop.abort();
    await result.catch(() => undefined);
    if (done === undefined) {
      output.note(`Detached from ${id}; the same command continues it.`);
      output.document({ workflowId: id, detached: true });
      return 130;
    }
    say(done);
    output.document({ workflowId: id, ...done });
    return 0;
  } finally {
    interrupt.dispose();
    await session.close();
  }
}
