import { type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import { ParquetryError } from '@parquetry/core';
import {
  type BackfillInput,
  pause as pauseSignal,
  resume as resumeSignal,
  retry as retrySignal,
  retryPartitions,
  stop as stopSignal,
} from '@parquetry/workflows';
import { readHistory } from '../history';
import type { WorkerSettings } from '../options';
import type { Output } from '../output';
import { type Session, openSession, workflowLink } from '../session';
import { attachTo, isNoWorkflow } from './backfill';
import { followTail, isTail } from './tail';

/** `parquetry attach ID`: follows a run that was started before. */
export async function attach(run: string, settings: WorkerSettings, output: Output): Promise<number> {
  return withRun(run, settings, output, async (handle, session) =>
    isTail(run)
      ? followTail(session, run, output)
      : attachTo(
          session,
          run,
          { spec: (await runInput(handle, session)).spec },
          output,
          workflowLink(session, run),
        ),
  );
}

/** Which workflows take a message, and what does its work for the others. */
const TAKERS: Readonly<Record<'pause' | 'resume' | 'stop', readonly string[]>> = {
  pause: ['backfill', 'tail'],
  resume: ['backfill', 'tail'],
  stop: ['tail'],
};

/** `parquetry pause|resume|cancel|stop ID`. Every run can be cancelled; the rest is refused to runs that do not take it. */
export async function tell(
  run: string,
  what: 'pause' | 'resume' | 'cancel' | 'stop',
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  return withRun(run, settings, output, async (handle) => {
    if (what !== 'cancel') assertTakes(run, what, (await handle.describe()).type);
    if (what === 'cancel') {
      await handle.cancel();
      await handle.result().catch(() => undefined);
    } else if (what === 'stop') {
      await handle.signal(stopSignal);
      await handle.result().catch(() => undefined);
    } else await handle.signal(what === 'pause' ? pauseSignal : resumeSignal);
    const done = {
      pause: 'paused: running partitions end, no more are started',
      resume: 'resumed',
      cancel: 'cancelled',
      stop: 'stopped',
    }[what];
    output.say(`${run} is ${done}.`);
    output.document({ workflowId: run, [what]: true });
    return 0;
  });
}

/** A signal that a workflow has no handler for is lost in silence, so it is not sent. @throws ParquetryError USAGE */
function assertTakes(run: string, what: 'pause' | 'resume' | 'stop', type: string): void {
  if (TAKERS[what].includes(type)) return;
  const instead =
    what === 'stop' && type === 'backfill'
      ? `\`parquetry pause ${run}\` starts no more partitions, \`parquetry cancel ${run}\` ends it; what is committed stays.`
      : type === 'scheduled'
        ? 'It looks for its range yet, and is a backfill in a moment; `parquetry schedule pause NAME` starts no more of them.'
        : `\`parquetry cancel ${run}\` ends it; what is committed stays.`;
  throw new ParquetryError('USAGE', `"${run}" is a ${type} workflow, which can't be told to ${what}.`, {
    details: { run, type },
    hint: instead,
  });
}

/** `parquetry retry ID [--ledger N]`: parked partitions run again; follows the run afterwards. */
export async function retry(
  run: string,
  ledgers: readonly number[],
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  return withRun(run, settings, output, async (handle, session) => {
    if (isTail(run)) {
      if (ledgers.length > 0)
        throw new ParquetryError('USAGE', 'A tail is parked as a whole: --ledger is for backfills.', {
          hint: `parquetry retry ${run}`,
        });
      await handle.signal(retrySignal);
      return followTail(session, run, output);
    }
    const { spec } = await runInput(handle, session);
    // Ledgers go as they were typed: only the run knows where its tasks begin.
    const request = ledgers.length === 0 ? { all: true } : { starts: ledgers };
    const done = await handle.executeUpdate(retryPartitions, { args: [request] }).catch((error: unknown) => {
      if (!(error instanceof WorkflowUpdateFailedError)) throw error;
      throw new ParquetryError('USAGE', error.cause?.message ?? error.message, {
        details: { run },
        hint: `\`parquetry status ${run}\` names the parked partitions; without --ledger all of them run again.`,
        cause: error,
      });
    });
    output.note(`${done.signalled} partitions run again, ${done.restarted} were started anew.`);
    return attachTo(session, run, { spec }, output, workflowLink(session, run));
  });
}

/** Opens a session for an existing run. */
async function withRun(
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
    throw new ParquetryError('USAGE', `There is no run "${run}" that can take this.`, {
      hint: session.embedded
        ? 'It has ended, or it is kept in another folder: look at it with `parquetry dev` in the folder where it was started.'
        : 'Look for it in the Temporal UI.',
      cause: error,
    });
  } finally {
    await session.close();
  }
}

/** The input a run was started with, from its history. */
async function runInput(handle: WorkflowHandle, session: Session): Promise<BackfillInput> {
  const { type, input } = await readHistory(handle);
  if (type !== 'backfill')
    throw new ParquetryError('USAGE', `"${handle.workflowId}" in ${session.namespace} is not a backfill.`);
  return input as BackfillInput;
}
