import type { ObjectStore } from '@parquetry/storage';
import { whenAbsent } from '../absent';
import type { Action } from './actions';
import { encoded } from './format';
import type { TableState } from './state';

/** Rows of a checkpoint, as input of the Parquet writer. */
export interface CheckpointRows {
  /** DuckDB types of the columns, in order; every column is nullable, and each row has exactly one non-null column. */
  readonly columns: Readonly<Record<string, string>>;
  /** One JSON object per line, without the line end, for `read_json` with `columns`. */
  readonly lines: () => Iterable<string>;
  /** Number of lines. */
  readonly size: number;
  /** Number of live files. */
  readonly files: number;
  /** Rows of a row group; readers keep one at a time in memory. */
  readonly rowGroupRows: number;
}

const ROW_GROUP_ROWS = 16_384;

/** Writes a checkpoint's Parquet file to a local path, with a codec that all Delta readers support (snappy). */
export interface CheckpointWriter {
  write(rows: CheckpointRows, localFile: string): Promise<void>;
}

/** Reads the actions of a checkpoint's Parquet file in batches. @throws ParquetryError LOG_CORRUPT */
export interface CheckpointReader {
  read(store: ObjectStore, key: string): AsyncIterable<readonly Action[]>;
}

const MAP = 'MAP(VARCHAR, VARCHAR)';

const COLUMNS: Readonly<Record<string, string>> = {
  txn: 'STRUCT(appId VARCHAR, "version" BIGINT, lastUpdated BIGINT)',
  add: `STRUCT(path VARCHAR, partitionValues ${MAP}, size BIGINT, modificationTime BIGINT, dataChange BOOLEAN, stats VARCHAR, tags ${MAP})`,
  remove: `STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN, extendedFileMetadata BOOLEAN, partitionValues ${MAP}, size BIGINT)`,
  metaData: `STRUCT(id VARCHAR, "name" VARCHAR, description VARCHAR, format STRUCT(provider VARCHAR, options ${MAP}), schemaString VARCHAR, partitionColumns VARCHAR[], configuration ${MAP}, createdTime BIGINT)`,
  protocol:
    'STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, readerFeatures VARCHAR[], writerFeatures VARCHAR[])',
  domainMetadata: 'STRUCT("domain" VARCHAR, configuration VARCHAR, removed BOOLEAN)',
};

/** Retention of tombstones: the protocol's default, one week. */
const TOMBSTONE_MS = 7 * 24 * 3_600_000;

/**
 * The rows of a checkpoint of `state`. Adds and removes carry `dataChange: false`, since a checkpoint changes nothing;
 * tombstones older than their retention at `now` (Unix milliseconds) are left out.
 */
export function checkpointRows(state: TableState, now: number): CheckpointRows {
  const { protocol, metaData, txns, domains, files } = state;
  const kept = [...state.removed.values()].filter(
    ({ deletionTimestamp }) => (deletionTimestamp ?? 0) > now - TOMBSTONE_MS,
  );
  const actions = function* (): Generator<Action> {
    if (protocol !== undefined) yield { protocol };
    if (metaData !== undefined) yield { metaData };
    for (const txn of txns.values()) yield { txn };
    for (const [domain, configuration] of domains)
      yield { domainMetadata: { domain, configuration, removed: false } };
    for (const file of kept) yield { remove: { ...file, dataChange: false } };
    for (const file of files.values()) yield { add: { ...file, dataChange: false } };
  };
  const lines = function* (): Generator<string> {
    for (const action of actions()) yield JSON.stringify(encoded(action));
  };
  const single = (protocol === undefined ? 0 : 1) + (metaData === undefined ? 0 : 1);
  const size = single + txns.size + domains.size + kept.length + files.size;
  return { columns: COLUMNS, lines, size, files: files.size, rowGroupRows: ROW_GROUP_ROWS };
}

/**
 * True when a checkpoint is due: after 20 commits in a small table, after as many commits as a tenth of its files,
 * transactions or domains, whichever are most, in a larger one, and after 1,000 at the latest. The total cost of
 * checkpoints stays proportional to that of the commits, also for a table of empty segments, or of few files that many
 * segments were merged into.
 */
export function checkpointDue({ version, checkpoint, files, txns, domains }: TableState): boolean {
  const entries = Math.max(files.size, txns.size, domains.size);
  return version - checkpoint >= Math.min(1000, Math.max(20, Math.floor(entries / 10)));
}

/** The text of `_last_checkpoint`. */
export function formatHint(version: number, rows: CheckpointRows, sizeInBytes: number): string {
  return JSON.stringify({ version, size: rows.size, sizeInBytes, numOfAddFiles: rows.files });
}

/**
 * The version that `_last_checkpoint` names. It is only a hint: when it is missing or damaged, the log is listed from
 * its start.
 */
export async function readHint(store: ObjectStore, key: string): Promise<number | undefined> {
  try {
    const value: unknown = JSON.parse(Buffer.from(await store.get(key)).toString('utf8'));
    if (typeof value !== 'object' || value === null || !('version' in value)) return undefined;
    const { version } = value;
    return typeof version === 'number' && Number.isSafeInteger(version) && version >= 0 ? version : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    return whenAbsent(error);
  }
}
