import { ParquetryError } from '@parquetry/core';
import { pause as pauseSignal, resume as resumeSignal, stop as stopSignal } from '@parquetry/workflows';
import { withRun } from './existingrun';
import type { Output } from './output';
import type { WorkerSettings } from './workeroptions';

/** Which workflows take a message, and what does its work for the others. */
const TAKERS: Readonly<Record<'pause' | 'resume' | 'stop', readonly string[]>> = {
  pause: ['backfill', 'tail'],
  resume: ['backfill', 'tail'],
  stop: ['tail'],
};

/** `parquetry pause|resume|cancel|stop ID`. Every run can be cancelled; the rest is refused to runs that do not take it. */
export async function tellRun(
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
