import type { SettingsCommand } from '../command';
import { type CompactOptions, compact } from '../commands/compact';
import { type ScheduleOptions, scheduleCreate, scheduleList, scheduleTell } from '../commands/schedule';
import { choice } from '../parsers';
import { RUN_SETTINGS } from './backfill';
import { type Commands, WORKER_SETTINGS, type WorkerOptions, workerSettings } from './commands';

/** Adds `compact`. */
export function compactCommand({ command, run, output }: Commands): void {
  command('compact', 'make few large segments of many small ones; readers of the log never see both')
    .settings(
      ['archive', 'partition-size', 'target-size', 'verify', 'keep-replaced', 'region', ...WORKER_SETTINGS],
      ['archive'],
    )
    .option('--types <names>', 'datasets, separated by commas (default: all)')
    .option('--ledgers <range>', 'only segments inside these ledgers')
    .writes()
    .action((options: CompactOptions & WorkerOptions) =>
      run(() => compact(options, workerSettings(options), output)),
    );
}

/** When a schedule's runs start, and what they take. */
const SCHEDULE_SETTINGS = ['cron', 'every', 'lag', 'max-ledgers', 'from', 'overlap', 'catch-up', 'paused'];

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
    .settings([...settings, ...SCHEDULE_SETTINGS, ...WORKER_SETTINGS], ['archive', 'source'])
    .option('--on-failure <what>', 'fail (and pause the schedule) or park', choice(['fail', 'park']), 'fail')
    .writes()
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
  ] as const) {
    const told = sub(command(what, description))
      .argument('<name>', 'name of the schedule')
      .settings(WORKER_SETTINGS)
      .action((name: string, options: WorkerOptions) =>
        run(() => scheduleTell(name, what, workerSettings(options), output)),
      );
    if (what === 'trigger' || what === 'unpause') told.writes();
  }
}
