import type { Define } from '../cli';
import { RUN_ID } from '../runid';
import { WORKER_SETTINGS, type WorkerOptions, workerSettings } from '../workeroptions';

/** `parquetry cancel` */
export const define: Define = ({ command, output, run }) =>
  command('cancel', 'cancel a run; what is committed stays', 'Watch')
    .argument(...RUN_ID)
    .settings(WORKER_SETTINGS)
    .example('parquetry cancel backfill-426000')
    .action((given: string | undefined, options: WorkerOptions) =>
      run(() => {
        const { messageRun } = require('../messagerun') as typeof import('../messagerun');
        return messageRun(given, 'cancel', workerSettings(options), output);
      }),
    );
