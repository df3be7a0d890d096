import type { StagedDataset } from '@parquetry/core';
import { type TableSchema, quoteName } from '@parquetry/schema';
import { stageParts } from './parts';
import { PlainRows, wholeVectors } from './plain';
import type { RowRun, RowSource } from './rowsource';
import type { Session } from './session';

/** Request of `openRows`. */
export interface RowsRequest {
  readonly rowsFile: string;
  readonly staged: StagedDataset;
  readonly schema: TableSchema;
  /** Columns that order the rows of a ledger before their position in the stage; see `WriteSettings.sortBy`. */
  readonly sortBy?: readonly string[];
  /** Folder for copies of parts; created when needed. */
  readonly sliceDir: string;
}

/**
 * Opens the rows of a staged dataset.
 * @throws ParquetryError STAGE_LOST if a file is missing or is not the one that the pull wrote; WRITE_FAILED
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

/** Wraps a query of c0, c1, … in one with the schema's names. */
export function named(schema: TableSchema, rows: string): string {
  const names = schema.fields.map((field, index) => `c${index} AS ${quoteName(field.name)}`).join(', ');
  // An inner ORDER BY must not see the outer names: a column may be called rowid or c0.
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
