import type { Define } from '../cli';

/** `parquetry schedule unpause` */
export const define: Define = ({ command, output, run }) =>
  command('unpause', 'start runs again')
    .argument('<name>', 'name of the schedule')
    .writes()
    .example('parquetry schedule unpause nightly')
    .action((name: string) =>
      run(() => {
        const { tellSchedule } = require('../schedules') as typeof import('../schedules');
        return tellSchedule(name, 'unpause', output);
      }),
    );
