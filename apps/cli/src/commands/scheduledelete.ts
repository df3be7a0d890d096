import type { Define } from '../cli';

/** `parquetry schedule delete` */
export const define: Define = ({ command, output, run }) =>
  command('delete', 'remove a schedule; its running backfills continue')
    .argument('<name>', 'name of the schedule')
    .example('parquetry schedule delete nightly')
    .action((name: string) =>
      run(() => {
        const { tellSchedule } = require('../schedules') as typeof import('../schedules');
        return tellSchedule(name, 'delete', output);
      }),
    );
