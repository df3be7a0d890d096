import { ParquetryError } from '@parquetry/core';
import { type BackfillInput, readHistory } from '@parquetry/workflows';
import type { WorkflowHandle } from '@temporalio/client';
import type { Output } from './output';
import { type Session, isNoWorkflow, openSession } from './session';
import type { WorkerSettings } from './workeroptions';

/** Opens a session for an existing run. */
export async function withRun(
  run: string,
  settings: WorkerSettings,
  output: Output,
  use: (handle: WorkflowHandle, session: Session) => Promise<number>,
): Promise<number> {
  const session = await openSession({ output, worker: 'embedded', settings });
  try {
    return await use(session.client.workflow.getHandle(run), session);
  } catch (error) {
    if (!isNoWorkflow(error)) throw error;
    throw new ParquetryError('USAGE', `There is no running run "${run}".`, {
      hint: session.embedded
        ? 'It has ended, or it belongs to another folder: run `parquetry dev` in the folder where it was started.'
        : 'Look for it in the Temporal UI.',
      cause: error,
    });
  } finally {
    await session.close();
  }
}

/** The input of a run, from its history. */
export async function runInput(handle: WorkflowHandle, session: Session): Promise<BackfillInput> {
  const { type, input } = await readHistory(handle);
  if (type !== 'backfill')
    throw new ParquetryError('USAGE', `"${handle.workflowId}" in ${session.namespace} is not a backfill.`);
  return input as BackfillInput;
}
