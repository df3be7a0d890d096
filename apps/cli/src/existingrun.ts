import { ParquetryError } from '@parquetry/core';
import { type BackfillInput, readHistory } from '@parquetry/workflows';
import type { WorkflowHandle } from '@temporalio/client';
import { findRun } from './findrun';
import type { Output } from './output';
import type { RunType } from './runlist';
import { type Session, isNoWorkflow, openSession } from './session';
import type { WorkerSettings } from './workeroptions';

/**
 * Opens a session for a run that has not ended.
 * @param given as `findRun`
 */
export async function withRun(
  given: string | undefined,
  types: readonly RunType[],
  settings: WorkerSettings,
  output: Output,
  use: (handle: WorkflowHandle, session: Session) => Promise<number>,
): Promise<number> {
  const session = await openSession({ output, worker: 'embedded', settings });
  let run = given;
  try {
    run = await findRun(session, given, { types, running: true });
    if (run !== given) output.note(`Run ${run}`);
    return await use(session.client.workflow.getHandle(run), session);
  } catch (error) {
    if (!isNoWorkflow(error)) throw error;
    throw new ParquetryError('USAGE', `The run "${run}" has ended.`, {
      hint: '`parquetry runs` lists the runs and their states.',
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
