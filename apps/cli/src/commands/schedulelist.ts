import type { Define } from '../cli';
import type { Output } from '../output';
import type { DescribedSchedule } from '../schedules';
import { TEMPORAL_SETTINGS } from '../workeroptions';

/** `parquetry schedule list` */
export const define: Define = ({ command, output, run }) =>
  command('list', 'list the schedules of backfills and of maintenance runs')
    .settings(TEMPORAL_SETTINGS)
    .example('parquetry schedule list')
    .action(() => run(() => scheduleList(output)));

async function scheduleList(output: Output): Promise<number> {
  const { SCHEDULED_TYPES, describeSchedule, withSchedules } =
    require('../schedules') as typeof import('../schedules');
  return withSchedules('', output, async ({ client }) => {
    const found: DescribedSchedule[] = [];
    for await (const { scheduleId, action } of client.schedule.list())
      if (SCHEDULED_TYPES.includes(action?.workflowType ?? ''))
        found.push(describeSchedule(await client.schedule.getHandle(scheduleId).describe()));
    output.table(
      ['schedule', 'state', 'runs', 'next', 'note'],
      found.map(({ name, paused, runs, next, note }) => [
        name,
        paused ? 'paused' : 'active',
        runs,
        next ?? '–',
        note,
      ]),
    );
    output.document({ schedules: found });
    return 0;
  });
}
