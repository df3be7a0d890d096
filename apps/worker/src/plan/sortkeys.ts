import { ParquetryError } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';

/**
 * Checks the columns that rows are to be sorted by.
 * @param known `all`: the datasets are all there will be, so that a name no column has is a mistake; `some`: a tail of
 *   messages, where a column may come with a later one
 * @throws ParquetryError CONFIG_INVALID for a nested column, and for a name that no column can have
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
      `Rows can't be sorted by ${JSON.stringify(name)}: ${nested ? 'it holds lists or structs' : `no column of ${datasets.map(({ dataset }) => dataset).join(', ')} has that name`}.`,
    );
  }
}
