import type { Define } from '../cli';
import type { Output } from '../output';
import { TEMPORAL_SETTINGS } from '../workeroptions';

interface Options {
  readonly all?: boolean;
}

/** `parquetry runs` */
export const define: Define = ({ command, output, run }) =>
  command('runs', 'list the runs: state, ledgers, progress and age', 'Watch')
    .optionsGroup('Options:')
    .option('--all', 'all runs, not only those that run and the last ten that ended')
    .settings(TEMPORAL_SETTINGS)
    .example('parquetry runs')
    .action((options: Options) => run(() => runs(options, output)));

/** Starts no worker and no run. */
async function runs({ all = false }: Options, output: Output): Promise<number> {
  const { printRuns } = require('../runstates') as typeof import('../runstates');
  const { openSession } = require('../session') as typeof import('../session');
  const session = await openSession({ output, worker: 'never' });
  try {
    return await printRuns(session, all, output);
  } finally {
    await session.close();
  }
}
