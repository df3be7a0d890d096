// A Temporal dev server and workers of the bench's own, on loopback and free ports.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './contender.mjs';
import { benchRoot } from './messages.mjs';

const require = createRequire(path.join(ROOT, 'apps/worker/package.json'));
const {
  SERVER_SETTINGS,
  connectClient,
  ensureSearchAttributes,
  resolveTemporalBinary,
} = require('@parquetry/temporal');

export const NAMESPACE = 'default';
const START_LIMIT_MS = 60_000;

/**
 * Starts `temporal server start-dev`, in memory or on a database file, and connects to it.
 * @returns {Promise<{address: string, client: object, dir: string, pid: number, stop: () => Promise<void>}>} `dir` is a folder that goes with it
 */
export async function startServer({ persistent }, log = console.error) {
  const binary = await resolveTemporalBinary({ onProgress: log });
  mkdirSync(benchRoot(), { recursive: true });
  const dir = mkdtempSync(path.join(benchRoot(), 'temporal-'));
  const port = await freePort();
  const database = persistent ? ['--db-filename', path.join(dir, 'temporal.db')] : [];
  const args = [
    'server',
    'start-dev',
    '--headless',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    ...SERVER_SETTINGS,
    ...database,
  ];
  const server = start(binary, [...args, '--log-level', 'error'], { cwd: dir });
  const address = `127.0.0.1:${port}`;
  const { client, connection } = await connected(address, server);
  await ensureSearchAttributes(connection, NAMESPACE);
  return {
    address,
    client,
    dir,
    pid: server.pid,
    async stop() {
      await connection.close();
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A worker in a separate process: the commands or the script in `args`; the environment has the server. */
export async function startWorkerProcess(server, args, ready, more = {}) {
  const env = {
    ...process.env,
    ...more,
    TEMPORAL_ADDRESS: server.address,
    TEMPORAL_NAMESPACE: NAMESPACE,
    PARQUETRY_HOME: path.join(server.dir, 'home'),
  };
  const worker = start(process.execPath, args, { cwd: server.dir, env });
  const until = Date.now() + START_LIMIT_MS;
  while (!ready.test(worker.output())) {
    if (worker.ended() || Date.now() > until) throw new Error(`the worker did not start: ${worker.output()}`);
    await sleep(50);
  }
  return worker;
}

/** Bytes of a process that are resident now, from /proc; undefined where there is none. */
export const residentBytes = (pid) => statusBytes(pid, 'VmRSS');

/** Most bytes of a process that were resident at a time. */
export const peakBytes = (pid) => statusBytes(pid, 'VmHWM');

function statusBytes(pid, field) {
  try {
    const line = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1]) * 1024;
  } catch {
    return undefined;
  }
}

function start(file, args, options) {
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output = `${output}${text}`.slice(-4000)));
  let over = false;
  const closed = new Promise((resolve) => child.once('close', resolve)).then(() => (over = true));
  // What fails in the bench must not leave processes behind.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    pid: child.pid,
    output: () => output,
    ended: () => over,
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(kill, 30_000);
      await closed;
      clearTimeout(late);
      process.off('exit', kill);
    },
  };
}

async function connected(address, server) {
  const until = Date.now() + START_LIMIT_MS;
  for (;;)
    try {
      return await connectClient({ address, namespace: NAMESPACE }, 2000);
    } catch (error) {
      if (server.ended() || Date.now() > until)
        throw new Error(`the server did not start: ${server.output()}`, { cause: error });
      await sleep(100);
    }
}

/** A free port of the loopback address. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
