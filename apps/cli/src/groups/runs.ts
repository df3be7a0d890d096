import { attach, retry, tell } from '../commands/control';
import { dev, worker } from '../commands/dev';
import { status } from '../commands/status';
import { collect, wholeNumber } from '../options';
import { type Commands, WORKER_SETTINGS, type WorkerOptions, workerSettings } from './commands';

const RUN = ['<run>', 'workflow id of the run'] as const;

/** Adds the commands that look at runs and steer them, and those that keep a worker up. */
export function runCommands({ command, run, output }: Commands): void {
  for (const [name, description] of [
    ['status', 'counts of a run and its parked partitions, or the state of a schedule'],
    ['attach', 'follow a run that was started before'],
  ] as const)
    command(name, description)
      .argument(...RUN)
      .settings(WORKER_SETTINGS)
      .action((id: string, options: WorkerOptions) =>
        run(() => (name === 'status' ? status : attach)(id, workerSettings(options), output)),
      );
  for (const [name, description] of [
    ['pause', 'start no more partitions of a run'],
    ['resume', 'start partitions of a paused run again'],
    ['cancel', 'cancel a run; what is committed stays'],
  ] as const) {
    const told = command(name, description)
      .argument(...RUN)
      .settings(WORKER_SETTINGS)
      .action((id: string, options: WorkerOptions) =>
        run(() => tell(id, name, workerSettings(options), output)),
      );
    if (name === 'resume') told.writes();
  }
  command('retry', 'run parked partitions again')
    .argument(...RUN)
    .option('--ledger <ledger>', 'only the partition with this ledger; may be given several times', collect)
    .settings(WORKER_SETTINGS)
    .writes()
    .action((id: string, options: { ledger?: readonly string[] } & WorkerOptions) =>
      run(() =>
        retry(id, (options.ledger ?? []).map(wholeNumber(1, 4_294_967_295)), workerSettings(options), output),
      ),
    );

  command('dev', 'embedded Temporal server and a worker, until Ctrl-C')
    .settings(WORKER_SETTINGS)
    .action((options: WorkerOptions) => run(() => dev(workerSettings(options), output)));
  command('worker', 'a worker of the configured Temporal cluster, until Ctrl-C')
    .settings(['region', ...WORKER_SETTINGS])
    .action((options: WorkerOptions) => run(() => worker(workerSettings(options), output)));
}
