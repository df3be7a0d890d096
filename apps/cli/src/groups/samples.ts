import { demo } from '../commands/demo';
import { sample } from '../commands/sample';
import { wholeNumber } from '../options';
import { type Commands, WORKER_SETTINGS, type WorkerOptions, workerSettings } from './commands';

/** Adds the commands for newcomers. */
export function sampleCommands({ command, run, output }: Commands): void {
  command('sample', 'write a small lake of made-up but valid ledgers')
    .requiredOption('--out <folder>', 'folder for the lake')
    .option('--ledgers <count>', 'number of ledgers', wholeNumber(1, 100_000), 200)
    .option('--ledgers-per-file <count>', 'ledgers a file', wholeNumber(1, 10_000), 4)
    .writes()
    .action((options: { out: string; ledgers: number; ledgersPerFile: number }) =>
      run(() => sample(options, output)),
    );
  command('demo', 'sample lake, backfill, verify and query, in one folder')
    .option('--out <folder>', 'folder of the demo', 'demo')
    .settings(WORKER_SETTINGS)
    .writes()
    .action((options: { out: string } & WorkerOptions) =>
      run(() => demo(options.out, workerSettings(options), output)),
    );
}
