import { ParquetryError, parseLedgerRange } from '@parquetry/core';
import { Command, type CommanderError, Option } from 'commander';
import { type Output } from './output';
import { attach, retry, status, tell } from './commands/control';
import { backfill } from './commands/backfill';
import { demo } from './commands/demo';
import { dev, worker } from './commands/dev';
import { files } from './commands/files';
import { query } from './commands/query';
import { sample } from './commands/sample';
import { schemaCommand } from './commands/schemacommand';
import { verify } from './commands/verify';
import { readConfig } from './config';
import {
  type BackfillOptions,
  type WorkerSettings,
  byteSize,
  collect,
  defaultWorkerSettings,
  wholeNumber,
} from './options';

/** Options of commands that may run a worker. */
interface WorkerOptions {
  readonly memory?: number;
  readonly threads?: number;
  readonly slots?: number;
}

/** Commands of the brief that this version does not have: they say so and exit 2. */
const LATER = ['plan', 'tail', 'compact', 'schedule', 'audit', 'gc', 'report', 'doctor', 'inspect'];

/** The command line. `done` gets the exit code of the command that ran. */
export function createProgram(output: Output, done: (code: number) => void): Command {
  const program = new Command('parquetry')
    .description('Stellar ledger ranges in, a verified Parquet archive out.')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .showSuggestionAfterError();

  const command = (name: string, description: string): Command => {
    const made = program
      .command(name)
      .description(description)
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .showSuggestionAfterError()
      .option('--json', 'print one JSON document on stdout, everything else on stderr')
      .option('--config <file>', 'YAML file with any of these options by name');
    // While the line is parsed, so that options the file gives are not missed as missing.
    return made.on('option:config', (file: string) => readConfig(made, file));
  };
  const run = (action: () => Promise<number>): Promise<void> => action().then(done);
  const archived = (name: string, description: string): Command =>
    command(name, description).requiredOption(
      '--archive <root>',
      'archive root: a folder (s3:// and gs:// later)',
    );

  workerOptions(
    backfillOptions(archived('backfill', 'bring a ledger range into an archive'))
      .option('--detach', 'start the run and return; needs `parquetry dev` or a configured cluster')
      .option('--id <workflow>', 'id of the run (default: made from range and settings)'),
  ).action((options) => run(() => backfill(options as BackfillOptions, workerSettings(options), output)));

  archived('verify', 'read the archive back and name every fault')
    .option('--deep', 'decode every value, not only the ledger column')
    .option('--ledgers <range>', 'ledgers that must be there (default: all that runs were asked for)')
    .option('--types <names>', 'datasets, separated by commas')
    .action((options: { archive: string; deep?: boolean; ledgers?: string; types?: string }) =>
      run(() =>
        verify(
          options.archive,
          {
            level: options.deep === true ? 'full' : 'ledger',
            ...(options.ledgers === undefined ? {} : { range: parseLedgerRange(options.ledgers) }),
            ...(options.types === undefined ? {} : { datasets: options.types.split(',') }),
          },
          output,
        ),
      ),
    );

  archived('files', 'list the files that the commit log names')
    .option('--dataset <name>', 'only this dataset')
    .option('--ledgers <range>', 'only files that may hold these ledgers')
    .action((options: { archive: string; dataset?: string; ledgers?: string }) =>
      run(() =>
        files(
          options.archive,
          {
            ...(options.dataset === undefined ? {} : { dataset: options.dataset }),
            ...(options.ledgers === undefined ? {} : { range: parseLedgerRange(options.ledgers) }),
          },
          output,
        ),
      ),
    );

  archived('query', 'run SQL over the committed files; every dataset is a view')
    .argument('<sql>', 'one SELECT')
    .addOption(memoryOption())
    .action((sql: string, options: { archive: string; memory?: number }) =>
      run(() => query(options.archive, sql, workerSettings(options).memoryBytes, output)),
    );

  schemaCommand(program, command, run, output);

  for (const [name, description] of [
    ['status', 'counts of a run and its parked partitions'],
    ['attach', 'follow a run that was started before'],
  ] as const)
    workerOptions(command(name, description).argument('<run>', 'workflow id of the run')).action(
      (id: string, options) =>
        run(() => (name === 'status' ? status : attach)(id, workerSettings(options), output)),
    );
  for (const [name, description] of [
    ['pause', 'start no more partitions of a run'],
    ['resume', 'start partitions of a paused run again'],
    ['cancel', 'cancel a run; what is committed stays'],
  ] as const)
    workerOptions(command(name, description).argument('<run>', 'workflow id of the run')).action(
      (id: string, options) => run(() => tell(id, name, workerSettings(options), output)),
    );
  workerOptions(
    command('retry', 'run parked partitions again')
      .argument('<run>', 'workflow id of the run')
      .option(
        '--ledger <ledger>',
        'only the partition with this ledger; may be given several times',
        collect,
      ),
  ).action((id: string, options: { ledger?: readonly string[] } & WorkerOptions) =>
    run(() =>
      retry(id, (options.ledger ?? []).map(wholeNumber(1, 4_294_967_295)), workerSettings(options), output),
    ),
  );

  workerOptions(command('dev', 'embedded Temporal server and a worker, until Ctrl-C')).action((options) =>
    run(() => dev(workerSettings(options), output)),
  );
  workerOptions(command('worker', 'a worker of the configured Temporal cluster, until Ctrl-C')).action(
    (options) => run(() => worker(workerSettings(options), output)),
  );
  command('sample', 'write a small lake of made-up but valid ledgers')
    .requiredOption('--out <folder>', 'folder for the lake')
    .option('--ledgers <count>', 'number of ledgers', wholeNumber(1, 100_000), 200)
    .option('--ledgers-per-file <count>', 'ledgers a file', wholeNumber(1, 10_000), 4)
    .action((options: { out: string; ledgers: number; ledgersPerFile: number }) =>
      run(() => sample(options, output)),
    );
  workerOptions(
    command('demo', 'sample lake, backfill, verify and query, in one folder').option(
      '--out <folder>',
      'folder of the demo',
      'demo',
    ),
  ).action((options: { out: string } & WorkerOptions) =>
    run(() => demo(options.out, workerSettings(options), output)),
  );

  for (const name of LATER)
    command(name, '(not available in this version)')
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw new ParquetryError('NOT_AVAILABLE', `\`parquetry ${name}\` is not available in this version.`);
      });
  return program;
}

/** A mistake in the command line as one of our errors; undefined when help or the version was printed. */
export function usageError(error: CommanderError): ParquetryError | undefined {
  if (error.exitCode === 0) return undefined;
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  const help = error.code === 'commander.help';
  return new ParquetryError(
    'USAGE',
    help ? 'A command is needed.' : `${message}${/[.)]$/.test(message) ? '' : '.'}`,
    {
      hint: 'See `parquetry --help` or `parquetry COMMAND --help`.',
    },
  );
}

function backfillOptions(command: Command): Command {
  return command
    .requiredOption('--source <uri>', 'ndjson:FILES (paths or globs, separated by commas) or galexie:FOLDER')
    .requiredOption('--ledgers <range>', 'inclusive range, e.g. 426000-426100')
    .option('--types <names>', 'message types, separated by commas (default: all that the source has)')
    .option('--partition-size <ledgers>', 'ledgers a partition', wholeNumber(1, 10_000_000), 1000)
    .option('--layout <name>', 'ledger_day, ledger_range or hour', 'ledger_day')
    .option(
      '--ledgers-per-folder <ledgers>',
      'width of a folder of layout ledger_range',
      wholeNumber(1, 1_000_000_000),
      10_000,
    )
    .option('--compression <codec>', 'none, snappy, gzip or zstd', 'snappy')
    .option('--compression-level <level>', 'level of zstd', wholeNumber(1, 22))
    .option(
      '--buffer-size <rows>',
      'close a file at the first ledger boundary after this many rows',
      wholeNumber(1, 2_000_000_000),
    )
    .option('--max-file-size-mb <mb>', 'close a file at about this size', wholeNumber(1, 100_000))
    .option('--concurrency <partitions>', 'partitions at once', wholeNumber(1, 500), 4)
    .option(
      '--max-parked <partitions>',
      'start no more partitions when this many are parked',
      wholeNumber(1, 1000),
      50,
    )
    .option(
      '--max-rejects <messages>',
      'rejected messages allowed a dataset and partition',
      wholeNumber(0, 1_000_000_000),
      0,
    )
    .option('--on-failure <what>', 'park (wait for a person) or fail', 'park')
    .option('--verify <level>', 'ledger or full: how deep files are read before they are published', 'ledger')
    .option('--message-type <name>', 'every message is of this type')
    .option('--default-type <name>', 'type of messages that name none')
    .option(
      '--close-time <type=path>',
      'where a message type keeps its close time; may be given several times',
      collect,
    )
    .option(
      '--ledger-path <type=path>',
      'where a message type keeps its ledger; may be given several times',
      collect,
    )
    .option('--network <name>', 'name of the network (default: what the source says)');
}

function memoryOption(): Option {
  return new Option('--memory <size>', 'memory for DuckDB, e.g. 2GB').argParser(byteSize);
}

function workerOptions(command: Command): Command {
  return command
    .addOption(memoryOption())
    .option('--threads <count>', 'threads for DuckDB', wholeNumber(1, 256))
    .option('--slots <count>', 'steps at once in this worker', wholeNumber(1, 256));
}

function workerSettings(options: WorkerOptions): WorkerSettings {
  const defaults = defaultWorkerSettings();
  return {
    memoryBytes: options.memory ?? defaults.memoryBytes,
    threads: options.threads ?? defaults.threads,
    slots: options.slots ?? defaults.slots,
  };
}
