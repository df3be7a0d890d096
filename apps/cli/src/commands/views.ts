import type { Archive } from '@parquetry/archive';
import { ParquetryError } from '@parquetry/core';
import type { TableEngine, TableSchema } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { Option } from 'commander';
import type { Define } from '../cli';
import type { Output } from '../output';

/** Engines of views, the default first. */
const ENGINES = ['duckdb', 'spark', 'trino', 'athena', 'bigquery', 'dbt'] as const satisfies readonly (
  'duckdb' | TableEngine
)[];

interface Options {
  readonly archive: string;
  readonly dataset?: string;
  readonly engine: (typeof ENGINES)[number];
  readonly into?: string;
  readonly connection?: string;
}

/** `parquetry views` */
export const define: Define = ({ command, output, run }) =>
  command('views', 'print SQL that makes the datasets tables or views of an engine', 'Look')
    .settings(['archive', 'region'], { required: ['archive'] })
    .option('--dataset <name>', 'only this dataset')
    .addOption(
      new Option(
        '--engine <name>',
        'duckdb: views of the committed files; dbt: sources.yml; others: their Delta tables',
      )
        .choices(ENGINES)
        .default('duckdb'),
    )
    .option('--into <schema>', 'schema, database or dbt source of the tables; CATALOG.SCHEMA for trino')
    .option('--connection <id>', 'connection of BigQuery: PROJECT.REGION.NAME')
    .example('parquetry views --archive ./archive > views.sql')
    .action((options: Options) => run(() => views(options, output)));

interface Found {
  readonly name: string;
  readonly schema: TableSchema;
}

async function views(options: Options, output: Output): Promise<number> {
  const { registerTables } = require('@parquetry/schema') as typeof import('@parquetry/schema');
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archive, store } = await openArchive(options.archive);
  const found = await datasets(archive, options.dataset);
  if (options.engine === 'duckdb') return duckdbViews(archive, store, found, output);
  const tables = found.map(({ name, schema }) => ({
    name,
    schema,
    location: place(store, archive.dataset(name).folder),
  }));
  const text = registerTables(options.engine, tables, options);
  output.say(text.trimEnd());
  output.document({ tables: tables.map(({ name, location }) => ({ name, location })), sql: text });
  return 0;
}

async function datasets(archive: Archive, dataset: string | undefined): Promise<Found[]> {
  const found: Found[] = [];
  for (const name of dataset === undefined ? await archive.datasets() : [dataset]) {
    const latest = await archive.registry.latest(name);
    if (latest === undefined)
      throw new ParquetryError(
        dataset === undefined ? 'ARCHIVE_INVALID' : 'USAGE',
        `The dataset ${name} has no schema in the registry.`,
        { hint: 'See `parquetry schema list`.' },
      );
    found.push({ name, schema: latest.schema });
  }
  return found;
}

async function duckdbViews(
  archive: Archive,
  store: ObjectStore,
  found: readonly Found[],
  output: Output,
): Promise<number> {
  const { viewsSql } = require('@parquetry/schema') as typeof import('@parquetry/schema');
  const sources = [];
  for (const { name, schema } of found) {
    const files = await archive.dataset(name).files();
    sources.push({ name, schema, files: files.map(({ key }) => place(store, key)) });
  }
  const sql = viewsSql(sources);
  output.say(sql.trimEnd());
  output.document({ views: sources.map(({ name, files }) => ({ name, files: files.length })), sql });
  return 0;
}

/** A local path, or the URI of a remote object. */
function place(store: ObjectStore, key: string): string {
  return store.localPath(key) ?? `${store.uri}/${key}`;
}
