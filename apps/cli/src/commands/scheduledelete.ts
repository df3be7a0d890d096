import type { Define } from '../cli';
import { TEMPORAL_SETTINGS } from '../workeroptions';

/** `parquetry schedule delete` */
export const define: Define = ({ command, output, run }) =>
  command('delete', 'remove a schedule; its running workflows continue')
    .argument('<name>', 'name of the schedule')
    .settings(TEMPORAL_SETTINGS)
    .example('parquetry schedule delete nightly')
    .action((name: string) =>
      run(() => {
        const { changeSchedule } = require('../schedules') as typeof import('../schedules');
        return changeSchedule(name, 'delete', output);
      }),
    );
