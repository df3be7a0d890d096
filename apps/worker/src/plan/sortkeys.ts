import { ParquetryError } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';

/**
 * Checks the columns that rows are to be sorted by.
 * @param known `all`: all datasets are known, so an unknown column name is an error; `some`: a tail of messages, where a
 *   later message may add a column
 * @throws ParquetryError CONFIG_INVALID for a nested column, and for an invalid column name
 */
export function checkSortKeys(
  names: readonly string[],
  datasets: readonly { readonly dataset: string; readonly schema: TableSchema }[],
  known: 'all' | 'some' = 'all',
): void {
  for (const name of names) {
    const found = datasets.flatMap(({ schema }) => schema.fields.filter((field) => field.name === name));
    const nested = found.some(({ type }) => type.type === 'list' || type.type === 'struct');
    if (!nested && (found.length > 0 || known === 'some')) continue;
    throw new ParquetryError(
      'CONFIG_INVALID',
      `Rows can't be sorted by ${JSON.stringify(name)}: ${nested ? 'it contains lists or structs' : `no column of ${datasets.map(({ dataset }) => dataset).join(', ')} has that name`}.`,
    );
  }
}
