import type { Define } from '../cli';
import type { Output } from '../output';
import { RUN_ID } from '../runid';
import { TEMPORAL_SETTINGS } from '../workeroptions';

/** `parquetry status` */
export const define: Define = ({ command, output, run }) =>
  command('status', 'show the counts of a run and its parked partitions, or the state of a schedule', 'Watch')
    .argument(...RUN_ID)
    .settings(TEMPORAL_SETTINGS)
    .example('parquetry status backfill-426000')
    .action((given: string | undefined) => run(() => status(given, output)));

/** Starts no worker and no run. */
async function status(given: string | undefined, output: Output): Promise<number> {
  const { statusOf } = require('../runstatus') as typeof import('../runstatus');
  const { openSession } = require('../session') as typeof import('../session');
  const session = await openSession({ output, worker: 'never' });
  try {
    return await statusOf(session, given, output);
  } finally {
    await session.close();
  }
}
