import { formatRange, type LedgerRange } from '@parquetry/core';
import { openArchive } from '../archive';
import type { Output } from '../output';
import { formatBytes } from '../output';

/** `parquetry files`: what the commit log names, in ledger order. */
export async function files(
  root: string,
  filter: { readonly dataset?: string; readonly range?: LedgerRange },
  output: Output,
): Promise<number> {
  const { archive, store } = await openArchive(root);
  const datasets = filter.dataset === undefined ? await archive.datasets() : [filter.dataset];
  const found = [];
  for (const dataset of datasets)
    for (const file of await archive.dataset(dataset).files(filter.range)) found.push({ dataset, ...file });
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
