import type { Json } from '@duckdb/node-api';

/** Formats of a result that are text. */
export type TextFormat = 'csv' | 'json' | 'ndjson';

/**
 * The text of a result, some rows at a time. Values are exact: 64-bit integers, decimals and times are JSON strings, as
 * in `QueryResult`. In CSV they are plain text; a null is an empty field, empty text is `""`, and nested values are JSON.
 */
export async function* resultText(
  format: TextFormat,
  columns: readonly string[],
  rows: AsyncIterable<readonly (readonly Json[])[]>,
): AsyncGenerator<string> {
  const row = format === 'csv' ? csvRow : objectRow(columns);
  const separator = format === 'json' ? ',\n' : '\n';
  if (format === 'csv') yield `${csvRow(columns)}\n`;
  if (format === 'json') yield '[';
  let first = true;
  for await (const some of rows) {
    if (some.length === 0) continue;
    const text = some.map(row).join(separator);
    if (format === 'json') yield `${first ? '\n' : separator}${text}`;
    else yield `${text}\n`;
    first = false;
  }
  if (format === 'json') yield '\n]\n';
}

function objectRow(columns: readonly string[]): (row: readonly Json[]) => string {
  const keys = columns.map((name) => JSON.stringify(name));
  return (row) => `{${row.map((value, index) => `${keys[index] ?? ''}:${JSON.stringify(value)}`).join(',')}}`;
}

function csvRow(row: readonly Json[]): string {
  return row.map(csvField).join(',');
}

function csvField(value: Json): string {
  if (value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
