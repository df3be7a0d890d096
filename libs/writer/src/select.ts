import type { LedgerRange } from '@parquetry/core';
import { type TableSchema, quoteName } from '@parquetry/schema';

/** The loaded table's column that holds the ledger. */
export function ledgerColumn(schema: TableSchema): string {
  return `c${schema.fields.findIndex((field) => field.name === schema.ledgerColumn)}`;
}

/**
 * The rows of a ledger range in the one total order, (ledger, line of the stage). Always sorted: without ORDER BY the
 * row groups of a filtered scan depend on the number of threads (measured), so the bytes would.
 */
export function orderedRows(schema: TableSchema, ledgers: LedgerRange, limit?: number): string {
  const ledger = ledgerColumn(schema);
  const names = schema.fields.map((field, index) => `c${index} AS ${quoteName(field.name)}`).join(', ');
  // The outer names must not be seen by ORDER BY: a column may be called rowid or c0.
  const inner = `SELECT * FROM rows WHERE ${ledger} BETWEEN ${ledgers.start} AND ${ledgers.end}
    ORDER BY ${ledger}, rows.rowid${limit === undefined ? '' : ` LIMIT ${limit}`}`;
  return `SELECT ${names} FROM (${inner})`;
}
