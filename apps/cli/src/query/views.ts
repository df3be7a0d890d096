import path from 'node:path';
import { type Archive, type LiveFile, type Snapshot, filesIn } from '@parquetry/archive';
import { type LedgerRange, ParquetryError } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import { FileCache, type ObjectStore } from '@parquetry/storage';
import { cacheFolder } from '@parquetry/temporal';
import { type Query, openQuery } from '@parquetry/writer';
import { localFiles } from '../localfiles';
import { type Output, formatBytes, formatCount } from '../output';
import type { At } from './at';
import { isNamed } from './named';

/** Limits of a query. */
export interface QueryLimits {
  readonly memoryBytes: number;
  /** Disk space for copies of remote files, bytes. */
  readonly cacheBytes: number;
  /** Only rows of these ledgers. */
  readonly ranges?: readonly LedgerRange[] | undefined;
  /** The archive as it was. */
  readonly at?: At | undefined;
  /** Interrupts the query. */
  readonly signal?: AbortSignal | undefined;
}

/** An opened archive. */
export interface Opened {
  readonly archive: Archive;
  readonly store: ObjectStore;
}

interface View {
  readonly dataset: string;
  readonly files: readonly LiveFile[];
  readonly schema: TableSchema;
}

/**
 * Runs with an engine in which each dataset of the archive is a view over exactly its committed files. Files of a remote
 * archive are read through a cache in the user's cache folder; only those of datasets in the SQL are downloaded.
 */
export async function withViews<T>(
  { archive, store }: Opened,
  sql: string,
  limits: QueryLimits,
  output: Pick<Output, 'note'>,
  use: (engine: Query) => Promise<T>,
): Promise<T> {
  const { cacheBytes, ranges } = limits;
  const engine = await openQuery({ memoryLimit: `${Math.floor(limits.memoryBytes / 1e6)}MB` });
  const interrupt = (): void => engine.interrupt();
  const cache = new FileCache(path.join(cacheFolder(process.env), 'objects'), cacheBytes);
  try {
    const views: View[] = [];
    for (const dataset of await wantedDatasets({ archive, store }, sql, limits))
      views.push(await viewOf(archive, dataset, limits));
    const wanted = views.flatMap(({ files }) => files);
    assertFits(store, wanted, cacheBytes, output);
    const paths = await localFiles(store, cache, wanted);
    for (const { dataset, files, schema } of views) {
      const local = files.map(({ key }) => paths.get(key) as string);
      await engine.createView(dataset, local, schema, ranges);
    }
    limits.signal?.throwIfAborted();
    limits.signal?.addEventListener('abort', interrupt);
    return await use(engine);
  } finally {
    limits.signal?.removeEventListener('abort', interrupt);
    await engine.close();
    await cache.close();
  }
}

async function wantedDatasets(
  { archive, store }: Opened,
  sql: string,
  { at }: QueryLimits,
): Promise<string[]> {
  const all = await archive.datasets();
  const named = all.filter((dataset) => isNamed(sql, dataset));
  if (at !== undefined && 'version' in at && named.length > 1)
    throw new ParquetryError(
      'USAGE',
      `--at ${at.version} is a version of one dataset, and the query names ${named.join(', ')}.`,
      { hint: 'Each dataset counts its own versions. Give a time: --at @2025-07-13T09:00Z.' },
    );
  return at === undefined
    ? all.filter((dataset) => store.localPath(dataset) !== undefined || named.includes(dataset))
    : named;
}

async function viewOf(archive: Archive, dataset: string, { ranges, at }: QueryLimits): Promise<View> {
  const table = archive.dataset(dataset);
  const snapshot = at === undefined ? await table.snapshot() : await table.snapshotAt(at);
  const schema = await schemaOf(archive, snapshot, at !== undefined);
  return { dataset, files: filesIn(snapshot, ranges), schema };
}

async function schemaOf(archive: Archive, { dataset, schema }: Snapshot, old: boolean): Promise<TableSchema> {
  if (old && schema !== undefined) return (await archive.registry.get(schema.subject, schema.version)).schema;
  const latest = await archive.registry.latest(dataset);
  if (latest !== undefined) return latest.schema;
  throw new ParquetryError('ARCHIVE_INVALID', `The dataset ${dataset} has no schema in the registry.`);
}

/** Refuses to copy more than the cache can hold. @throws ParquetryError CONFIG_INVALID */
function assertFits(
  store: ObjectStore,
  files: readonly LiveFile[],
  cacheBytes: number,
  output: Pick<Output, 'note'>,
): void {
  const remote = files.filter(({ key }) => store.localPath(key) === undefined);
  const bytes = remote.reduce((sum, { size }) => sum + size, 0);
  if (bytes > cacheBytes)
    throw new ParquetryError(
      'CONFIG_INVALID',
      `The query needs ${formatCount(remote.length)} files of ${formatBytes(bytes)}; the cache is limited to ${formatBytes(cacheBytes)}.`,
      {
        details: { files: remote.length, bytes, cacheBytes },
        hint: 'Narrow the query with --ledgers, or raise --cache-size.',
      },
    );
  if (remote.length > 0) output.note(`Reading ${formatCount(remote.length)} files, ${formatBytes(bytes)}.`);
}
