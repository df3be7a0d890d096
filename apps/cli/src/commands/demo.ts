import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { formatRange } from '@parquetry/core';
import type { Define } from '../cli';
import { Documents } from '../eachrange';
import { type Output, formatBytes } from '../output';
import { type BackfillOptions, RUN_SETTINGS } from '../runoptions';
import { defaults } from '../settings';
import { WORKER_SETTINGS, type WorkerOptions, workerSettings } from '../workeroptions';
import { backfill } from './backfill';
import { query } from './query';
import { verify } from './verify';

interface Options extends WorkerOptions {
  readonly out: string;
}

/** `parquetry demo` */
export const define: Define = ({ command, output, run }) =>
  command('demo', 'sample lake, backfill, verify and query, all in one folder', 'Run')
    .option('--out <folder>', 'folder of the demo', 'demo')
    .settings(WORKER_SETTINGS)
    .writes()
    .example('parquetry demo --out ./demo')
    .action((options: Options) => run(() => demo(options, output)));

const QUESTION = `select date_trunc('hour', closed_at) as hour, count(*) as transactions,
  count(*) filter (where successful) as successful, sum(fee_charged) as fees
from transactions group by 1 order by 1`;

/** Runs a backfill on a generated lake, verifies it, queries it, and prints what to look at next. */
async function demo(options: Options, output: Output): Promise<number> {
  const { writeSampleLake } = require('@parquetry/sample') as typeof import('@parquetry/sample');
  const { devHome } = require('@parquetry/temporal') as typeof import('@parquetry/temporal');
  const settings = workerSettings(options);
  const documents = new Documents(output.json);
  const end = (code: number): number => {
    output.document({ steps: documents.all });
    return code;
  };
  const dir = path.resolve(options.out);
  const lake = path.join(dir, 'lake');
  const archive = path.join(dir, 'archive');
  await mkdir(dir, { recursive: true });
  output.say('1. A sample lake: made-up ledgers in the format of the public Stellar lakes (SEP-54)');
  const summary = await writeSampleLake({ dir: lake });
  const ledgers = formatRange(summary.ledgers);
  output.say(`   ${summary.files} files, ledgers ${ledgers}, ${formatBytes(summary.bytes)}: ${lake}\n`);

  output.say(
    `2. parquetry backfill --source galexie:${lake} --archive ${archive} --ledgers ${ledgers} --partition-size 50`,
  );
  const done = await backfill(
    {
      ...(defaults(RUN_SETTINGS) as unknown as BackfillOptions),
      source: `galexie:${lake}`,
      archive,
      ledgers,
      partitionSize: 50,
      compression: 'zstd',
    },
    settings,
    documents,
  );
  if (done !== 0) return end(done);

  output.say(`\n3. parquetry verify --archive ${archive} --deep`);
  const verified = await verify(archive, { level: 'full' }, documents);
  if (verified !== 0) return end(verified);

  output.say(`\n4. parquetry query --archive ${archive} "${QUESTION}"`);
  const answered = await query(archive, QUESTION, { memory: settings.memoryBytes }, documents);
  if (answered !== 0) return end(answered);

  output.say('\nWhere things are');
  output.say(`  sample lake      ${lake}`);
  output.say(`  archive          ${archive} (each folder is a Delta table)`);
  output.say(`  Temporal state   ${devHome().root}`);
  output.say('Open the run in the Temporal UI:  npx parquetry dev');
  return end(0);
}
