// Part of `npm run bench -- stellar`: what a user waits for, as the command `backfill` on a server and a worker that are
// up. Runs of one ledger and of all ledgers of the lake give a fixed cost and a cost per ledger, to compare with the
// measured costs of stellar-etl for the same four tables.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ROOT } from './lib/contender.mjs';
import { childCpuMs, cpuMsOf, median } from './lib/measure.mjs';
import { NAMESPACE, startServer, startWorkerProcess } from './lib/temporal.mjs';

const BIN = path.join(ROOT, 'apps/cli/bin/parquetry.js');
/** stellar-etl on 20 ledgers of pubnet: seconds per run and per ledger, four tables, JSON output, one process. */
export const ETL = { fixed: 0.5, perLedger: 0.24, ledgers: 20 };

/** Seconds and processor seconds (command and worker) of runs by their number of ledgers, medians of `rounds`. */
export async function warmLedgers({ dir: lake, range }, rounds, log) {
  const server = await startServer({ persistent: false }, log);
  const worker = await startWorkerProcess(server, [BIN, 'worker'], /takes work/).catch(async (error) => {
    await server.stop();
    throw error;
  });
  const env = { ...process.env, TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: NAMESPACE };
  const run = (name, ledgers) => {
    const cpu = childCpuMs() + cpuMsOf(worker.pid);
    const at = performance.now();
    const end = range.start + ledgers - 1;
    const source = ['--source', `galexie:${lake}`, '--archive', name, '--ledgers', `${range.start}-${end}`];
    const { status, stderr } = spawnSync(process.execPath, [BIN, 'backfill', ...source], {
      cwd: server.dir,
      env,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`parquetry backfill ended with ${status}: ${stderr}`);
    const seconds = (performance.now() - at) / 1000;
    return { seconds, cpuSeconds: (childCpuMs() + cpuMsOf(worker.pid) - cpu) / 1000 };
  };
  const most = range.end - range.start + 1;
  const found = { one: [], all: [] };
  try {
    // The first runs pay for what the worker loads and compiles.
    for (let round = -2; round < rounds; round += 1)
      for (const [name, ledgers] of [
        ['one', 1],
        ['all', most],
      ]) {
        const result = run(`${name}-${round}`, ledgers);
        if (round >= 0) found[name].push(result);
      }
  } finally {
    await worker.stop();
    await server.stop();
  }
  const cost = (pick) => {
    const [one, all] = [median(found.one.map(pick)), median(found.all.map(pick))];
    const perLedger = (all - one) / (most - 1);
    return { one, all, perLedger, fixed: one - perLedger, at20: one + 19 * perLedger };
  };
  return {
    ledgers: most,
    rounds,
    wall: cost(({ seconds }) => seconds),
    cpu: cost(({ cpuSeconds }) => cpuSeconds),
  };
}

/** The report as text. */
export function printedWarm({ ledgers, rounds, wall, cpu }) {
  const line = (what, { fixed, perLedger, one, all, at20 }) =>
    `${what}: ${one.toFixed(2)} s for 1 ledger, ${all.toFixed(2)} s for ${ledgers}; that is ${fixed.toFixed(2)} s + ${perLedger.toFixed(3)} s a ledger, ${at20.toFixed(2)} s for 20`;
  const etl = ETL.fixed + ETL.ledgers * ETL.perLedger;
  return [
    `backfill of the four default types on a warm server and worker, medians of ${rounds} (20 ledgers are extrapolated):`,
    line('waiting time', wall),
    line('processor time of command and worker', cpu),
    `stellar-etl: ${ETL.fixed} s + ${ETL.perLedger} s a ledger, ${etl.toFixed(1)} s for 20`,
    `${mark(etl / wall.at20 >= 2.5)}  at 20 ledgers at least 2.5 times faster: ${(etl / wall.at20).toFixed(1)}`,
    `${mark(ETL.perLedger / wall.perLedger >= 5)}  a ledger at least 5 times faster: ${(ETL.perLedger / wall.perLedger).toFixed(1)}`,
  ].join('\n');
}

const mark = (met) => (met ? 'met   ' : 'MISSED');
