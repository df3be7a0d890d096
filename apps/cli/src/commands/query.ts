import path from 'node:path';
import type { LiveFile } from '@parquetry/archive';
import { type LedgerRange, ParquetryError, parseLedgerRange } from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';
import type { Define } from '../cli';
import { type Output, formatBytes, formatCount } from '../output';
import { byteSize } from '../parsers';
import { workerSettings } from '../workeroptions';

const CACHE_BYTES = 10e9;

interface Options {
  readonly archive: string;
  readonly memory?: number;
  readonly ledgers?: string;
  readonly cacheSize?: number;
}

/** `parquetry query` */
export const define: Define = ({ command, output, run }) =>
  command('query', 'run SQL over the committed files; every dataset is a view', 'Look')
    .argument('<sql>', 'one SELECT')
    .settings(['archive', 'ledgers', 'region', 'memory'], {
      required: ['archive'],
      docs: {
        ledgers: 'only rows of these ledgers; other files are not read',
        memory: 'memory of DuckDB (default: half of the machine, at most 4GB)',
      },
    })
    .option('--cache-size <size>', 'disk space for copies of remote files (default: 10GB)', byteSize)
    .example('parquetry query --archive ./archive "select count(*) from transactions"')
    .action((sql: string, options: Options) =>
      run(() =>
        query(
          options.archive,
          sql,
          {
            memoryBytes: workerSettings(options).memoryBytes,
            ...(options.cacheSize === undefined ? {} : { cacheBytes: options.cacheSize }),
            ...(options.ledgers === undefined ? {} : { range: parseLedgerRange(options.ledgers) }),
          },
          output,
        ),
      ),
    );

/** Limits of a query. */
export interface QueryLimits {
  readonly memoryBytes: number;
  /** Disk space for copies of remote files, bytes; default 10 GB. */
  readonly cacheBytes?: number;
  /** Only rows of these ledgers. */
  readonly range?: LedgerRange;
}

/**
 * Each dataset of the archive is a view over exactly its committed files. Files of a remote archive are read through a
 * cache in the user's cache folder; only those of datasets in the SQL are downloaded.
 */
export async function query(root: string, sql: string, limits: QueryLimits, output: Output): Promise<number> {
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { localFiles } = require('../localfiles') as typeof import('../localfiles');
  const { FileCache } = require('@parquetry/storage') as typeof import('@parquetry/storage');
  const { cacheFolder } = require('@parquetry/temporal') as typeof import('@parquetry/temporal');
  const { openQuery } = require('@parquetry/writer') as typeof import('@parquetry/writer');
  const { archive, store } = await openArchive(root);
  const { cacheBytes = CACHE_BYTES } = limits;
  const engine = await openQuery({ memoryLimit: `${Math.floor(limits.memoryBytes / 1e6)}MB` });
  const cache = new FileCache(path.join(cacheFolder(process.env), 'objects'), cacheBytes);
  try {
    const views: { dataset: string; files: readonly LiveFile[] }[] = [];
    for (const dataset of await archive.datasets())
      if (store.localPath(dataset) !== undefined || names(sql, dataset))
        views.push({ dataset, files: await archive.dataset(dataset).files(limits.range) });
    const wanted = views.flatMap(({ files }) => files);
    assertFits(store, wanted, cacheBytes, output);
    const paths = await localFiles(store, cache, wanted);
    for (const { dataset, files } of views) {
      const latest = await archive.registry.latest(dataset);
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

/** Whether the SQL names a dataset. `x.v2` is another dataset than `x`. */
function names(sql: string, dataset: string): boolean {
  const text = dataset.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`(?<![A-Za-z0-9_$])${text}(?![A-Za-z0-9_$]|\\.v\\d+(?![A-Za-z0-9_$]))`, 'i').test(sql);
}

/** Refuses to copy more than the cache can hold. @throws ParquetryError CONFIG_INVALID */
function assertFits(
  store: ObjectStore,
  files: readonly LiveFile[],
  cacheBytes: number,
  output: Output,
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
