import { ParquetryError } from '@parquetry/core';
import { pause as pauseSignal, resume as resumeSignal, stop as stopSignal } from '@parquetry/workflows';
import { withRun } from './existingrun';
import type { Output } from './output';
import { RUN_TYPES, type RunType } from './runlist';
import type { WorkerSettings } from './workeroptions';

/** The workflow types that support a message. */
const SUPPORTED: Readonly<Record<'pause' | 'resume' | 'stop' | 'cancel', readonly RunType[]>> = {
  pause: ['backfill', 'tail'],
  resume: ['backfill', 'tail'],
  stop: ['tail'],
  cancel: RUN_TYPES,
};

/** `parquetry pause|resume|cancel|stop [RUN]`. Every run can be cancelled; not all support the other messages. */
export async function messageRun(
  given: string | undefined,
  what: 'pause' | 'resume' | 'cancel' | 'stop',
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  return withRun(given, SUPPORTED[what], settings, output, async (handle) => {
    const run = handle.workflowId;
    if (what !== 'cancel') assertSupports(run, what, (await handle.describe()).type);
    if (what === 'cancel') {
      await handle.cancel();
      await handle.result().catch(() => undefined);
    } else if (what === 'stop') {
      await handle.signal(stopSignal);
      await handle.result().catch(() => undefined);
    } else await handle.signal(what === 'pause' ? pauseSignal : resumeSignal);
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
