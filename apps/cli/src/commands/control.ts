import type { WorkflowHandle } from '@temporalio/client';
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

/** `parquetry pause|resume|cancel ID`. */
export async function tell(
  run: string,
  what: 'pause' | 'resume' | 'cancel' | 'stop',
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  return withRun(run, settings, output, async (handle) => {
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

/** `parquetry retry ID [--ledger N]`: parked partitions run again; follows the run afterwards. */
export async function retry(
  run: string,
  ledgers: readonly number[],
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  return withRun(run, settings, output, async (handle, session) => {
    if (isTail(run)) {
      await handle.signal(retrySignal);
      return followTail(session, run, output);
    }
    const { spec } = await runInput(handle, session);
    const starts = ledgers.map((ledger) => partitionStart(ledger, spec.range.start, spec.partitionSize));
    const request = starts.length === 0 ? { all: true } : { starts };
    const done = await handle.executeUpdate(retryPartitions, { args: [request] });
    output.note(`${done.signalled} partitions run again, ${done.restarted} were started anew.`);
    return attachTo(session, run, { spec }, output, workflowLink(session, run));
  });
}

function partitionStart(ledger: number, first: number, size: number): number {
  return Math.max(first, Math.floor(ledger / size) * size);
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
