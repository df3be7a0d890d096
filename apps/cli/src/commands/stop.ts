import type { Define } from '../cli';
import { RUN_ID } from '../runid';
import { WORKER_SETTINGS, type WorkerOptions, workerSettings } from '../workeroptions';

/** `parquetry stop` */
export const define: Define = ({ command, output, run }) =>
  command('stop', 'end a tail after the current flush', 'Watch')
    .argument(...RUN_ID)
    .settings(WORKER_SETTINGS)
    .example('parquetry stop tail/1a2b3c4d5e6f')
    .action((id: string, options: WorkerOptions) =>
      run(() => {
        const { messageRun } = require('../messagerun') as typeof import('../messagerun');
        return messageRun(id, 'stop', workerSettings(options), output);
      }),
    );
