import { type LedgerRange, ParquetryError } from '@parquetry/core';
import { type LiveFile, SchemaRegistry } from '@parquetry/archive';
import { FileCache, type ObjectStore } from '@parquetry/storage';
import { cacheFolder } from '@parquetry/temporal';
import { openQuery } from '@parquetry/writer';
import path from 'node:path';
import { openArchive } from '../archive';
import { type Output, formatBytes, formatCount } from '../output';

/** Remote files loaded at once. */
const AT_ONCE = 4;
const CACHE_BYTES = 10e9;

/** What bounds a query. */
export interface QueryLimits {
  readonly memoryBytes: number;
  /** Room for copies of remote files, bytes; default 10 GB. */
  readonly cacheBytes?: number;
  /** Only rows of these ledgers. */
  readonly range?: LedgerRange;
}

/**
 * `parquetry query SQL`: each dataset of the archive is a view over exactly its committed files. Files of a remote
 * archive are read through a cache in the user's cache folder; only those of datasets that the SQL names are loaded.
 */
export async function query(root: string, sql: string, limits: QueryLimits, output: Output): Promise<number> {
  const { archive, store } = await openArchive(root);
  const { cacheBytes = CACHE_BYTES } = limits;
  const registry = new SchemaRegistry(store);
  const engine = await openQuery({ memoryLimit: `${Math.floor(limits.memoryBytes / 1e6)}MB` });
  const cache = new FileCache(path.join(cacheFolder(process.env), 'objects'), cacheBytes);
  try {
    const views: { dataset: string; files: readonly LiveFile[] }[] = [];
    for (const dataset of await archive.datasets())
      if (store.localPath(dataset) !== undefined || names(sql, dataset))
        views.push({ dataset, files: await archive.dataset(dataset).files(limits.range) });
    const paths = await localFiles(
      store,
      cache,
      views.flatMap(({ files }) => files),
      cacheBytes,
      output,
    );
    for (const { dataset, files } of views) {
      const latest = await registry.latest(dataset);
      if (latest === undefined)
        throw new ParquetryError('ARCHIVE_INVALID', `The dataset ${dataset} has no schema in the registry.`);
      const local = files.map(({ key }) => paths.get(key) as string);
      await engine.createView(dataset, local, latest.schema, limits.range);
    }
    const { columns, rows, truncated } = await engine.run(sql);
    output.table(
      columns.map(({ name }) => name),
      rows.map((row) => row.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))),
    );
    if (truncated) output.note(`Only the first ${rows.length} rows are shown.`);
    output.document({ columns, rows, truncated });
    return 0;
  } finally {
    await engine.close();
    await cache.close();
  }
}

/** True when a dataset's name stands in the SQL; `x` does not stand in `x.v2`, which is another dataset. */
function names(sql: string, dataset: string): boolean {
  const text = dataset.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`(?<![A-Za-z0-9_$])${text}(?![A-Za-z0-9_$]|\\.v\\d+(?![A-Za-z0-9_$]))`, 'i').test(sql);
}

/** A local path of each file, by key. */
async function localFiles(
  store: ObjectStore,
  cache: FileCache,
  files: readonly LiveFile[],
  cacheBytes: number,
  output: Output,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  const remote: LiveFile[] = [];
  for (const file of files) {
    const local = store.localPath(file.key);
    if (local === undefined) remote.push(file);
    else paths.set(file.key, local);
  }
  const bytes = remote.reduce((sum, { size }) => sum + size, 0);
  if (bytes > cacheBytes)
    throw new ParquetryError(
      'CONFIG_INVALID',
      `The query needs ${formatCount(remote.length)} files of ${formatBytes(bytes)}; the cache may have ${formatBytes(cacheBytes)}.`,
      {
        details: { files: remote.length, bytes, cacheBytes },
        hint: 'Narrow the query with --ledgers, or raise --cache-size.',
      },
    );
  if (remote.length > 0) output.note(`Reading ${formatCount(remote.length)} files, ${formatBytes(bytes)}.`);
  const queue = [...remote];
  const load = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      paths.set(file.key, await cache.file(store, withHash(store, file)));
  };
  const loads = await Promise.allSettled(
    Array.from({ length: AT_ONCE }, () =>
      load().catch((error: unknown) => {
        queue.length = 0;
        throw error;
      }),
    ),
  );
  for (const loaded of loads) if (loaded.status === 'rejected') throw loaded.reason;
  return paths;
}

function withHash(
  store: ObjectStore,
  { key, size, sha256 }: LiveFile,
): { key: string; size: number; sha256: string } {
  if (sha256 !== undefined) return { key, size, sha256 };
  throw new ParquetryError(
    'NOT_AVAILABLE',
    `The log of ${store.uri} has no sha256 of ${key}: another program committed it.`,
    {
      details: { key },
      hint: 'Query it with a Delta reader.',
    },
  );
}
