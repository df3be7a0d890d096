import {
  type LedgerTally,
  ParquetryError,
  type StagedDataset,
  dataFileName,
  planCuts,
} from '@parquetry/core';
import { duckdbColumns, quoteName, quoteText } from '@parquetry/schema';
import { codecOptions } from './codec';
import { type WrittenFile, writeCut } from './cut';
import type { WriteRequest } from './dataset';
import { probe } from './probe';
import { TableRows } from './rows';
import type { Session } from './session';
import { DEFAULT_FILE_BYTES, MAX_GROUP_ROWS, needsProbe, rowGroupRows } from './sizes';
import { WorkFolder } from './work';
import { anyNegativeZero } from './negativezeros';

/** Request of `mergeFiles`: the files of a dataset, in ledger order, whose rows are written to new files. */
export interface MergeRequest extends Omit<WriteRequest, 'rowsFile' | 'staged'> {
  readonly dataset: string;
  /** Local Parquet files of one schema, in ledger order. */
  readonly files: readonly string[];
  /** Bytes of those files. */
  readonly bytes: number;
}

/** The new files, and the contents of the old ones. */
export interface MergedFiles {
  readonly files: readonly WrittenFile[];
  /** Ledgers with rows, ascending. */
  readonly ledgers: readonly LedgerTally[];
}

/** Estimated bytes of values per byte of Parquet. It errs on the high side, because then the rows are measured. */
const VALUES_FACTOR = 8;

/** Rewrites the rows of Parquet files in the same order; see `Writer.mergeFiles`. */
export async function mergeFiles(session: Session, request: MergeRequest): Promise<MergedFiles> {
  const { files, settings } = request;
  const codec = codecOptions(settings.compression, settings.compressionLevel);
  if (files.length === 0) return { files: [], ledgers: [] };
  const work = await WorkFolder.make(request.outDir);
  try {
    const merged = await mergeInto(session, request, { codec, workDir: work.dir });
    await work.publish(merged.files, request.signal);
    return merged;
  } finally {
    await work.remove();
  }
}

async function mergeInto(
  session: Session,
  request: MergeRequest,
  { codec, workDir }: { readonly codec: readonly string[]; readonly workDir: string },
): Promise<MergedFiles> {
  const { schema, settings, dataset, range } = request;
  await loadFiles(session, request);
  const ledgers = await countLedgers(session, request);
  const staged = stagedFrom(request, ledgers, await hasNegativeZero(session, request));
  const rows = new TableRows(request.schema.schema);
  const maxBytes = settings.maxFileBytes ?? DEFAULT_FILE_BYTES;
  const size = needsProbe(staged.bytes, maxBytes)
    ? await probe(session, rows, {
        schema: schema.schema,
        staged,
        codec,
        workDir,
        groupRows: rowGroupRows((await rawBytes(session, request)) / staged.rows),
      })
    : undefined;
  const cuts = planCuts(
    range,
    ledgers,
    settings.layout,
    size === undefined ? {} : { maxBytes, bytesPerRow: size.fileBytesPerRow },
  );
  const groupRows = size === undefined ? MAX_GROUP_ROWS : rowGroupRows(size.rawBytesPerRow);
  const written: WrittenFile[] = [];
  const task = { request: { ...request, rowsFile: '', staged }, rows, codec, groupRows, workDir };
  for (const cut of cuts) {
    const name = dataFileName(cut.range, cut.lastCloseTimeMicros);
    written.push(await writeCut(session, { ...task, cut, name }));
    request.onProgress?.({ step: 'write', files: written.length, totalFiles: cuts.length, rows: cut.rows });
  }
  if (written.reduce((sum, file) => sum + file.rows, 0) !== staged.rows)
    throw new ParquetryError('WRITE_FAILED', `The merged files of ${dataset} do not have all rows.`);
  return { files: written, ledgers };
}

/** Loads the files into the table `rows` as columns c0, c1, …; `rowid` is the order of the old files. */
async function loadFiles(session: Session, { files, schema }: MergeRequest): Promise<void> {
  const columns = duckdbColumns(schema.schema)
    .map(([name, type], index) => `CAST(${quoteName(name)} AS ${type}) AS c${index}`)
    .join(', ');
  const list = files.map(quoteText).join(', ');
  await session.run(
    `CREATE TEMP TABLE rows AS SELECT ${columns} FROM read_parquet([${list}], hive_partitioning = false)`,
    'read the committed files',
  );
}

async function countLedgers(session: Session, request: MergeRequest): Promise<LedgerTally[]> {
  const ledger = `c${ledgerIndex(request)}`;
  const { fields, closeTimeColumn } = request.schema.schema;
  const close = `epoch_us(c${fields.findIndex(({ name }) => name === closeTimeColumn)})`;
  const found = await session.run(
    `SELECT ${ledger}, count(*), arg_min(${close}, rows.rowid), max(${close}) FROM rows GROUP BY 1 ORDER BY 1`,
    'count the committed rows',
  );
  return found.map(([number, rows, first, last]) => ({
    ledger: Number(number),
    rows: Number(rows),
    closeTimeMicros: Number(first),
    lastCloseTimeMicros: Number(last),
  }));
}

/** Encoded but not compressed bytes of the old files: keeps the probe's own row groups small for wide rows. */
async function rawBytes(session: Session, { files }: MergeRequest): Promise<number> {
  const [row] = await session.run(
    `SELECT sum(total_uncompressed_size) FROM parquet_metadata([${files.map(quoteText).join(', ')}])`,
    'read the footers of the committed files',
  );
  return Number(row?.[0]);
}

/** Known of rows that were just pulled; of committed ones only the values say it. */
async function hasNegativeZero(session: Session, { schema }: MergeRequest): Promise<boolean> {
  const condition = anyNegativeZero(schema.schema);
  if (condition === undefined) return false;
  const found = await session.run(
    `SELECT 1 FROM rows WHERE ${condition} LIMIT 1`,
    'look for negative zeros in the committed rows',
  );
  return found.length > 0;
}

function ledgerIndex({ schema: { schema } }: MergeRequest): number {
  return schema.fields.findIndex(({ name }) => name === schema.ledgerColumn);
}

/** The rows as if they had been staged; what only a pull counts is not asked of it. */
function stagedFrom(
  { dataset, bytes }: MergeRequest,
  ledgers: readonly LedgerTally[],
  negativeZeros: boolean,
): StagedDataset {
  const rows = ledgers.reduce((sum, tally) => sum + tally.rows, 0);
  return {
    dataset,
    rows,
    rejected: 0,
    messages: rows,
    sorted: true,
    ledgers,
    rejectedLedgers: [],
    bytes: bytes * VALUES_FACTOR,
    parts: [],
    partRows: [],
    ...(negativeZeros ? { negativeZeros } : {}),
    contentHash: '',
    columns: {},
  };
}
