import path from 'node:path';
import { writeSampleLake } from '@parquetry/sample';
import { formatRange } from '@parquetry/core';
import type { Output } from '../output';
import { formatBytes } from '../output';

/** `parquetry sample`: a lake of made-up, valid ledgers, the same bytes every time. */
export async function sample(
  options: { readonly out: string; readonly ledgers: number; readonly ledgersPerFile: number },
  output: Output,
): Promise<number> {
  const dir = path.resolve(options.out);
  const summary = await writeSampleLake({
    dir,
    ledgers: options.ledgers,
    layout: { ledgersPerBatch: options.ledgersPerFile, batchesPerPartition: 16 },
  });
  const ledgers = formatRange(summary.ledgers);
  output.say(`${summary.files} files with ledgers ${ledgers} (${formatBytes(summary.bytes)}) in ${dir}`);
  output.say(`  parquetry backfill --source galexie:${options.out} --archive ./archive --ledgers ${ledgers}`);
  output.document({ ...summary, dir });
  return 0;
}
