import { isParquetryError } from '@parquetry/core';
import { readInput } from '@parquetry/workflows';
import type { WorkerDeps } from './deps';

/** The start input of an execution; undefined when it is encrypted with a key that this worker does not have. */
export async function readableInput(
  client: WorkerDeps['client'],
  run: { readonly workflowId: string; readonly runId: string },
): Promise<unknown> {
  try {
    return await readInput(client.workflowService, client.options.namespace, run);
  } catch (error) {
    if (isParquetryError(error) && error.code === 'PAYLOAD_UNREADABLE') return undefined;
    throw error;
  }
}
