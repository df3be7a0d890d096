import { ParquetryError } from '@parquetry/core';
import { type ViewSource, viewsSql } from '@parquetry/schema';
import { openArchive } from '../archive';
import type { Output } from '../output';

/** `parquetry views`: SQL for DuckDB, a view on each dataset over exactly its committed files. */
export async function views(root: string, dataset: string | undefined, output: Output): Promise<number> {
  const { archive, store } = await openArchive(root);
  const sources: ViewSource[] = [];
  for (const name of dataset === undefined ? await archive.datasets() : [dataset]) {
    const latest = await archive.registry.latest(name);
    if (latest === undefined)
      throw new ParquetryError(
        dataset === undefined ? 'ARCHIVE_INVALID' : 'USAGE',
        `The dataset ${name} has no schema in the registry.`,
        { hint: 'See `parquetry schema list`.' },
      );
    const files = await archive.dataset(name).files();
    sources.push({
      name,
      files: files.map(({ key }) => store.localPath(key) ?? `${store.uri}/${key}`),
      schema: latest.schema,
    });
  }
  const sql = viewsSql(sources);
  output.say(sql.trimEnd());
  output.document({ views: sources.map(({ name, files }) => ({ name, files: files.length })), sql });
  return 0;
}
