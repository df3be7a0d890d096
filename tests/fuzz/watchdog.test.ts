import { spawnSync } from 'node:child_process';
import { WATCH } from './watchdog';

/** A process that is in case 7 of a target and runs `body`, while the watchdog's thread watches it. */
function run(body: string, limits: string): { signal: NodeJS.Signals | null; stderr: string } {
  const code = `
    const cells = new Int32Array(new SharedArrayBuffer(16));
    cells.set([1, 0, 7, 1]);
    const { Worker } = require('node:worker_threads');
    const workerData = { state: cells.buffer, names: ['lake'], ${limits} };
    new Worker(${JSON.stringify(WATCH)}, { eval: true, workerData, execArgv: [] }).unref();
    ${body}`;
  const { signal, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', timeout: 25_000 });
  return { signal, stderr };
}

it('ends a process whose case hangs in a busy loop', () => {
  expect(run('setTimeout(() => { for (;;); }, 1000)', 'ms: 2000, most: Infinity')).toEqual({
    signal: 'SIGKILL',
    stderr: 'A fuzz case hangs: --target lake --index 7\n',
  });
});

it('ends a process whose case fills the memory', () => {
  const grow = 'const all = []; setInterval(() => all.push(Buffer.alloc(1 << 23, 1)), 10)';
  expect(run(grow, 'ms: 60_000, most: 300e6')).toEqual({
    signal: 'SIGKILL',
    stderr: 'A fuzz case fills the memory: --target lake --index 7\n',
  });
});

it('does not keep a process alive', () => {
  expect(run('', 'ms: 60_000, most: Infinity')).toEqual({ signal: null, stderr: '' });
});
