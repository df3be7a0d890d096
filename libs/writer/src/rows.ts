import type { StagedDataset } from '@parquetry/core';
import { type TableSchema, quoteName } from '@parquetry/schema';
import { stageParts } from './parts';
import { PlainRows, wholeVectors } from './plain';
import type { RowRun, RowSource } from './rowsource';
import type { Session } from './session';

/** What `openRows` is asked. */
export interface RowsRequest {
  readonly rowsFile: string;
  readonly staged: StagedDataset;
  readonly schema: TableSchema;
  /** Columns that order the rows of a ledger before their place in the stage; see `WriteSettings.sortBy`. */
  readonly sortBy?: readonly string[];
  /** Folder for copies of parts; made when it is needed. */
  readonly sliceDir: string;
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
  const stays = new PlainRows(session, schema, staged, parts, request.sliceDir);
  if (staged.sorted && sortKeys.length === 0 && wholeVectors(parts)) return stays;
  try {
    const all = { firstRow: 0, rows: staged.rows, ledgers: staged.ledgers };
    await session.run(`CREATE TEMP TABLE rows AS ${await stays.select(all)}`, 'read the staged rows');
  } finally {
    await stays.close();
  }
  return new TableRows(schema, sortKeys.join(''));
}

/** A query of the schema's own names over one of c0, c1, …. */
export function named(schema: TableSchema, rows: string): string {
  const names = schema.fields.map((field, index) => `c${index} AS ${quoteName(field.name)}`).join(', ');
  // The outer names must not be seen by an ORDER BY inside: a column may be called rowid or c0.
  return `SELECT ${names} FROM (${rows})`;
}

/** Rows in the temporary table `rows`; within a ledger `rowid` is their order. */
export class TableRows implements RowSource {
  private readonly ledger: string;

  /** `sortKeys`: SQL of the keys between ledger and row number, each with a comma after it. */
  constructor(
    { fields, ledgerColumn }: TableSchema,
    private readonly sortKeys = '',
  ) {
    this.ledger = `c${fields.findIndex(({ name }) => name === ledgerColumn)}`;
  }

  select(run: RowRun, options: { unordered?: true; limit?: number } = {}): Promise<string> {
    const [first, last] = [run.ledgers[0]?.ledger ?? 0, run.ledgers.at(-1)?.ledger ?? 0];
    const rows = `SELECT * FROM rows WHERE ${this.ledger} BETWEEN ${first} AND ${last}`;
    if (options.unordered === true) return Promise.resolve(rows);
    const limit = options.limit === undefined ? '' : ` LIMIT ${options.limit}`;
    return Promise.resolve(`${rows} ORDER BY ${this.ledger}, ${this.sortKeys}rows.rowid${limit}`);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
