import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type FileCut, ParquetryError, type StagedDataset } from '@parquetry/core';
import { type TableSchema, duckdbColumns, quoteName } from '@parquetry/schema';
import { loadNdjson } from './load';
import { type Part, stageParts } from './parts';
import { PlainRows, selectPlain, wholeVectors } from './plain';
import { selectNdjson } from './reader';
import type { Session } from './session';
import { isLarge } from './sizes';
import { copyLines } from './slice';

/** A run of rows in the one total order, (ledger, line of the stage): those of a file, or of the probe. */
export type RowRun = Pick<FileCut, 'firstRow' | 'rows' | 'ledgers'>;

/**
 * The rows of a staged dataset as DuckDB gets them. Small stages of text and unsorted ones are loaded into a table and
 * sorted; large sorted ones and sorted record batches never are: COPY reads them as they lie. All give the same bytes,
 * because all hand COPY whole vectors: a row group then has as many rows as asked. (Rows that are filtered without sorting come in broken vectors,
 * and text that is read across buffers too: their row groups depend on threads and on the length of the text.)
 */
export interface RowSource {
  /** A query of the run's rows as columns c0, c1, …; in order, unless they are only to be counted. */
  select(run: RowRun, options?: { readonly unordered?: true; readonly limit?: number }): Promise<string>;
  /** Removes what `select` left on disk. */
  close(): Promise<void>;
}

/** Parts of more than this are loaded instead of streamed: DuckDB's read buffer holds twice a part. */
const STREAMED_PART = 32 << 20;

/** What `openRows` is asked. */
export interface RowsRequest {
  readonly rowsFile: string;
  readonly staged: StagedDataset;
  readonly schema: TableSchema;
  /** Columns that order the rows of a ledger before their line; see `WriteSettings.sortBy`. */
  readonly sortBy?: readonly string[];
  /** Folder for copies of parts; made when it is needed. */
  readonly sliceDir: string;
  readonly signal?: AbortSignal;
}

/**
 * Opens the rows of a staged dataset.
 * @throws ParquetryError STAGE_LOST when a file is gone or not the one the pull wrote; WRITE_FAILED
 */
export async function openRows(session: Session, request: RowsRequest): Promise<RowSource> {
  const { staged, schema, rowsFile } = request;
  const parts = await stageParts(rowsFile, staged);
  const sortKeys = (request.sortBy ?? [])
    .map((name) => schema.fields.findIndex((field) => field.name === name))
    .filter((index) => index >= 0)
    .map((index) => `c${index} NULLS LAST, `);
  if (staged.form === 'arrow') {
    const batches = new BatchRows(session, schema, parts);
    if (staged.sorted && sortKeys.length === 0) return batches;
    try {
      const all = { firstRow: 0, rows: staged.rows, ledgers: staged.ledgers };
      await session.run(`CREATE TEMP TABLE rows AS ${await batches.select(all)}`, 'read the staged rows');
    } finally {
      await batches.close();
    }
    return new LoadedRows(schema, sortKeys.join(''));
  }
  if (staged.form === 'parquet') {
    const inOrder = sortKeys.length === 0 && staged.sorted && wholeVectors(parts);
    if (inOrder) return new PlainRows(session, schema, staged, parts, request.sliceDir);
    const files = parts.map((part) => part.path);
    await session.run(`CREATE TEMP TABLE rows AS ${selectPlain(schema, files)}`, 'read the staged rows');
    return new LoadedRows(schema, sortKeys.join(''));
  }
  const streamed =
    sortKeys.length === 0 &&
    staged.sorted &&
    staged.ledgerBytes !== undefined &&
    isLarge(staged.bytes) &&
    parts.every(({ size }) => size <= STREAMED_PART);
  if (streamed) return new StreamedRows(parts, staged.ledgerBytes ?? [], request);
  const columns = duckdbColumns(schema);
  const paths = parts.map((part) => part.path);
  const rows = await loadNdjson(session, paths, columns);
  if (rows !== staged.rows)
    throw new ParquetryError(
      'WRITE_FAILED',
      `DuckDB read ${rows} rows of ${staged.dataset} from the stage, the pull staged ${staged.rows}.`,
      { details: { dataset: staged.dataset, expected: staged.rows, found: rows } },
    );
  return new LoadedRows(schema, sortKeys.join(''));
}

/** A query of the schema's own names over one of c0, c1, …. */
export function named(schema: TableSchema, rows: string): string {
  const names = schema.fields.map((field, index) => `c${index} AS ${quoteName(field.name)}`).join(', ');
  // The outer names must not be seen by an ORDER BY inside: a column may be called rowid or c0.
  return `SELECT ${names} FROM (${rows})`;
}

/** Rows in the temporary table `rows`. */
class LoadedRows implements RowSource {
  constructor(
    private readonly schema: TableSchema,
    /** Keys between ledger and line, each with a comma after it. */
    private readonly sortKeys: string,
  ) {}

  async select(run: RowRun, options: { unordered?: true; limit?: number } = {}): Promise<string> {
    const { schema } = this;
    const ledger = `c${schema.fields.findIndex((field) => field.name === schema.ledgerColumn)}`;
    const [first, last] = [run.ledgers[0]?.ledger ?? 0, run.ledgers.at(-1)?.ledger ?? 0];
    const rows = `SELECT * FROM rows WHERE ${ledger} BETWEEN ${first} AND ${last}`;
    if (options.unordered === true) return rows;
    const limit = options.limit === undefined ? '' : ` LIMIT ${options.limit}`;
    return `${rows} ORDER BY ${ledger}, ${this.sortKeys}rows.rowid${limit}`;
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }
}

/** Rows that stay in the record batches of the stage. */
class BatchRows implements RowSource {
  private readonly opened: (() => void)[] = [];

  constructor(
    private readonly session: Session,
    private readonly schema: TableSchema,
    private readonly parts: readonly Part[],
  ) {}

  async select(run: RowRun, { limit = run.rows }: { limit?: number } = {}): Promise<string> {
    const rows = Math.min(limit, run.rows);
    const { sql, close } = this.session.scans.open(this.schema, this.parts, { firstRow: run.firstRow, rows });
    this.opened.push(close);
    return Promise.resolve(sql);
  }

  async close(): Promise<void> {
    for (const close of this.opened.splice(0)) close();
    return Promise.resolve();
  }
}

/** Rows that stay in the stage's files. */
class StreamedRows implements RowSource {
  private readonly ledgerEnds: readonly number[];
  private slice:
    { readonly firstRow: number; readonly rows: number; readonly parts: readonly Part[] } | undefined;

  constructor(
    private readonly parts: readonly Part[],
    ledgerBytes: readonly number[],
    private readonly request: RowsRequest,
  ) {
    let end = 0;
    this.ledgerEnds = ledgerBytes.map((bytes) => (end += bytes));
  }

  async select(run: RowRun, options: { limit?: number } = {}): Promise<string> {
    const parts = await this.partsOf(run);
    const paths = parts.map((part) => part.path);
    // An object is never longer than its part, and a buffer of two parts reads each part in one go.
    const objectBytes = parts.reduce((max, { size }) => Math.max(max, size), 1 << 20);
    const limit = options.limit === undefined ? '' : ` LIMIT ${options.limit}`;
    return `${selectNdjson(paths, duckdbColumns(this.request.schema), objectBytes)}${limit}`;
  }

  async close(): Promise<void> {
    this.slice = undefined;
    await rm(this.request.sliceDir, { recursive: true, force: true });
  }

  /** The parts that hold exactly the run's rows: the stage's own for all rows, else copies. */
  private async partsOf(run: RowRun): Promise<readonly Part[]> {
    const { staged, sliceDir, signal } = this.request;
    const { firstRow, rows } = run;
    if (firstRow === 0 && rows === staged.rows) return this.parts;
    if (this.slice?.firstRow === firstRow && this.slice.rows === rows) return this.slice.parts;
    await this.close();
    await mkdir(sliceDir, { recursive: true });
    const index = staged.ledgers.findIndex(({ ledger }) => ledger === run.ledgers[0]?.ledger);
    const start = this.ledgerEnds[index - 1] ?? 0;
    const end = this.ledgerEnds[index + run.ledgers.length - 1] ?? start;
    const parts = await copyLines(this.parts, { start, end }, path.resolve(sliceDir), signal);
    this.slice = { firstRow, rows, parts };
    return parts;
  }
}
