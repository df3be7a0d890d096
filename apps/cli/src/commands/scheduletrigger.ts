import type { Define } from '../cli';
import { TEMPORAL_SETTINGS } from '../workeroptions';

/** `parquetry schedule trigger` */
export const define: Define = ({ command, output, run }) =>
  command('trigger', 'start a run now')
    .argument('<name>', 'name of the schedule')
    .writes()
    .settings(TEMPORAL_SETTINGS)
    .example('parquetry schedule trigger nightly')
    .action((name: string) =>
      run(() => {
        const { changeSchedule } = require('../schedules') as typeof import('../schedules');
        return changeSchedule(name, 'trigger', output);
      }),
    );
