import { tell } from '../commands/control';
import { type TailOptions, tail } from '../commands/tail';
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
  'sort-by',
  'portable-integers',
  'nested',
  'include-metadata',
  'contract-columns',
  'contract-types',
  'compatibility',
  'max-rejects',
  'verify',
  'message-type',
  'default-type',
  'close-time',
  'ledger-path',
  'network',
  'from',
  'until',
  'lag',
  'max-rows',
  'max-bytes',
  'max-age',
  'poll',
];

/** Adds `tail` and `stop`. */
export function tailCommands({ command, run, output }: Commands): void {
  command('tail', 'take ledgers into an archive as they come')
    .settings([...TAIL_SETTINGS, ...WORKER_SETTINGS], ['archive', 'source'])
    .option('--detach', 'start the tail and return; needs `parquetry dev` or a configured cluster')
    .writes()
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
