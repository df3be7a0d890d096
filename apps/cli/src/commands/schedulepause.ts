import type { Define } from '../cli';
import { TEMPORAL_SETTINGS } from '../workeroptions';

/** `parquetry schedule pause` */
export const define: Define = ({ command, output, run }) =>
  command('pause', 'start no more runs')
    .argument('<name>', 'name of the schedule')
    .settings(TEMPORAL_SETTINGS)
    .example('parquetry schedule pause nightly')
    .action((name: string) =>
      run(() => {
        const { changeSchedule } = require('../schedules') as typeof import('../schedules');
        return changeSchedule(name, 'pause', output);
      }),
    );
