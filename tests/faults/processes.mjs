// The processes of a campaign: commands and workers, the Temporal server that lanes share, the independent reader.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const require = createRequire(path.join(ROOT, 'apps/cli/package.json'));
const HOOK = path.join(ROOT, 'tests/faults/hook.cjs');
const BIN = 'apps/cli/bin/parquetry.js';

const alive = new Set();
process.on('exit', () => alive.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** A child process that does not outlive this one; `ended` gives code, signal and what it printed. */
export function start(file, args, options = {}) {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
  alive.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout = (stdout + text).slice(-65_536)));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr = (stderr + text).slice(-8000)));
  const ended = new Promise((resolve) =>
    child.on('close', (code, signal) => {
      alive.delete(child);
      resolve({ code, signal, stdout, stderr });
    }),
  );
  return { child, ended, running: () => child.exitCode === null && child.signalCode === null };
}

/**
 * `parquetry …args` of the checkout in `from`; `fault` is the setting of `hook.cjs`, `talk` opens the channel for its
 * messages, `flags` are those of Node.
 */
export function parquetry(args, { cwd, env = {}, fault, talk = false, flags = [], from = ROOT }) {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')),
  );
  const hook = fault === undefined ? [] : ['--require', HOOK];
  return start(process.execPath, [...flags, ...hook, path.join(from, BIN), ...args], {
    cwd,
    stdio: ['pipe', 'pipe', 'pipe', ...(talk ? ['ipc'] : [])],
    env: {
      ...clean,
      PARQUETRY_HOME: path.join(cwd, '.parquetry'),
      ...env,
      ...(fault === undefined ? {} : { PARQUETRY_FAULT: JSON.stringify(fault) }),
    },
  });
}

/**
 * A Temporal server with a namespace for each lane of runs. Its database is a file in `root`: one in memory is lost with
 * its connection, which happens on a machine under load. `restart({lose})` ends it as a crash does and starts it again, with
 * its database or without.
 */
export async function startTemporal(namespaces, root) {
  const { resolveTemporalBinary, connectClient, ensureSearchAttributes } = require('@parquetry/temporal');
  const binary = await resolveTemporalBinary({ onProgress: (line) => console.error(line) });
  const [port] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const database = path.join(root, 'temporal.db');
  const clients = new Map();
  let server;
  const launch = async () => {
    const started = start(binary, [
      ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)],
      ...['--db-filename', database, '--sqlite-pragma', 'synchronous=0', '--log-level', 'error'],
      ...namespaces.flatMap((name) => ['--namespace', name]),
    ]);
    server = started;
    void started.ended.then(({ stderr }) => {
      if (server !== started) return;
      console.error(`The Temporal server of the campaign ended: ${stderr}`);
      process.exit(1);
    });
    const ready = new Set();
    for (let tries = 0; ready.size < namespaces.length; tries++)
      try {
        for (const namespace of namespaces) {
          const connected = clients.get(namespace) ?? (await connectClient({ address, namespace }, 2000));
          clients.set(namespace, connected);
          await ensureSearchAttributes(connected.connection, namespace);
          ready.add(namespace);
        }
      } catch (error) {
        if (tries > 120 || !started.running()) throw error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
  };
  const end = async () => {
    const ended = server;
    server = undefined;
    ended.child.kill('SIGKILL');
    await ended.ended;
  };
  await launch();
  return {
    address,
    client: (namespace) => clients.get(namespace).client,
    restart: async ({ lose = false } = {}) => {
      await end();
      if (lose)
        for (const rest of ['', '-wal', '-shm', '-journal']) rmSync(`${database}${rest}`, { force: true });
      await launch();
    },
    // The clients' connections end with this process: a call that is tried again must find its channel until then.
    stop: end,
  };
}

/** Unused ports, all free at the same moment. */
export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** The independent reader: one process for the whole campaign, asked one archive after the other. */
export function startReader(python, script = 'reader.py') {
  const { child, ended } = start(python, [path.join(ROOT, 'tests/faults', script)]);
  const waiting = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)));
  void ended.then(({ stderr }) =>
    waiting.forEach(({ reject }) => reject(new Error(`the reader ended: ${stderr}`))),
  );
  const ask = (request) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  return {
    ask,
    read: (archive, options) => ask({ archive, options }),
    stop: () => (child.stdin.end(), ended),
  };
}

/** Pseudo-random numbers in [0, 1) (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
