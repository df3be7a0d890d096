import { formatRange, parseLedgerRange } from '@parquetry/core';
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
  const range = ledgers === undefined ? undefined : parseLedgerRange(ledgers);
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archive, store } = await openArchive(root);
  const found = [];
  for (const name of dataset === undefined ? await archive.datasets() : [dataset])
    for (const { stats: _, ...file } of await archive.dataset(name).files(range))
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
