import {
  CODECS,
  COMPATIBILITY_MODES,
  CONTRACT_MODES,
  DEFAULT_CONTRACT,
  DEFAULT_MODE,
  LAYOUTS,
} from '@parquetry/core';
import { REPEATED_SETTINGS } from './repeated';
import {
  type Setting,
  characters,
  rateKind,
  sizeKind,
  switchKind,
  timeKind,
  addressKind,
  assignments,
  prefixes,
  list,
  oneOf,
  text,
  whole,
} from './setting';

export { type Setting, TOPICS } from './setting';

/**
 * All settings. The command line, the environment, the configuration file and docs/configuration.md are generated
 * from this one table.
 */
export const SETTINGS: readonly Setting[] = [
  {
    name: 'source',
    topic: 'source',
    used: 'often',
    value: '<uri>',
    ...list('a source'),
    doc: 'ndjson:FILES (paths or globs, separated by commas) or galexie:FOLDER, both also on s3:// and gs://; rpc:URL; galexie:FOLDER,rpc:URL; https://HOST/PATH or processor:NAME',
  },
  {
    name: 'ledgers',
    topic: 'source',
    used: 'often',
    value: '<ranges>',
    ...text('inclusive ranges, separated by commas'),
    doc: 'inclusive ranges: 426000-426100, 63.09M:+10k, latest-1000:latest, @2025-07-13 (see parquetry help ranges)',
  },
  {
    name: 'types',
    topic: 'source',
    used: 'often',
    value: '<names>',
    ...list('names, separated by commas'),
    doc: 'message types, separated by commas; from ledgers also all, history, state, soroban (see parquetry types; default: ledgers, transactions, contract_data, contract_events)',
  },
  {
    name: 'message-type',
    topic: 'source',
    used: 'seldom',
    value: '<name>',
    ...text('a name'),
    doc: 'take every message as one of this type',
  },
  {
    name: 'default-type',
    topic: 'source',
    used: 'seldom',
    value: '<name>',
    ...text('a name'),
    doc: 'message type of messages that name none',
  },
  {
    name: 'close-time',
    topic: 'source',
    used: 'seldom',
    value: '<type=path>',
    ...assignments,
    doc: 'path of the close time in messages of a type; repeatable',
  },
  {
    name: 'ledger-path',
    topic: 'source',
    used: 'seldom',
    value: '<type=path>',
    ...assignments,
    doc: 'path of the ledger in messages of a type; repeatable',
  },
  {
    name: 'include-metadata',
    topic: 'source',
    used: 'seldom',
    ...switchKind,
    doc: "keep the pipeline's own metadata of messages (archive_metadata) in the rows (default: true)",
  },
  {
    name: 'network',
    topic: 'archive',
    used: 'seldom',
    value: '<name>',
    ...text('a name'),
    doc: 'name of the network (default: the one the source names)',
  },
  {
    name: 'archive',
    topic: 'archive',
    used: 'often',
    value: '<root>',
    ...text('a folder, s3://… or gs://…'),
    doc: 'archive root: a folder, s3://bucket/prefix or gs://bucket/prefix',
  },
  {
    name: 'prefix',
    topic: 'archive',
    used: 'seldom',
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
    used: 'seldom',
    value: '<ledgers>',
    default: 10_000,
    ...whole(1, 1_000_000_000),
    doc: 'ledgers in a folder of layout ledger_range',
  },
  {
    name: 'portable-integers',
    topic: 'archive',
    used: 'seldom',
    ...switchKind,
    doc: 'store 32-bit unsigned columns as int64, for Athena and Trino (default: as in the archive; unsigned in a new one)',
  },
  {
    name: 'row-hashes',
    topic: 'archive',
    used: 'seldom',
    ...switchKind,
    doc: 'hash the rows of each ledger, for `compare` and `attest` (default: for ledgers, not for messages)',
  },
  {
    name: 'iceberg',
    topic: 'archive',
    used: 'seldom',
    ...switchKind,
    doc: 'also keep Iceberg tables over the same files; implies --portable-integers',
  },
  {
    name: 'nested',
    topic: 'archive',
    used: 'seldom',
    value: '<style>',
    ...oneOf('struct', 'flatten', 'json'),
    doc: 'how to store nested objects and arrays of inferred columns: struct, flatten or json (default: as in the archive; struct in a new one)',
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
    used: 'seldom',
    value: '<level>',
    ...whole(1, 22),
    doc: 'level of zstd, 1 to 22',
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
    ...sizeKind,
    doc: 'size of the files that `compact` makes (default: 128 MiB)',
  },
  {
    name: 'sort-by',
    topic: 'files',
    used: 'seldom',
    value: '<columns>',
    ...list('column names, separated by commas'),
    doc: 'sort the rows of a ledger by these columns, then by their position in the source',
  },
  {
    name: 'rotation-interval-minutes',
    topic: 'files',
    used: 'seldom',
    value: '<minutes>',
    ...whole(1, 525_600),
    doc: 'close a file of a tail at this age; backfills cut files by content only',
  },
  {
    name: 'partition-size',
    topic: 'run',
    used: 'often',
    value: '<ledgers>',
    default: 1000,
    ...whole(1, 10_000_000),
    doc: 'ledgers in a partition',
  },
  {
    name: 'concurrency',
    topic: 'run',
    value: '<partitions>',
    default: 4,
    ...whole(1, 500),
    doc: 'partitions that run at the same time',
  },
  {
    name: 'max-parked',
    topic: 'run',
    used: 'seldom',
    value: '<partitions>',
    default: 50,
    ...whole(1, 1000),
    doc: 'stop starting partitions when this many are parked',
  },
  {
    name: 'max-rejects',
    topic: 'run',
    value: '<messages>',
    default: 0,
    ...whole(0, 1_000_000_000),
    doc: 'rejected messages allowed in a dataset of a partition',
  },
  {
    name: 'unknown',
    topic: 'run',
    used: 'seldom',
    value: '<what>',
    default: 'fail',
    ...oneOf('fail', 'keep'),
    doc: 'a ledger with an XDR value that this version does not know: fail the partition, or keep the ledger as a reject with its XDR (not counted by max-rejects)',
  },
  {
    name: 'contract-columns',
    topic: 'run',
    used: 'seldom',
    value: '<mode>',
    default: DEFAULT_CONTRACT.columns,
    ...oneOf(...CONTRACT_MODES),
    doc: 'new columns of a known message type: evolve (add them), freeze (fail the run) or reject_row',
  },
  {
    name: 'contract-types',
    topic: 'run',
    used: 'seldom',
    value: '<mode>',
    default: DEFAULT_CONTRACT.types,
    ...oneOf(...CONTRACT_MODES),
    doc: 'values that do not fit a known column: reject_row, freeze (fail the run) or evolve (fail, and name the promotion that accepts them)',
  },
  {
    name: 'compatibility',
    topic: 'run',
    used: 'seldom',
    value: '<mode>',
    default: DEFAULT_MODE.toLowerCase(),
    ...oneOf(...COMPATIBILITY_MODES.map((mode) => mode.toLowerCase())),
    doc: "how a new schema version is checked against earlier ones: a mode of Confluent's Schema Registry",
  },
  {
    name: 'on-failure',
    topic: 'run',
    value: '<what>',
    default: 'park',
    ...oneOf('park', 'fail'),
    doc: 'what a partition does when its retries are used up: park (wait for a person) or fail',
  },
  {
    name: 'mode',
    topic: 'run',
    value: '<what>',
    default: 'fill',
    ...oneOf('fill', 'replace'),
    doc: 'fill: write what is not committed, and report what is stale; replace: also rewrite what differs',
  },
  {
    name: 'keep-replaced',
    topic: 'run',
    used: 'seldom',
    ...switchKind,
    doc: 'keep replaced files; `gc` removes them later',
  },
  {
    name: 'schema',
    topic: 'run',
    used: 'seldom',
    value: '<which>',
    default: 'committed',
    ...oneOf('committed', 'latest'),
    doc: 'with --mode replace: write with the committed schema version or the latest',
  },
  {
    name: 'verify',
    topic: 'run',
    value: '<level>',
    default: 'ledger',
    ...oneOf('ledger', 'full'),
    doc: 'how much of a file is read back before it is published: ledger (the ledger column) or full (every value)',
  },
  {
    name: 'dry-run',
    topic: 'run',
    ...switchKind,
    doc: 'print the plan of a backfill, as `parquetry plan`, or of a restore, and write nothing; other commands that write refuse',
  },
  {
    name: 'temporal-address',
    topic: 'temporal',
    used: 'seldom',
    value: '<address>',
    ...addressKind,
    doc: 'address of the Temporal server, as TEMPORAL_ADDRESS (default: that of the profile in TEMPORAL_CONFIG_FILE; else the embedded server)',
  },
  {
    name: 'temporal-namespace',
    topic: 'temporal',
    used: 'seldom',
    value: '<name>',
    ...text('a name'),
    doc: 'namespace on the Temporal server, as TEMPORAL_NAMESPACE (default: that of the profile; else default)',
  },
  {
    name: 'temporal-deployment-name',
    topic: 'temporal',
    used: 'seldom',
    value: '<name>',
    ...characters('letters, digits, - and _', '^[A-Za-z0-9_-]{1,100}$'),
    doc: 'worker deployment of this worker: turns Worker Versioning on, see `parquetry deployment` (default: an unversioned worker)',
  },
  {
    name: 'temporal-worker-build-id',
    topic: 'temporal',
    used: 'seldom',
    value: '<id>',
    ...characters('letters, digits, ., -, + and _', '^[A-Za-z0-9][A-Za-z0-9.+_-]{0,99}$'),
    doc: 'build of this worker in its deployment (default: version and commit, as `parquetry version` prints them)',
  },
  {
    name: 'memory',
    topic: 'worker',
    value: '<size>',
    ...sizeKind,
    doc: 'memory of this worker for pulls and writes, on top of what it needs when idle (default: half of the memory of the machine or container, at most 4GB)',
  },
  {
    name: 'threads',
    topic: 'worker',
    used: 'seldom',
    value: '<count>',
    ...whole(1, 256),
    doc: 'limit of concurrent pulls, and of concurrent writes, in this worker; fewer where --memory is small (default: number of cores)',
  },
  {
    name: 'slots',
    topic: 'worker',
    used: 'seldom',
    value: '<count>',
    ...whole(1, 256),
    doc: 'limit of concurrent steps in each task queue of this worker: the shared queue, its work folder, pulls with a rate limit; tails that wait for their source do not count (default: cores + 1, at most 8)',
  },
  {
    name: 'archive-partitions',
    topic: 'worker',
    used: 'seldom',
    value: '<count>',
    ...whole(1, 10_000),
    doc: 'limit of partitions at work in one archive, over all runs, tails and workers; the same for every worker (default: only the --concurrency of each run)',
  },
  {
    name: 'rpc-rate',
    topic: 'worker',
    used: 'seldom',
    value: '<pulls>',
    ...rateKind,
    doc: 'limit of pulls from RPC nodes that start per second, over all workers; the same for every worker',
  },
  {
    name: 'lake-rate',
    topic: 'worker',
    used: 'seldom',
    value: '<pulls>',
    ...rateKind,
    doc: 'the same for pulls from lakes; a pull requests each object of its partition once',
  },
  {
    name: 'allow-source',
    topic: 'worker',
    used: 'seldom',
    value: '<prefix>',
    ...prefixes,
    doc: 'runs on this worker may only name sources that begin with this: galexie:s3://lake/pubnet, ndjson:/data, rpc:https://host, https://host/path, processor:NAME; repeatable (default: any source)',
  },
  {
    name: 'allow-archive',
    topic: 'worker',
    used: 'seldom',
    value: '<prefix>',
    ...prefixes,
    doc: 'runs on this worker may only name archives below this folder, s3:// or gs:// prefix; repeatable (default: any archive)',
  },
  {
    name: 'metrics',
    topic: 'worker',
    used: 'seldom',
    value: '<address>',
    ...addressKind,
    doc: 'serve Prometheus metrics of this worker at http://<address>/metrics, e.g. 127.0.0.1:9464',
  },
  {
    name: 'health',
    topic: 'worker',
    used: 'seldom',
    value: '<address>',
    ...addressKind,
    doc: 'serve http://<address>/healthz (the worker runs) and /readyz (it takes work and reaches Temporal), e.g. 127.0.0.1:9465',
  },
  {
    name: 'ui',
    topic: 'worker',
    used: 'seldom',
    value: '<address>',
    ...addressKind,
    doc: 'serve a live page about the archive at http://<address>/; without a login, so keep it on a loopback address (default: none; for `dev` 127.0.0.1:8234)',
  },
  {
    name: 'ui-actions',
    topic: 'worker',
    used: 'seldom',
    ...switchKind,
    doc: 'let the live page retry, pause and resume runs; it asks for the token in PARQUETRY_UI_TOKEN',
  },
  {
    name: 'stage',
    topic: 'worker',
    used: 'seldom',
    value: '<folder>',
    ...text('a folder'),
    doc: 'folder for what a worker has pulled and not yet committed (default: work/ in .parquetry/)',
  },
  {
    name: 'drain',
    topic: 'worker',
    used: 'seldom',
    value: '<time>',
    ...timeKind,
    doc: 'on SIGTERM or Ctrl-C, take no new partitions, but finish those that this worker has pulled, for at most this long (default: only running steps end, within 15 s)',
  },
  {
    name: 'take-over-after',
    topic: 'worker',
    used: 'seldom',
    value: '<time>',
    ...timeKind,
    doc: "another worker pulls a partition again when no worker of this one's work folder starts its next step within this time (default: 10m)",
  },
  {
    name: 'log-format',
    topic: 'output',
    used: 'seldom',
    value: '<form>',
    ...oneOf('text', 'json'),
    doc: 'log steps, retries and parked partitions of this worker on stderr, as text or one JSON object a line (default: no log)',
  },
  {
    name: 'log-level',
    topic: 'output',
    used: 'seldom',
    value: '<level>',
    ...oneOf('error', 'warn', 'info', 'debug'),
    doc: 'least severe records of this log; implies --log-format text (default: info)',
  },
  {
    name: 'profile',
    topic: 'output',
    used: 'seldom',
    value: '<name>',
    ...oneOf('dev', 'test', 'prod'),
    doc: 'set buffer size and debug mode together: dev (1, debug), test (100, debug) or prod (10000)',
  },
  {
    name: 'debug',
    topic: 'output',
    ...switchKind,
    doc: 'log every decision about a message, and every flush, on stderr of the worker',
  },
  {
    name: 'debug-log',
    topic: 'output',
    used: 'seldom',
    value: '<file>',
    ...text('a file'),
    doc: 'write the debug log to this file; implies --debug',
  },
  ...REPEATED_SETTINGS,
];

/** The values of a profile, used for settings that are not set otherwise. */
export const PROFILES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  dev: { 'buffer-size': 1, debug: true },
  test: { 'buffer-size': 100, debug: true },
  prod: { 'buffer-size': 10_000 },
};

/** All settings, by name. */
const BY_NAME = new Map(SETTINGS.map((entry) => [entry.name, entry]));

/** The setting with a name. */
export function setting(name: string): Setting {
  const found = BY_NAME.get(name);
  if (found === undefined) throw new Error(`there is no setting ${name}`);
  return found;
}

/** The parsed default of a setting, or of a command. */
export function defaultOf({ parse }: Setting, value: string | number): unknown {
  return typeof value === 'string' && parse !== undefined ? parse(value) : value;
}

/** Defaults of the settings that have one, by the names of their options' values (`partitionSize`). */
export function defaults(names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const entry = setting(name);
      return entry.default === undefined ? [] : [[attributeName(name), defaultOf(entry, entry.default)]];
    }),
  );
}

/** `buffer-size` → `bufferSize` */
export function attributeName(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** `buffer-size` → `PARQUETRY_BUFFER_SIZE`; settings of Temporal have the names that the `temporal` CLI has for them. */
export function environmentName(name: string): string {
  const own = name.toUpperCase().replaceAll('-', '_');
  return name.startsWith('temporal-') ? own : `PARQUETRY_${own}`;
}

/** `buffer-size` → `buffer_size` */
export function configKey(name: string): string {
  return name.replaceAll('-', '_');
}
