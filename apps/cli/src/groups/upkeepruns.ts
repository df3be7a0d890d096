import { MAX_LEDGER } from '@parquetry/core';
import type { SettingsCommand } from '../command';
import { type CompactOptions, compact } from '../commands/compact';
import { type ScheduleOptions, scheduleCreate, scheduleList, scheduleTell } from '../commands/schedule';
import { byteSize, choice, duration, wholeNumber } from '../parsers';
import { RUN_SETTINGS } from './backfill';
import { type Commands, WORKER_SETTINGS, type WorkerOptions, workerSettings } from './commands';

/** Adds `compact`. */
export function compactCommand({ command, run, output }: Commands): void {
  command('compact', 'make few large segments of many small ones; readers of the log never see both')
    .settings(
      ['archive', 'partition-size', 'verify', 'keep-replaced', 'region', ...WORKER_SETTINGS],
      ['archive'],
    )
    .option('--types <names>', 'datasets, separated by commas (default: all)')
    .option('--ledgers <range>', 'only segments inside these ledgers')
    .option('--target-size <size>', 'size of the new files (default: 128 MiB)', byteSize)
    .action((options: CompactOptions & WorkerOptions) =>
      run(() => compact(options, workerSettings(options), output)),
    );
}

const OVERLAPS = ['SKIP', 'BUFFER_ONE', 'BUFFER_ALL', 'CANCEL_OTHER', 'TERMINATE_OTHER', 'ALLOW_ALL'];

/** Adds `schedule …` to the program. */
export function scheduleCommands(program: SettingsCommand, { command, run, output }: Commands): void {
  const group = program
    .command('schedule')
    .description('backfills by the clock: Temporal schedules')
    .exitOverride();
  const sub = (created: SettingsCommand): SettingsCommand => {
    // `command` hangs new commands below the program; these belong below `schedule`.
    (program.commands as unknown[]).splice(program.commands.indexOf(created), 1);
    group.addCommand(created);
    return created;
  };
  const settings = RUN_SETTINGS.filter((name) => name !== 'ledgers' && name !== 'on-failure');
  sub(command('create', 'from the end of what is committed to the newest ledger, again and again'))
    .argument('<name>', 'name of the schedule')
    .settings([...settings, ...WORKER_SETTINGS], ['archive', 'source'])
    .option('--cron <expression>', 'when, as cron has it, in UTC')
    .option('--every <time>', 'how often, e.g. 6h', duration)
    .option('--lag <ledgers>', 'stay so many ledgers behind the newest', wholeNumber(0, 1_000_000_000), 0)
    .option('--max-ledgers <ledgers>', 'most ledgers a run takes', wholeNumber(1, MAX_LEDGER), 100_000)
    .option(
      '--from <ledger>',
      "first ledger of a new archive (default: the source's)",
      wholeNumber(1, MAX_LEDGER),
    )
    .option(
      '--overlap <policy>',
      `when a run is still at work: ${OVERLAPS.join(', ')}`,
      choice(OVERLAPS),
      'SKIP',
    )
    .option('--catch-up <time>', 'start runs that were missed for so long', duration, 86_400)
    .option('--on-failure <what>', 'fail (and pause the schedule) or park', choice(['fail', 'park']), 'fail')
    .option('--paused', 'make it paused')
    .action((name: string, options: ScheduleOptions & WorkerOptions) =>
      run(() => scheduleCreate(name, options, workerSettings(options), output)),
    );
  sub(command('list', 'the schedules of backfills'))
    .settings(WORKER_SETTINGS)
    .action((options: WorkerOptions) => run(() => scheduleList(workerSettings(options), output)));
  for (const [what, description] of [
    ['trigger', 'start a run now'],
    ['pause', 'start no more runs'],
    ['unpause', 'start runs again'],
    ['delete', 'remove the schedule; runs under way go on'],
  ] as const)
    sub(command(what, description))
      .argument('<name>', 'name of the schedule')
      .settings(WORKER_SETTINGS)
      .action((name: string, options: WorkerOptions) =>
        run(() => scheduleTell(name, what, workerSettings(options), output)),
      );
}
