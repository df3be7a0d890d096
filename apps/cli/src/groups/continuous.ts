import { MAX_LEDGER } from '@parquetry/core';
import { tell } from '../commands/control';
import { type TailOptions, tail } from '../commands/tail';
import { byteSize, duration, tailFrom, wholeNumber } from '../parsers';
import { type Commands, WORKER_SETTINGS, type WorkerOptions, workerSettings } from './commands';

const TAIL_SETTINGS = [
  'archive',
  'source',
  'types',
  'partition-size',
  'layout',
  'ledgers-per-folder',
  'prefix',
  'region',
  'compression',
  'compression-level',
  'buffer-size',
  'max-file-size-mb',
  'rotation-interval-minutes',
  'portable-integers',
  'nested',
  'include-metadata',
  'contract-columns',
  'contract-types',
  'max-rejects',
  'verify',
  'message-type',
  'default-type',
  'close-time',
  'ledger-path',
  'network',
];

/** Adds `tail` and `stop`. */
export function tailCommands({ command, run, output }: Commands): void {
  command('tail', 'take ledgers into an archive as they come')
    .settings([...TAIL_SETTINGS, ...WORKER_SETTINGS], ['archive', 'source'])
    .option(
      '--from <where>',
      'committed (after what the archive has), latest, or a ledger',
      tailFrom,
      'committed',
    )
    .option('--until <ledger>', 'end after this ledger', wholeNumber(1, MAX_LEDGER))
    .option(
      '--max-rows <rows>',
      'flush at this many rows (default: buffer size, else 10000)',
      wholeNumber(1, 2_000_000_000),
    )
    .option('--max-bytes <size>', 'flush at this much of the source (default: 64MB)', byteSize)
    .option('--max-age <time>', 'flush when the oldest ledger waited so long, e.g. 10m (default)', duration)
    .option('--lag <ledgers>', 'stay so many ledgers behind the newest', wholeNumber(0, 1_000_000), 0)
    .option('--poll <time>', 'how often a source without news is looked at', duration, 2)
    .option('--detach', 'start the tail and return; needs `parquetry dev` or a configured cluster')
    .action((options: TailOptions & WorkerOptions) =>
      run(() => tail(options, workerSettings(options), output)),
    );
  command('stop', 'end a tail after the flush under way')
    .argument('<run>', 'workflow id of the tail')
    .settings(WORKER_SETTINGS)
    .action((id: string, options: WorkerOptions) =>
      run(() => tell(id, 'stop', workerSettings(options), output)),
    );
}
