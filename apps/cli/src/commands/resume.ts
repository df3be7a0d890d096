import type { Define } from '../cli';
import { RUN_ID } from '../runid';
import { WORKER_SETTINGS, type WorkerOptions, workerSettings } from '../workeroptions';

/** `parquetry resume` */
export const define: Define = ({ command, output, run }) =>
  command('resume', 'start partitions of a paused run again', 'Watch')
    .argument(...RUN_ID)
    .settings(WORKER_SETTINGS)
    .writes()
    .example('parquetry resume backfill-426000')
    .action((given: string | undefined, options: WorkerOptions) =>
      run(() => {
        const { messageRun } = require('../messagerun') as typeof import('../messagerun');
        return messageRun(given, 'resume', workerSettings(options), output);
      }),
    );
