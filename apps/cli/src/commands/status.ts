import { ParquetryError } from '@parquetry/core';
import type { Define } from '../cli';
import type { Output } from '../output';
import { RUN_ID } from '../runid';
import { TEMPORAL_SETTINGS } from '../workeroptions';

/** `parquetry status` */
export const define: Define = ({ command, output, run }) =>
  command('status', 'show the counts of a run and its parked partitions, or the state of a schedule', 'Watch')
    .argument(...RUN_ID)
    .settings(TEMPORAL_SETTINGS)
    .example('parquetry status backfill-426000-426100-1a2b3c4d')
    .action((id: string) => run(() => status(id, output)));

/** Starts no worker and no run. */
async function status(id: string, output: Output): Promise<number> {
  const { statusOf } = require('../runstatus') as typeof import('../runstatus');
  const { isNoWorkflow, openSession } = require('../session') as typeof import('../session');
  const session = await openSession({ output, worker: 'never' });
  try {
    return await statusOf(session, id, output);
  } catch (error) {
    if (!isNoWorkflow(error)) throw error;
    throw new ParquetryError('USAGE', `There is no run or schedule "${id}".`, {
      hint: session.embedded
        ? 'It may belong to another folder: run `parquetry dev` in the folder where it was started.'
        : 'Look for it in the Temporal UI.',
      cause: error,
    });
  } finally {
    await session.close();
  }
}
