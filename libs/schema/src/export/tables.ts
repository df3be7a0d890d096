import { ParquetryError } from '@parquetry/core';
import { duckdbColumns, quoteText } from '../duckdb';
import type { TableSchema } from '../types';

/** Engines whose catalogs can have the Delta tables of an archive. */
export type TableEngine = 'spark' | 'trino' | 'athena' | 'bigquery' | 'dbt';

/** A dataset as a Delta table. */
export interface DeltaTable {
  /** Dataset. */
  readonly name: string;
  /** Its folder: a local path, `s3://…` or `gs://…`, without a slash at the end. */
  readonly location: string;
  readonly schema: TableSchema;
}

/** Where the tables are registered. */
export interface TableTarget {
  /** Schema, database, dataset or dbt source; `catalog.schema` for Trino. */
  readonly into?: string | undefined;
  /** BigQuery's connection: `PROJECT.REGION.NAME`. */
  readonly connection?: string | undefined;
}

const INTO: Readonly<Record<TableEngine, string>> = {
  spark: 'default',
  trino: 'delta.default',
  athena: 'default',
  bigquery: 'stellar',
  dbt: 'stellar',
};

/**
 * Statements that register the datasets' Delta tables with an engine; for dbt a `sources.yml`. They name only folders:
 * the engine follows the commit logs, so they need not be run again when rows are committed.
 * @throws ParquetryError USAGE for a location that the engine can't read, or without its connection
 */
export function registerTables(
  engine: TableEngine,
  tables: readonly DeltaTable[],
  { into = INTO[engine], connection }: TableTarget = {},
): string {
  if (!/^[\w$-]+(\.[\w$-]+)*$/.test(into))
    throw usage(`${into} can't name a schema`, '--into takes a plain name.');
  if (engine === 'trino' && into.split('.').length !== 2)
    throw usage(
      `${into} is not CATALOG.SCHEMA`,
      'For Trino, --into is CATALOG.SCHEMA, such as delta.default.',
    );
  if (engine === 'bigquery' && connection === undefined)
    throw usage('BigQuery needs a connection', 'Add --connection PROJECT.REGION.NAME.');
  const named = tables.map((table) => ({ ...table, table: table.name.replaceAll(/[^A-Za-z0-9_]/g, '_') }));
  if (engine === 'dbt') return dbtSources(into, named);
  return named.map((table) => statement(engine, into, connection ?? '', table)).join('\n');
}

type Named = DeltaTable & { readonly table: string };

function statement(
  engine: Exclude<TableEngine, 'dbt'>,
  into: string,
  connection: string,
  { table, location }: Named,
): string {
  switch (engine) {
    case 'spark':
      return `CREATE TABLE IF NOT EXISTS ${into}.${table} USING DELTA\nLOCATION ${text(fileUri(location).replace(/^s3:/, 's3a:'))};\n`;
    case 'trino': {
      const [catalog, schema = ''] = into.split('.');
      return `CALL ${catalog}.system.register_table(\n  schema_name => ${quoteText(schema)},\n  table_name => ${quoteText(table.toLowerCase())},\n  table_location => ${quoteText(fileUri(location))}\n);\n`;
    }
    case 'athena':
      only('s3://', location, 'Athena');
      return `CREATE EXTERNAL TABLE IF NOT EXISTS \`${into}\`.\`${table}\`\nLOCATION ${quoteText(`${location}/`)}\nTBLPROPERTIES ('table_type' = 'DELTA');\n`;
    case 'bigquery':
      only('gs://', location, 'BigQuery');
      return `CREATE EXTERNAL TABLE IF NOT EXISTS \`${into}.${table}\`\nWITH CONNECTION \`${connection}\`\nOPTIONS (format = 'DELTA_LAKE', uris = [${text(location)}]);\n`;
  }
}

/** Spark and BigQuery take backslashes in text as escapes. */
function text(value: string): string {
  return `'${value.replaceAll(/[\\']/g, '\\$&')}'`;
}

function fileUri(location: string): string {
  return location.startsWith('/') ? `file://${encodeURI(location)}` : location;
}

function only(scheme: string, location: string, engine: string): void {
  if (!location.startsWith(scheme))
    throw usage(
      `${engine} reads ${scheme} only, and the table is at ${location}`,
      'Copy the archive there, or choose another engine.',
    );
}

/** A JSON string is a YAML string. */
const yaml = JSON.stringify;

function dbtSources(into: string, tables: readonly Named[]): string {
  const lines = ['version: 2', 'sources:', `  - name: ${yaml(into)}`, '    tables:'];
  for (const { table, name, location, schema } of tables) {
    lines.push(`      - name: ${yaml(table)}`);
    if (schema.doc !== undefined) lines.push(`        description: ${yaml(schema.doc)}`);
    // dbt-duckdb reads the table there; other adapters ignore it.
    lines.push(
      '        config:',
      '          meta:',
      `            dataset: ${yaml(name)}`,
      `            external_location: ${yaml(`delta_scan(${quoteText(location)})`)}`,
      '        columns:',
    );
    const types = new Map(duckdbColumns(schema));
    for (const { name: column, doc, nullable } of schema.fields) {
      lines.push(
        `          - name: ${yaml(column)}`,
        `            data_type: ${yaml(types.get(column) ?? '')}`,
      );
      if (doc !== undefined) lines.push(`            description: ${yaml(doc)}`);
      if (!nullable) lines.push('            data_tests: [not_null]');
    }
  }
  return `${lines.join('\n')}\n`;
}

function usage(why: string, hint: string): ParquetryError {
  return new ParquetryError('USAGE', `The tables can't be registered: ${why}.`, { hint });
}
