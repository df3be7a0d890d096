import { describeSource } from '../columns';
import { duckdbColumns, quoteName, quoteText } from '../duckdb';
import type { TableSchema } from '../types';

/**
 * DuckDB statements that create an empty table with the schema. Comments have the documentation, and the message's key
 * or path of columns with another name.
 * @param table name of the table, the message type by default
 * @throws ParquetryError SCHEMA_CONFLICT for names that DuckDB can't distinguish
 */
export function createTableSql(schema: TableSchema, table: string = schema.messageType): string {
  const name = quoteName(table);
  const nullable = new Map(schema.fields.map((field) => [field.name, field.nullable]));
  const columns = duckdbColumns(schema).map(
    ([column, type]) => `  ${quoteName(column)} ${type}${nullable.get(column) === true ? '' : ' NOT NULL'}`,
  );
  const comments = schema.fields.flatMap((field) => {
    const parts = [field.doc, describeSource(field)].filter((part) => part !== undefined);
    if (parts.length === 0) return [];
    return [`COMMENT ON COLUMN ${name}.${quoteName(field.name)} IS ${quoteText(parts.join('; '))};`];
  });
  const doc = schema.doc === undefined ? [] : [`COMMENT ON TABLE ${name} IS ${quoteText(schema.doc)};`];
  return [`CREATE TABLE ${name} (\n${columns.join(',\n')}\n);`, ...doc, ...comments, ''].join('\n');
}

/** A dataset and the files that its view reads. */
export interface ViewSource {
  /** Dataset, and name of the view. */
  readonly name: string;
  /** Paths or URIs of the committed files. */
  readonly files: readonly string[];
  /** The newest schema: the view has its columns, null if no file has them. */
  readonly schema: TableSchema;
}

/**
 * DuckDB statements for a view on each dataset, over exactly its committed files. Columns are matched by name, so files
 * of all schema versions can be read together.
 * @throws ParquetryError SCHEMA_CONFLICT for names that DuckDB can't distinguish
 */
export function viewsSql(sources: readonly ViewSource[]): string {
  return sources.map(viewSql).join('\n');
}

function viewSql({ name, files, schema }: ViewSource): string {
  const columns = duckdbColumns(schema)
    .map(([column, type]) => `CAST(NULL AS ${type}) AS ${quoteName(column)}`)
    .join(', ');
  const lines = [`CREATE OR REPLACE VIEW ${quoteName(name)} AS`, `SELECT ${columns} WHERE false`];
  if (files.length > 0)
    lines.push(
      'UNION ALL BY NAME',
      'SELECT * FROM read_parquet([',
      files.map((file) => `  ${quoteText(file)}`).join(',\n'),
      '], union_by_name=true, hive_partitioning=false)',
    );
  return `${lines.join('\n')};\n`;
}
