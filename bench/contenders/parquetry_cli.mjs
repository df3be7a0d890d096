// The same backfill as a user types it: the command, its embedded Temporal server and in-process worker, the plan's
// index pass and the start of all of them included.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT, readRequest } from '../lib/contender.mjs';

const { file, range, workDir, partitions, concurrency, memoryBytes } = readRequest();
mkdirSync(workDir, { recursive: true });
const length = range.end - range.start + 1;
const args = [
  path.join(ROOT, 'apps/cli/bin/parquetry.js'),
  ...['backfill', '--source', `ndjson:${file}`, '--archive', path.join(workDir, 'archive')],
  ...['--ledgers', `${range.start}-${range.end}`, '--partition-size', Math.ceil(length / partitions)],
  ...['--concurrency', concurrency, '--memory', `${Math.floor(memoryBytes / 1e6)}MB`, '--json'],
].map(String);
const env = { ...process.env, PARQUETRY_HOME: path.join(workDir, 'home') };
const started = performance.now();
const child = spawn(process.execPath, args, { cwd: workDir, env, stdio: ['ignore', 'pipe', 'pipe'] });
let out = '';
let err = '';
let peakRss = 0;
const watch = setInterval(() => (peakRss = Math.max(peakRss, highWater(child.pid))), 100);
child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
child.stderr.setEncoding('utf8').on('data', (text) => (err = `${err}${text}`.slice(-4000)));
child.on('close', (code) => {
  clearInterval(watch);
  if (code !== 0) {
    process.stderr.write(err);
    process.exit(1);
  }
  const { tally } = JSON.parse(out);
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(`${JSON.stringify({ seconds, rows: tally.rows, bytes: tally.bytes, peakRss })}\n`);
});

/** Most bytes resident so far, from /proc; 0 where there is none. */
function highWater(pid) {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
