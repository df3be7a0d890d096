import path from 'node:path';
import { formatRange } from '@parquetry/core';
import type { Define } from '../cli';
import { type Output, formatBytes } from '../output';
import { wholeNumber } from '../parsers';

interface Options {
  readonly out: string;
  readonly ledgers: number;
  readonly ledgersPerFile: number;
}

/** `parquetry sample` */
export const define: Define = ({ command, output, run }) =>
  command('sample', 'write a small lake of made-up but valid ledgers', 'Run')
    .requiredOption('--out <folder>', 'folder for the lake')
    .option('--ledgers <count>', 'number of ledgers', wholeNumber(1, 100_000), 200)
    .option('--ledgers-per-file <count>', 'ledgers in a file', wholeNumber(1, 10_000), 4)
    .writes()
    .example('parquetry sample --out ./lake --ledgers 1000')
    .action((options: Options) => run(() => sample(options, output)));

/** Writes the same bytes every time. */
async function sample(options: Options, output: Output): Promise<number> {
  const { writeSampleLake } = require('@parquetry/sample') as typeof import('@parquetry/sample');
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
