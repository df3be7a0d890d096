import { CODECS } from '@parquetry/core';
import { COMPATIBILITY_MODES, CONTRACT_MODES, DEFAULT_CONTRACT, DEFAULT_MODE } from '@parquetry/schema';
import { listenAddress } from './parsers';
import { REPEATED_SETTINGS } from './repeated';
import { type Setting, aSize, aSwitch, assignments, oneOf, text, whole } from './setting';

export { type Setting, TOPICS } from './setting';

/** Layouts by their configured names. */
export const LAYOUTS = ['ledger_day', 'ledger_range', 'hour'] as const;

/**
 * Every setting there is. The command line, the environment, the configuration file and docs/configuration.md are made
 * from this one table.
 */
export const SETTINGS: readonly Setting[] = [
  {
    name: 'source',
    topic: 'source',
    value: '<uri>',
    ...text('a source'),
    doc: 'ndjson:FILES (paths or globs, separated by commas) or galexie:FOLDER; both also on s3:// and gs://',
  },
  {
    name: 'ledgers',
    topic: 'source',
    value: '<range>',
    ...text('an inclusive range'),
    doc: 'inclusive range, e.g. 426000-426100',
  },
  {
    name: 'types',
    topic: 'source',
    value: '<names>',
    ...text('names, separated by commas'),
    doc: 'message types, separated by commas (default: all that the source has)',
  },
  {
    name: 'message-type',
    topic: 'source',
    value: '<name>',
    ...text('a name'),
    doc: 'every message is of this type',
  },
  {
    name: 'default-type',
    topic: 'source',
    value: '<name>',
    ...text('a name'),
    doc: 'type of messages that name none',
  },
  {
    name: 'close-time',
    topic: 'source',
    value: '<type=path>',
    ...assignments,
    doc: 'where a message type keeps its close time; may be given several times',
  },
  {
    name: 'ledger-path',
    topic: 'source',
    value: '<type=path>',
    ...assignments,
    doc: 'where a message type keeps its ledger; may be given several times',
  },
  {
    name: 'include-metadata',
    topic: 'source',
    ...aSwitch,
    doc: "keep the pipeline's own metadata of messages, archive_metadata, in the rows (default: true)",
  },
  {
    name: 'network',
    topic: 'archive',
    value: '<name>',
    ...text('a name'),
    doc: 'name of the network (default: what the source says)',
  },
  {
    name: 'archive',
    topic: 'archive',
    value: '<root>',
    ...text('a folder, s3://… or gs://…'),
    doc: 'archive root: a folder, s3://bucket/prefix or gs://bucket/prefix',
  },
  {
    name: 'prefix',
    topic: 'archive',
    value: '<folder>',
    ...text('a path below the root'),
    doc: "folder of the datasets below the archive's root; one that ends in the message type is the dataset's own folder",
  },
  {
    name: 'region',
    topic: 'archive',
    value: '<name>',
    ...text('a region'),
    doc: 'region of S3 buckets, for this process (as AWS_REGION)',
  },
  {
    name: 'layout',
    topic: 'archive',
    value: '<name>',
    default: 'ledger_day',
    ...oneOf(...LAYOUTS),
    doc: 'how files are placed, by close time in UTC or by ledger: ledger_day, ledger_range or hour',
  },
  {
    name: 'ledgers-per-folder',
    topic: 'archive',
    value: '<ledgers>',
    default: 10_000,
    ...whole(1, 1_000_000_000),
    doc: 'width of a folder of layout ledger_range',
  },
  {
    name: 'portable-integers',
    topic: 'archive',
    ...aSwitch,
    doc: 'store 32-bit unsigned columns as int64, for Athena and Trino (default: as the archive has it, unsigned in a new one)',
  },
  {
    name: 'nested',
    topic: 'archive',
    value: '<style>',
    ...oneOf('struct', 'flatten', 'json'),
    doc: 'what nested objects and arrays of inferred columns become (default: as the archive has it, struct in a new one)',
  },
  {
    name: 'compression',
    topic: 'files',
    value: '<codec>',
    default: 'snappy',
    ...oneOf(...CODECS),
    doc: 'none, snappy, gzip, zstd, brotli or lz4 (raw)',
  },
  {
    name: 'compression-level',
    topic: 'files',
    value: '<level>',
    ...whole(1, 22),
    doc: 'level of zstd',
  },
  {
    name: 'buffer-size',
    topic: 'files',
    value: '<rows>',
    ...whole(1, 2_000_000_000),
    doc: 'close a file at the first ledger boundary at or after this many rows',
  },
  {
    name: 'max-file-size-mb',
    topic: 'files',
    value: '<mb>',
    ...whole(1, 100_000),
    doc: 'close a file at about this size, compressed (default: 128 MiB where no buffer size is set)',
  },
  {
    name: 'target-size',
    topic: 'files',
    value: '<size>',
    ...aSize,
    doc: 'size of the files that `compact` makes (default: 128 MiB)',
  },
  {
    name: 'sort-by',
    topic: 'files',
    value: '<columns>',
    ...text('column names, separated by commas'),
    doc: 'order the rows of a ledger by these columns before their position in the source',
  },
  {
    name: 'rotation-interval-minutes',
    topic: 'files',
    value: '<minutes>',
    ...whole(1, 525_600),
    doc: 'close a file of a tail at this age; the files of a backfill are cut by their content alone',
  },
  {
    name: 'partition-size',
    topic: 'run',
    value: '<ledgers>',
    default: 1000,
    ...whole(1, 10_000_000),
    doc: 'ledgers a partition',
  },
  {
    name: 'concurrency',
    topic: 'run',
    value: '<partitions>',
    default: 4,
    ...whole(1, 500),
    doc: 'partitions at once',
  },
  {
    name: 'max-parked',
    topic: 'run',
    value: '<partitions>',
    default: 50,
    ...whole(1, 1000),
    doc: 'start no more partitions when this many are parked',
  },
  {
    name: 'max-rejects',
    topic: 'run',
    value: '<messages>',
    default: 0,
    ...whole(0, 1_000_000_000),
    doc: 'rejected messages allowed a dataset and partition',
  },
  {
    name: 'contract-columns',
    topic: 'run',
    value: '<mode>',
    default: DEFAULT_CONTRACT.columns,
    ...oneOf(...CONTRACT_MODES),
    doc: 'new columns of a known message type: evolve (take them up), freeze (fail the run) or reject_row',
  },
  {
    name: 'contract-types',
    topic: 'run',
    value: '<mode>',
    default: DEFAULT_CONTRACT.types,
    ...oneOf(...CONTRACT_MODES),
    doc: 'values that a known column can not hold: reject_row, freeze (fail the run) or evolve (fail with the promotion that takes them)',
  },
  {
    name: 'compatibility',
    topic: 'run',
    value: '<mode>',
    default: DEFAULT_MODE.toLowerCase(),
    ...oneOf(...COMPATIBILITY_MODES.map((mode) => mode.toLowerCase())),
    doc: "how a new version of a schema is checked against those before it: the modes of Confluent's Schema Registry",
  },
  {
    name: 'on-failure',
    topic: 'run',
    value: '<what>',
    default: 'park',
    ...oneOf('park', 'fail'),
    doc: 'park (wait for a person) or fail; runs of a schedule fail where nothing is said, and pause it',
  },
  {
    name: 'mode',
    topic: 'run',
    value: '<what>',
    default: 'fill',
    ...oneOf('fill', 'replace'),
    doc: 'fill what is not committed (and say what is stale), or replace what is committed where it differs',
  },
  {
    name: 'keep-replaced',
    topic: 'run',
    ...aSwitch,
    doc: 'leave replaced files on storage; `gc` removes them later',
  },
  {
    name: 'schema',
    topic: 'run',
    value: '<which>',
    default: 'committed',
    ...oneOf('committed', 'latest'),
    doc: 'with `--mode replace`: the schema version that the ledgers are committed with, or the newest',
  },
  {
    name: 'verify',
    topic: 'run',
    value: '<level>',
    default: 'ledger',
    ...oneOf('ledger', 'full'),
    doc: 'ledger or full: how deep files are read before they are published',
  },
  {
    name: 'dry-run',
    topic: 'run',
    ...aSwitch,
    doc: 'print the plan of a backfill, write nothing (as `parquetry plan`); other commands that write refuse',
  },
  {
    name: 'memory',
    topic: 'worker',
    value: '<size>',
    ...aSize,
    doc: 'memory of this worker for pulls and writes, beside what it takes idle; in `query` for DuckDB (default: half of the machine, at most 4GB)',
  },
  {
    name: 'threads',
    topic: 'worker',
    value: '<count>',
    ...whole(1, 256),
    doc: 'most pulls, and most writes, at once in this worker; fewer where `--memory` is small (default: the cores of the machine)',
  },
  {
    name: 'slots',
    topic: 'worker',
    value: '<count>',
    ...whole(1, 256),
    doc: 'steps at once in this worker, tails that wait for their source not counted (default: a core and one more, at most 8)',
  },
  {
    name: 'metrics',
    topic: 'worker',
    value: '<address>',
    takes: 'host:port',
    parse: listenAddress,
    doc: 'serve Prometheus metrics of this worker at http://<address>/metrics, e.g. 127.0.0.1:9464',
  },
  {
    name: 'stage',
    topic: 'worker',
    value: '<folder>',
    ...text('a folder'),
    doc: 'folder for what a worker pulls before it is committed (default: work/ in .parquetry/)',
  },
  {
    name: 'profile',
    topic: 'debugging',
    value: '<name>',
    ...oneOf('dev', 'test', 'prod'),
    doc: 'buffer size and debug mode at once: dev (1, debug), test (100, debug) or prod (10000)',
  },
  {
    name: 'debug',
    topic: 'debugging',
    ...aSwitch,
    doc: 'log each decision on the way of a message, and each flush, on stderr; it is the worker that logs',
  },
  {
    name: 'debug-log',
    topic: 'debugging',
    value: '<file>',
    ...text('a file'),
    doc: 'write the lines of the debug mode to this file; turns it on',
  },
  ...REPEATED_SETTINGS,
];

/** What `--profile` sets where nothing else does. */
export const PROFILES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  dev: { 'buffer-size': 1, debug: true },
  test: { 'buffer-size': 100, debug: true },
  prod: { 'buffer-size': 10_000 },
};

/** Settings by name. */
const BY_NAME = new Map(SETTINGS.map((entry) => [entry.name, entry]));

/** A setting that the table has. */
export function setting(name: string): Setting {
  const found = BY_NAME.get(name);
  if (found === undefined) throw new Error(`there is no setting ${name}`);
  return found;
}

/** `buffer-size` → `PARQUETRY_BUFFER_SIZE` */
export function environmentName(name: string): string {
  return `PARQUETRY_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** `buffer-size` → `buffer_size` */
export function configKey(name: string): string {
  return name.replaceAll('-', '_');
}
