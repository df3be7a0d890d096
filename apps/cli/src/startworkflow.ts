import { ensureSearchAttributes, sdk } from '@parquetry/temporal';
import type { WorkflowHandle } from '@temporalio/client';
import type { Session } from './session';

/**
 * Starts a workflow or creates a schedule. If the namespace lacks our search attributes, because it never had a worker,
 * registers them first.
 * @throws ParquetryError CONFIG_INVALID if that is not permitted, with the commands for the namespace's operator
 */
export async function startWorkflow<T>(
  { connection, namespace, tracing }: Session,
  start: () => Promise<T>,
): Promise<T> {
  const send = async (): Promise<T> => {
    try {
      return await start();
    } catch (error) {
      if (!lacksAttributes(error)) throw error;
      await ensureSearchAttributes(connection, namespace);
      return start();
    }
  };
  return tracing === undefined ? send() : tracing.request('start workflow', {}, send, startedRun);
}

/** Sends a request to a run. It is a span of the run's trace, if traces are on. */
export async function sendRequest<T>(
  { tracing }: Pick<Session, 'tracing'>,
  handle: WorkflowHandle,
  what: 'signal' | 'update' | 'cancel',
  send: () => Promise<T>,
): Promise<T> {
  if (tracing === undefined) return send();
  const { runId } = await handle.describe();
  return tracing.request(`${what} workflow`, { workflow: handle.workflowId }, send, () => runId);
}

/** The execution that a handle of a workflow started; undefined for a schedule. */
function startedRun(handle: unknown): string | undefined {
  return (handle as { readonly firstExecutionRunId?: string }).firstExecutionRunId;
}

function lacksAttributes(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause)
    if (sdk.isGrpcServiceError(each) && /search attribute/i.test(each.details)) return true;
  return false;
}
