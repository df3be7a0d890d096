import path from 'node:path';
import type { Archive, LiveFile } from '@parquetry/archive';
import { ParquetryError } from '@parquetry/core';
import { type ColumnValue, type TableSchema, arrowBatch } from '@parquetry/schema';
import { FileCache } from '@parquetry/storage';
import { cacheFolder } from '@parquetry/temporal';
import { openQuery } from '@parquetry/writer';
import type { RecordBatch } from 'apache-arrow';
import { localFiles } from '../localfiles';
import { rowValue } from './rowvalue';
import type { ReadOptions, Row } from './types';

/** Bytes of the local copies of remote files. */
const CACHE_BYTES = 10e9;
/** Files that are open, and copied if they are remote, at a time. */
const FILES_AT_ONCE = 16;

/** Some rows: the values of each column. */
interface Columns {
  readonly schema: TableSchema;
  readonly columns: readonly (readonly ColumnValue[])[];
}

/** See `Archive.batches`. */
export async function* readBatches(
  archive: Archive,
  dataset: string,
  options: ReadOptions = {},
): AsyncGenerator<RecordBatch, void> {
  for await (const { schema, columns } of readColumns(archive, dataset, options))
    yield arrowBatch(schema, columns);
}

/** See `Archive.rows`. */
export async function* readRows(
  archive: Archive,
  dataset: string,
  options: ReadOptions = {},
): AsyncGenerator<Row, void> {
  for await (const { schema, columns } of readColumns(archive, dataset, options)) {
    const rows = columns[0]?.length ?? 0;
    for (let row = 0; row < rows; row += 1)
      yield Object.fromEntries(
        schema.fields.map(({ name, type }, column) => [name, rowValue(type, columns[column]?.[row] ?? null)]),
      );
  }
}

/** @throws ParquetryError USAGE for a dataset or a column that does not exist */
async function* readColumns(
  archive: Archive,
  dataset: string,
  { ledgers, columns }: ReadOptions,
): AsyncGenerator<Columns, void> {
  const latest = await archive.registry.latest(dataset);
  if (latest === undefined)
    throw new ParquetryError('USAGE', `The archive has no dataset ${JSON.stringify(dataset)}.`, {
      hint: `It has: ${(await archive.datasets()).join(', ')}.`,
    });
  const full = latest.schema;
  const schema = columns === undefined ? full : { ...full, fields: columns.map((name) => field(full, name)) };
  const names = schema.fields.map(({ name }) => name);
  const cache = new FileCache(path.join(cacheFolder(process.env), 'objects'), CACHE_BYTES);
  try {
    for (const files of groups(await archive.dataset(dataset).files(ledgers && [ledgers]))) {
      const paths = await localFiles(archive.store, cache, files);
      const engine = await openQuery();
      try {
        await engine.createView(
          'dataset',
          files.map(({ key }) => paths.get(key) as string),
          full,
          ledgers && [ledgers],
        );
        for await (const found of engine.read('dataset', names)) yield { schema, columns: found };
      } finally {
        await engine.close();
      }
    }
  } finally {
    await cache.close();
  }
}

function field({ messageType, fields }: TableSchema, name: string): TableSchema['fields'][number] {
  const found = fields.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new ParquetryError('USAGE', `${messageType} has no column ${JSON.stringify(name)}.`, {
    hint: `It has: ${fields.map((each) => each.name).join(', ')}.`,
  });
}

function* groups(files: readonly LiveFile[]): Generator<readonly LiveFile[]> {
  for (let at = 0; at < files.length; at += FILES_AT_ONCE) yield files.slice(at, at + FILES_AT_ONCE);
}
