// `npm run bench -- memory`: the whole path over one small and one ten times larger partition, each in a process of its
// own: its peak must not grow with the partition, and must stay within `--memory` beyond the idle process. Then the
// messages of the larger one as two partitions at once, none in order, and every value read back.
import path from 'node:path';
import { ROOT } from './lib/contender.mjs';
import { contend, megabytes, table } from './lib/measure.mjs';
import { messagesFile } from './lib/messages.mjs';

/** Enough for two lanes (apps/worker/src/budget.ts). */
const TWO_LANES_MB = 768;

/** Runs each size with each limit; bytes. */
export async function memory({ messages, limitsMb, lanesMessages = messages * 10 }, log = console.error) {
  const runs = [];
  for (const limitMb of limitsMb)
    for (const count of [messages, messages * 10])
      runs.push(await measure({ data: messagesFile(count, log), limitMb, lanes: 1, verify: 'ledger' }));
  const data = messagesFile(lanesMessages, log, { descending: true });
  runs.push(await measure({ data, limitMb: TWO_LANES_MB, lanes: 2, verify: 'full' }));
  return { runs };
}

/** One run: as many partitions as lanes. */
async function measure({ data, limitMb, lanes, verify }) {
  const command = [process.execPath, path.join(ROOT, 'bench/contenders/parquetry.mjs')];
  const answer = await contend(command, {
    file: data.file,
    range: data.range,
    partitions: lanes,
    concurrency: lanes,
    memoryBytes: limitMb * 1e6,
    threads: 2,
    verify,
  });
  const { messages, bytes: inputBytes } = data;
  if (answer.rows !== messages) throw new Error(`${answer.rows} of ${messages} rows were written`);
  const beyondIdle = answer.peakRss - answer.idleRss;
  return { limit: limitMb * 1e6, lanes, verify, messages, inputBytes, beyondIdle, ...answer };
}

/** The report as a table. */
export function printed({ runs }) {
  const rows = runs.map((run) => [
    megabytes(run.limit),
    megabytes(run.inputBytes),
    run.lanes,
    run.verify,
    `${run.seconds.toFixed(1)} s`,
    megabytes(run.idleRss),
    megabytes(run.peakRss),
    megabytes(run.beyondIdle),
  ]);
  const head = ['--memory', 'messages', 'partitions', 'verify', 'time', 'idle', 'peak RSS', 'beyond idle'];
  return `${table(head, rows)}\n`;
}
