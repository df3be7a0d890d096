import type { TableSchema } from '@parquetry/schema';
import type { AddFile } from './actions';
import { isIndexed } from './stats';

/** The table property that names the columns whose statistics readers may use to skip files. */
export const INDEXED_PROPERTY = 'delta.dataSkippingStatsColumns';

/** Matches names that every reader parses without quotes. */
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The value of `INDEXED_PROPERTY` for a table with these live files: the columns that have bounds, or nothing but
 * nulls, in every file. delta-rs treats a bound that is missing for only some columns as null; the comparison drops the
 * file from a filtered read. With this property it ignores the statistics of other columns.
 */
export function indexedColumns(schema: TableSchema, files: Iterable<AddFile>): string {
  const names = new Set(schema.fields.filter(({ type }) => isIndexed(type)).map(({ name }) => name));
  for (const { stats } of files) {
    const described = describedColumns(stats);
    for (const name of names) if (described?.has(name) === false) names.delete(name);
  }
  return [...names].map(quote).join(',');
}

/** The names in a value of `INDEXED_PROPERTY`; none when the table has no such property. */
export function indexedNames(property: string | undefined): ReadonlySet<string> {
  const parts = property?.match(/`(?:[^`]|``)*`|[^,`]+/g) ?? [];
  return new Set(
    parts.map((part) => (part.startsWith('`') ? part.slice(1, -1).replaceAll('``', '`') : part.trim())),
  );
}

function quote(name: string): string {
  return PLAIN_NAME.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}

/** Columns that have bounds or only nulls; undefined for a file without bounds, which is not used for this decision. */
function describedColumns(stats: string | undefined): ReadonlySet<string> | undefined {
  const { numRecords, minValues, maxValues, nullCount } = parse(stats);
  const low = Object.keys(minValues ?? {});
  if (low.length === 0 && Object.keys(maxValues ?? {}).length === 0) return undefined;
  const bounded = low.filter((name) => Object.hasOwn(maxValues ?? {}, name));
  const empty = Object.entries(nullCount ?? {}).filter(([, nulls]) => nulls === numRecords);
  return new Set([...bounded, ...empty.map(([name]) => name)]);
}

interface Stats {
  readonly numRecords?: number;
  readonly minValues?: object;
  readonly maxValues?: object;
  readonly nullCount?: object;
}

function parse(stats: string | undefined): Stats {
  try {
    return (JSON.parse(stats ?? '{}') as Stats | null) ?? {};
  } catch {
    return {};
  }
}
