import { ParquetryError } from '@parquetry/core';
import type { ViewSource } from '@parquetry/schema';
import type { Define } from '../cli';
import type { Output } from '../output';

interface Options {
  readonly archive: string;
  readonly dataset?: string;
}

/** `parquetry views` */
export const define: Define = ({ command, output, run }) =>
  command('views', 'print SQL for DuckDB: a view of the committed files of each dataset', 'Look')
    .settings(['archive', 'region'], { required: ['archive'] })
    .option('--dataset <name>', 'only this dataset')
    .example('parquetry views --archive ./archive > views.sql')
    .action((options: Options) => run(() => views(options, output)));

async function views({ archive: root, dataset }: Options, output: Output): Promise<number> {
  const { viewsSql } = require('@parquetry/schema') as typeof import('@parquetry/schema');
  const { openArchive } = require('../archive') as typeof import('../archive');
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
