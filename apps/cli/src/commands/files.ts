import { formatRange } from '@parquetry/core';
import type { Define } from '../cli';
import { type Output, formatBytes } from '../output';

interface Options {
  readonly archive: string;
  readonly dataset?: string;
  readonly ledgers?: string;
}

/** `parquetry files` */
export const define: Define = ({ command, output, run }) =>
  command('files', 'list the committed files of an archive', 'Look')
    .settings(['archive', 'ledgers', 'region'], {
      required: ['archive'],
      docs: { ledgers: 'only files that may contain these ledgers' },
    })
    .option('--dataset <name>', 'only this dataset')
    .example('parquetry files --archive ./archive --dataset transactions --ledgers 426000-426100')
    .action((options: Options) => run(() => files(options, output)));

/** Lists the files in the commit log, in ledger order. */
async function files({ archive: root, dataset, ledgers }: Options, output: Output): Promise<number> {
  const { archiveRanges } = require('../archiveledgers') as typeof import('../archiveledgers');
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archive, store } = await openArchive(root);
  const datasets = dataset === undefined ? undefined : [dataset];
  const ranges = await archiveRanges(async () => archive, ledgers, output, datasets && { datasets });
  const found = [];
  for (const name of datasets ?? (await archive.datasets()))
    for (const { stats, ...file } of await archive.dataset(name).files(ranges))
      found.push({ dataset: name, ...file });
  output.table(
    ['dataset', 'ledgers', 'rows', 'size', 'closed by', 'file'],
    found.map((file) => [
      file.dataset,
      file.range === undefined ? 'unknown' : formatRange(file.range),
      file.rows ?? 'unknown',
      formatBytes(file.size),
      file.reason ?? 'unknown',
      store.localPath(file.key) ?? `${store.uri}/${file.key}`,
    ]),
  );
  output.document({ files: found });
  return 0;
}
