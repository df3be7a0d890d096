import { ParquetryError } from '@parquetry/core';
import { SchemaRegistry } from '@parquetry/archive';
import { openQuery } from '@parquetry/writer';
import { openArchive } from '../archive';
import type { Output } from '../output';

/** `parquetry query SQL`: each dataset of the archive is a view over exactly its committed files. */
export async function query(root: string, sql: string, memoryBytes: number, output: Output): Promise<number> {
  const { archive, store } = await openArchive(root);
  const registry = new SchemaRegistry(store);
  const engine = await openQuery({ memoryLimit: `${Math.floor(memoryBytes / 1e6)}MB` });
  try {
    for (const dataset of await archive.datasets()) {
      const files = await archive.dataset(dataset).files();
      const latest = await registry.latest(dataset);
      if (latest === undefined)
        throw new ParquetryError('ARCHIVE_INVALID', `The dataset ${dataset} has no schema in the registry.`);
      await engine.createView(
        dataset,
        files.map((file) => localFile(store.localPath(file.key), store.uri)),
        latest.schema,
      );
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
  }
}

function localFile(path: string | undefined, uri: string): string {
  if (path !== undefined) return path;
  throw new ParquetryError('NOT_AVAILABLE', `Queries over ${uri} are not available in this version.`);
}
