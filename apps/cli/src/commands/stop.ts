import type { Define } from '../cli';
import { RUN_ID } from '../runid';
import { WORKER_SETTINGS, type WorkerOptions, workerSettings } from '../workeroptions';

/** `parquetry stop` */
export const define: Define = ({ command, output, run }) =>
  command('stop', 'end a tail after the current flush', 'Watch')
    .argument(...RUN_ID)
    .settings(WORKER_SETTINGS)
    .example('parquetry stop')
    .action((given: string | undefined, options: WorkerOptions) =>
      run(() => {
        const { messageRun } = require('../messagerun') as typeof import('../messagerun');
        return messageRun(given, 'stop', workerSettings(options), output);
      }),
    );
