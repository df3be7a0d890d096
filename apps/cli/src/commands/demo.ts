import path from 'node:path';
import { mkdir } from 'node:fs/promises';
import { writeSampleLake } from '@parquetry/sample';
import { formatRange } from '@parquetry/core';
import { devHome } from '@parquetry/temporal';
import type { WorkerSettings } from '../options';
import { type Output, formatBytes } from '../output';
import { backfill } from './backfill';
import { query } from './query';
import { verify } from './verify';

const QUESTION = `select date_trunc('hour', closed_at) as hour, count(*) as transactions,
  count(*) filter (where successful) as successful, sum(fee_charged) as fees
from transactions group by 1 order by 1`;

/** `parquetry demo`: the main job on a generated lake, with everything a newcomer wants to look at afterwards. */
export async function demo(out: string, settings: WorkerSettings, output: Output): Promise<number> {
  const dir = path.resolve(out);
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
      source: `galexie:${lake}`,
      archive,
      ledgers,
      partitionSize: 50,
      layout: 'ledger_day',
      ledgersPerFolder: 10_000,
      compression: 'zstd',
      concurrency: 4,
      maxParked: 50,
      maxRejects: 0,
      onFailure: 'park',
      verify: 'ledger',
    },
    settings,
    output,
  );
  if (done !== 0) return done;

  output.say(`\n3. parquetry verify --archive ${archive} --deep`);
  const verified = await verify(archive, { level: 'full' }, output);
  if (verified !== 0) return verified;

  output.say(`\n4. parquetry query --archive ${archive} "${QUESTION}"`);
  const answered = await query(archive, QUESTION, { memoryBytes: settings.memoryBytes }, output);
  if (answered !== 0) return answered;

  output.say('\nWhere things are');
  output.say(`  sample lake      ${lake}`);
  output.say(`  archive          ${archive} (each folder is a Delta table)`);
  output.say(`  Temporal state   ${devHome().root}`);
  output.say('Look at the run in the Temporal UI:  npx parquetry dev');
  return 0;
}
