import { quoteName, quoteText } from '@parquetry/schema';

/** Columns of NDJSON by name and DuckDB type, in order. Types are trusted SQL. */
export type NdjsonColumns = readonly (readonly [name: string, type: string])[];

/**
 * A SELECT of NDJSON files in order. Columns are renamed c0, c1, … so that no name of a message can meet one of DuckDB's
 * own (`rowid`, `filename`). `objectBytes` is the longest object that is read; DuckDB's buffer is twice that.
 */
export function selectNdjson(files: readonly string[], columns: NdjsonColumns, objectBytes: number): string {
  const names = columns.map(([name], index) => `${quoteName(name)} AS c${index}`).join(', ');
  const types = columns.map(([name, type]) => `${quoteText(name)}: ${quoteText(type)}`).join(', ');
  return `SELECT ${names} FROM read_json([${files.map(quoteText).join(', ')}],
    format = 'newline_delimited', records = 'true', compression = 'uncompressed', hive_partitioning = false,
    union_by_name = false, ignore_errors = false, maximum_object_size = ${objectBytes}, columns = {${types}})`;
}
