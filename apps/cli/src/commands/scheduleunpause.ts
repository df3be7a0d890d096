import type { Define } from '../cli';
import { TEMPORAL_SETTINGS } from '../workeroptions';

/** `parquetry schedule unpause` */
export const define: Define = ({ command, output, run }) =>
  command('unpause', 'start runs again')
    .argument('<name>', 'name of the schedule')
    .writes()
    .settings(TEMPORAL_SETTINGS)
    .example('parquetry schedule unpause nightly')
    .action((name: string) =>
      run(() => {
        const { changeSchedule } = require('../schedules') as typeof import('../schedules');
        return changeSchedule(name, 'unpause', output);
      }),
    );
