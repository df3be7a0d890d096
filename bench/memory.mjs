// `npm run bench -- memory`: the whole path over one small and one ten times larger partition, each in a process of its
// own: its peak must not grow with the partition, and must stay within `--memory` beyond the idle process.
import path from 'node:path';
import { ROOT } from './lib/contender.mjs';
import { contend, megabytes, table } from './lib/measure.mjs';
import { messagesFile } from './lib/messages.mjs';

/** Runs each size with each limit; bytes. */
export async function memory({ messages, limitsMb }, log = console.error) {
  const command = [process.execPath, path.join(ROOT, 'bench/contenders/parquetry.mjs')];
  const runs = [];
  for (const limitMb of limitsMb)
    for (const count of [messages, messages * 10]) {
      const data = messagesFile(count, log);
      const answer = await contend(command, {
        file: data.file,
        range: data.range,
        partitions: 1,
        concurrency: 1,
        memoryBytes: limitMb * 1e6,
        threads: 2,
      });
      if (answer.rows !== count) throw new Error(`${answer.rows} of ${count} rows were written`);
      const beyondIdle = answer.peakRss - answer.idleRss;
      runs.push({ limit: limitMb * 1e6, messages: count, inputBytes: data.bytes, beyondIdle, ...answer });
    }
  return { runs };
}

/** The report as a table. */
export function printed({ runs }) {
  const rows = runs.map((run) => [
    megabytes(run.limit),
    megabytes(run.inputBytes),
    `${run.seconds.toFixed(1)} s`,
    megabytes(run.idleRss),
    megabytes(run.peakRss),
    megabytes(run.beyondIdle),
  ]);
  return `${table(['--memory', 'partition', 'time', 'idle', 'peak RSS', 'beyond idle'], rows)}\n`;
}
