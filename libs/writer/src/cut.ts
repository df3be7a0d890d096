import { stat } from 'node:fs/promises';
import path from 'node:path';
import {
  type ColumnTally,
  type FileCut,
  type FlushReason,
  type LayoutFolder,
  type LedgerRange,
  type LedgerTally,
  ParquetryError,
  type StagedDataset,
  formatRange,
} from '@parquetry/core';
import { type RegisteredSchema, duckdbFieldIds, quoteText } from '@parquetry/schema';
import { hashFile } from '@parquetry/system';
import { dictionaryOptions } from './codec';
import { keyValueMetadata } from './metadata';
import { named } from './rows';
import type { RowSource } from './rowsource';
import type { Session } from './session';
import { evenGroupRows } from './sizes';
import { type CopyReport, columnTallies, copyReport, isNested } from './stats';

/** A file that was written to the local disk, not yet verified or published. */
export interface WrittenFile {
  /** Where it is on this machine. */
  readonly path: string;
  /** Its name in the archive, below `folder`. */
  readonly name: string;
  readonly folder: LayoutFolder;
  /** Ledgers it covers, inclusive. */
  readonly range: LedgerRange;
  readonly rows: number;
  /** Bytes. */
  readonly size: number;
  /** Hex, over the whole file. */
  readonly sha256: string;
  /** What closed it. */
  readonly reason: FlushReason;
  /** Its ledgers with rows, ascending. */
  readonly ledgers: readonly LedgerTally[];
  /** Per top-level column what COPY counted while it wrote. */
  readonly columns: Readonly<Record<string, ColumnTally>>;
}

/** What all files of a dataset share. */
interface FileRequest {
  readonly staged: StagedDataset;
  readonly schema: RegisteredSchema;
  readonly network?: string;
  /** Folder of the finished files. */
  readonly outDir: string;
  readonly signal?: AbortSignal;
}

/** One file to write. */
export interface CutRequest {
  readonly request: FileRequest;
  readonly rows: RowSource;
  readonly cut: FileCut;
  readonly name: string;
  /** Folder of files that are not whole yet. */
  readonly workDir: string;
  readonly codec: readonly string[];
  /** Most rows of a row group, a multiple of 2048. */
  readonly groupRows: number;
}

/** Writes one file in the work folder; `path` is where it goes when all are written (see `WorkFolder`). */
export async function writeCut(session: Session, task: CutRequest): Promise<WrittenFile> {
  const { request, cut, name, workDir, codec } = task;
  const groupRows = evenGroupRows(cut.rows, task.groupRows);
  const { schema, staged, outDir, signal, network } = request;
  const file = path.join(workDir, name);
  const identity = { dataset: schema.subject, range: cut.range, schema };
  const options = [
    'FORMAT parquet',
    ...codec,
    `ROW_GROUP_SIZE ${groupRows}`,
    ...dictionaryOptions(Math.min(groupRows, cut.rows), staged.negativeZeros === true),
    `FIELD_IDS ${duckdbFieldIds(schema.schema)}`,
    `KV_METADATA ${keyValueMetadata(network === undefined ? identity : { ...identity, network })}`,
    'RETURN_STATS',
  ];
  const doing = `write ${staged.dataset} ${formatRange(cut.range)}`;
  const query = named(schema.schema, await task.rows.select(cut));
  const [row] = await session.run(`COPY (${query}) TO ${quoteText(file)} (${options.join(', ')})`, doing, {
    file: name,
  });
  const report = copyReport(row);
  const columns = { ...columnTallies(report, schema.schema), ...(await nestedNulls(session, task)) };
  const { size } = await stat(file);
  checkReport(task, report, columns, size);
  const { sha256 } = await hashFile(file, { signal });
  const { folder, range, rows, reason, ledgers } = cut;
  return { path: path.join(outDir, name), name, folder, range, rows, size, sha256, reason, ledgers, columns };
}

/** From the first to the last ledger with rows. */
function rowRange(cut: FileCut): LedgerRange {
  return {
    start: cut.ledgers[0]?.ledger ?? cut.range.start,
    end: cut.ledgers.at(-1)?.ledger ?? cut.range.end,
  };
}

/** Null lists and structs: no Parquet statistic counts them, so the staged rows are asked. */
async function nestedNulls(
  session: Session,
  { request, rows, cut }: CutRequest,
): Promise<Record<string, ColumnTally>> {
  const { schema } = request.schema;
  const nested = schema.fields.flatMap((field, index) => (isNested(field) ? [{ field, index }] : []));
  if (nested.length === 0) return {};
  const counts = nested.map(({ index }) => `count(*) FILTER (c${index} IS NULL)`).join(', ');
  const [row] = await session.run(
    `SELECT ${counts} FROM (${await rows.select(cut, { unordered: true })})`,
    'count nulls',
  );
  return Object.fromEntries(nested.map(({ field }, at) => [field.name, { nulls: Number(row?.[at]) }]));
}

/** COPY's own counts must be those of the cut. */
function checkReport(
  { request, cut, name }: CutRequest,
  report: CopyReport,
  columns: Record<string, ColumnTally>,
  size: number,
): void {
  const ledger = columns[request.schema.schema.ledgerColumn];
  const { start, end } = rowRange(cut);
  const found = `${report.rows} rows of ledgers ${ledger?.min}-${ledger?.max} in ${report.size} bytes`;
  const expected = `${cut.rows} rows of ledgers ${start}-${end} in ${size} bytes`;
  if (found !== expected)
    throw new ParquetryError('WRITE_FAILED', `${name}: COPY wrote ${found}, expected ${expected}.`, {
      details: { file: name, expected, found },
    });
}
