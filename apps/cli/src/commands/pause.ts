import type { Define } from '../cli';
import { RUN_ID } from '../runid';
import { WORKER_SETTINGS, type WorkerOptions, workerSettings } from '../workeroptions';

/** `parquetry pause` */
export const define: Define = ({ command, output, run }) =>
  command('pause', 'start no more partitions of a run', 'Watch')
    .argument(...RUN_ID)
    .settings(WORKER_SETTINGS)
    .example('parquetry pause backfill-426000')
    .action((given: string | undefined, options: WorkerOptions) =>
      run(() => {
        const { messageRun } = require('../messagerun') as typeof import('../messagerun');
        return messageRun(given, 'pause', workerSettings(options), output);
      }),
    );
