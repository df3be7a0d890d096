import { backfill } from '../commands/backfill';
import { type InspectOptions, inspect } from '../commands/inspect';
import { plan } from '../commands/plan';
import type { BackfillOptions } from '../options';
import { type Commands, WORKER_SETTINGS, type WorkerOptions, workerSettings } from './commands';

const MESSAGE_SETTINGS = ['message-type', 'default-type', 'close-time', 'ledger-path'];
const LAYOUT_SETTINGS = ['layout', 'ledgers-per-folder'];

/** What a run does, in the order of its help. */
export const RUN_SETTINGS = [
  'archive',
  'source',
  'ledgers',
  'types',
  'partition-size',
  ...LAYOUT_SETTINGS,
  'prefix',
  'region',
  'compression',
  'compression-level',
  'buffer-size',
  'max-file-size-mb',
  'rotation-interval-minutes',
  'sort-by',
  'portable-integers',
  'nested',
  'include-metadata',
  'contract-columns',
  'contract-types',
  'compatibility',
  'concurrency',
  'max-parked',
  'max-rejects',
  'on-failure',
  'verify',
  ...MESSAGE_SETTINGS,
  'network',
];
/** What of a run says what becomes of a message. */
const INSPECT_SETTINGS = [
  'archive',
  'ledgers',
  'types',
  'partition-size',
  ...LAYOUT_SETTINGS,
  'region',
  'portable-integers',
  'nested',
  'include-metadata',
  'contract-columns',
  'contract-types',
  'max-rejects',
  ...MESSAGE_SETTINGS,
  'network',
];
/** What becomes of ledgers that are committed already. */
const MODE_SETTINGS = ['mode', 'schema', 'keep-replaced'];
const REQUIRED = ['archive', 'source', 'ledgers'];

/** Adds `backfill`, `plan` and `inspect`. */
export function backfillCommands({ command, run, output }: Commands): void {
  command('backfill', 'bring a ledger range into an archive')
    .settings([...RUN_SETTINGS, ...MODE_SETTINGS, 'dry-run', ...WORKER_SETTINGS], REQUIRED)
    .option('--detach', 'start the run and return; needs `parquetry dev` or a configured cluster')
    .option('--id <workflow>', 'id of the run (default: made from range and settings)')
    .action(
      (options: BackfillOptions & WorkerOptions & { dryRun?: boolean; detach?: boolean; id?: string }) =>
        run(() => {
          if (options.rotationIntervalMinutes !== undefined)
            output.note(
              'rotation_interval_minutes is for tails; files of a backfill are cut by their content alone.',
            );
          return options.dryRun === true
            ? plan(options, output)
            : backfill(options, workerSettings(options), output);
        }),
    );

  command('plan', 'print what a backfill would do and why; nothing is written')
    .settings([...RUN_SETTINGS, ...MODE_SETTINGS, 'profile'], REQUIRED)
    .action((options: BackfillOptions) => run(() => plan(options, output)));

  command('inspect', 'validate messages and print what a backfill would do with each')
    .argument('<files...>', 'NDJSON files or globs')
    .settings(INSPECT_SETTINGS)
    .action((files: string[], options: InspectOptions) => run(() => inspect(files, options, output)));
}
