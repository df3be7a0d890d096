// `npm run bench -- startup`: how long help, version and usage errors take, compared with `node -e 0`, in turns.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ROOT } from './lib/contender.mjs';
import { childCpuMs, median, table } from './lib/measure.mjs';

const BIN = path.join(ROOT, 'apps/cli/bin/parquetry.js');

/** Command lines, and how they end. */
const LINES = {
  'node -e 0': [['-e', '0'], 0],
  '--version': [[BIN, '--version'], 0],
  '--help': [[BIN, '--help'], 0],
  'backfill --help': [[BIN, 'backfill', '--help'], 0],
  'usage error': [[BIN, 'backfill', '--partition-size', '0'], 2],
};

/** Wall-clock and processor milliseconds of each command line, each the median of `rounds` that take turns. */
export function startup({ rounds }) {
  const found = Object.fromEntries(Object.keys(LINES).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const [name, [args, exit]] of Object.entries(LINES)) found[name].push(timed(args, exit));
  return {
    lines: Object.entries(found).map(([name, runs]) => ({
      name,
      wallMs: median(runs.map(({ wallMs }) => wallMs)),
      cpuMs: median(runs.map(({ cpuMs }) => cpuMs)),
    })),
  };
}

/** The report as a table; the goal is 1.5 times the bare process plus 100 ms. */
export function printed({ lines }) {
  const [bare] = lines;
  const goal = bare.wallMs * 1.5 + 100;
  const rows = lines.map(({ name, wallMs, cpuMs }) => [
    name,
    `${wallMs.toFixed(0)} ms`,
    `${cpuMs.toFixed(0)} ms`,
    (wallMs / bare.wallMs).toFixed(2),
    wallMs <= goal ? 'met' : 'MISSED',
  ]);
  const head = ['command line', 'wall clock', 'processor', 'ratio', `at most ${goal.toFixed(0)} ms`];
  return `${table(head, rows)}\n`;
}

/** Times one command line, with the processor time of its process. */
function timed(args, exit) {
  const before = childCpuMs();
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  const wallMs = performance.now() - start;
  if (status !== exit) throw new Error(`${args.join(' ')} ended with ${status}, not ${exit}`);
  return { wallMs, cpuMs: childCpuMs() - before };
}
