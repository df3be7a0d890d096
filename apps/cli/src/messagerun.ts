import { ParquetryError } from '@parquetry/core';
import { sdk } from '@parquetry/temporal';
import { pause as pauseSignal, resume as resumeSignal, stop as stopSignal } from '@parquetry/workflows';
import type { WorkflowHandle } from '@temporalio/client';
import { withRun } from './existingrun';
import { runFailure } from './follow';
import type { Output } from './output';
import { RUN_TYPES, type RunType } from './runlist';
import { sendRequest } from './startworkflow';
import type { WorkerSettings } from './workeroptions';

/** The workflow types that support a message. */
const SUPPORTED: Readonly<Record<'pause' | 'resume' | 'stop' | 'cancel', readonly RunType[]>> = {
  pause: ['backfill', 'tail'],
  resume: ['backfill', 'tail'],
  stop: ['tail'],
  cancel: RUN_TYPES,
};

const SIGNALS = { pause: pauseSignal, resume: resumeSignal, stop: stopSignal };

/** `parquetry pause|resume|cancel|stop [RUN]`. Every run can be cancelled; not all support the other messages. */
export async function messageRun(
  given: string | undefined,
  what: 'pause' | 'resume' | 'cancel' | 'stop',
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  return withRun(given, SUPPORTED[what], settings, output, async (handle, session) => {
    const run = handle.workflowId;
    if (what === 'cancel') {
      await sendRequest(session, handle, 'cancel', () => handle.cancel());
      await untilCancelled(handle);
    } else {
      assertSupports(run, what, (await handle.describe()).type);
      await sendRequest(session, handle, 'signal', () => handle.signal(SIGNALS[what]));
      if (what === 'stop') await untilCompleted(handle);
    }
    const done = {
      pause: 'paused: running partitions finish, no others start',
      resume: 'resumed',
      cancel: 'cancelled',
      stop: 'stopped',
    }[what];
    output.say(`${run} is ${done}.`);
    output.document({ workflowId: run, [what]: true });
    return 0;
  });
}

/** @throws ParquetryError USAGE if the run completed first, the failure of the run */
async function untilCancelled(handle: WorkflowHandle): Promise<void> {
  const run = handle.workflowId;
  try {
    await handle.result();
  } catch (error) {
    if (error instanceof sdk.WorkflowFailedError && error.cause instanceof sdk.CancelledFailure) return;
    throw runFailure(error, run);
  }
  throw new ParquetryError('USAGE', `The run "${run}" completed before it was cancelled.`, {
    details: { run },
    hint: `\`parquetry status ${run}\` shows its result.`,
  });
}

/** @throws ParquetryError the failure of the run */
async function untilCompleted(handle: WorkflowHandle): Promise<void> {
  await handle.result().catch((error: unknown) => {
    throw runFailure(error, handle.workflowId);
  });
}

/** A workflow silently drops a signal without a handler, so it is not sent. @throws ParquetryError USAGE */
function assertSupports(run: string, what: 'pause' | 'resume' | 'stop', type: string): void {
  if (SUPPORTED[what].some((one) => one === type)) return;
  const instead =
    what === 'stop' && type === 'backfill'
      ? `\`parquetry pause ${run}\` starts no more partitions, \`parquetry cancel ${run}\` ends it; committed data stays.`
      : type === 'scheduled'
        ? 'It is still determining its range and becomes a backfill soon. `parquetry schedule pause NAME` starts no more runs.'
        : `\`parquetry cancel ${run}\` ends it; committed data stays.`;
  throw new ParquetryError('USAGE', `"${run}" is a ${type} workflow, which does not support ${what}.`, {
    details: { run, type },
    hint: instead,
  });
}
