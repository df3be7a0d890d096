// Part of `npm run bench -- orchestration`: the fixed cost of a run, as the command `backfill` with two ledgers on a
// server and a worker that are up.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ROOT } from './lib/contender.mjs';
import { childCpuMs, median } from './lib/measure.mjs';
import { NAMESPACE } from './lib/temporal.mjs';

const BIN = path.join(ROOT, 'apps/cli/bin/parquetry.js');
const FIRST = 426_000;

/** Wall-clock milliseconds of the command, and the processor time of its process, each the median of `rounds`. */
export function twoLedgers({ address, dir }, rounds) {
  const env = { ...process.env, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: NAMESPACE };
  const run = (...args) => {
    const { status, stderr } = spawnSync(process.execPath, [BIN, ...args], {
      cwd: dir,
      env,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`parquetry ${args[0]} ended with ${status}: ${stderr}`);
  };
  run('sample', '--out', 'lake', '--ledgers', '20', '--ledgers-per-file', '2');
  const found = [];
  // The first run pays for what the worker loads.
  for (let round = 0; round <= rounds; round += 1) {
    const start = FIRST + (round % 10) * 2;
    const args = [
      '--source',
      'galexie:lake',
      '--archive',
      `two-${round}`,
      '--ledgers',
      `${start}-${start + 1}`,
    ];
    const cpu = childCpuMs();
    const at = performance.now();
    run('backfill', ...args);
    found.push({ wallMs: performance.now() - at, cpuMs: childCpuMs() - cpu });
  }
  const middle = (pick) => median(found.slice(1).map(pick));
  return { wallMs: middle(({ wallMs }) => wallMs), cpuMs: middle(({ cpuMs }) => cpuMs) };
}
