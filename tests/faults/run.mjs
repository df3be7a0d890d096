// One run of the campaign: a backfill whose worker, command or Temporal server is killed, and started again until the
// command exits 0.
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parquetry, random, require } from './processes.mjs';

const LIMIT_MS = 400_000;
const WORKER = ['--memory', '256MB', '--threads', '1', '--slots', '3'];

const MAX_COMMANDS = 6;

/** What a run does: who is killed, and whether at an operation on disk or at a moment. */
export const KINDS = ['worker-step', 'worker-time', 'command-step', 'server-time'];

/** On a store that is a server: that server is killed under the workers of all runs. */
export const STORE_KIND = 'store-time';

/** The command that every run gives, to its own archive. */
export function backfillArgs({ lake, ledgers, archive }) {
  const size = ['--partition-size', '8', '--buffer-size', '60', '--concurrency', '3'];
  return [
    'backfill',
    '--source',
    `galexie:${lake}`,
    '--archive',
    archive,
    '--ledgers',
    ledgers,
    ...size,
    '--json',
  ];
}

/**
 * Runs one schedule of kills. `scale` says how many operations and milliseconds an undisturbed run takes.
 * Gives { kills, restarts, where, seconds, failure }.
 */
export async function faultyRun({
  dir,
  seed,
  kind,
  lane,
  address,
  lake,
  ledgers,
  archive,
  env,
  scale,
  killStore,
}) {
  mkdirSync(dir, { recursive: true });
  const next = random(seed);
  const log = path.join(dir, 'fault.log');
  const atStep = kind.endsWith('-step');
  const faults = Array.from({ length: 1 + Math.floor(next() * 3) }, () =>
    atStep
      ? { at: Math.floor(next() * scale.operations), when: next() < 0.5 ? 'before' : 'after', log }
      : { afterMs: Math.floor(next() * scale.ms) },
  );
  const began = Date.now();
  const state = { kills: 0, restarts: 0, deadline: began + LIMIT_MS };
  const args = backfillArgs({ lake, ledgers, archive });
  const own = kind.startsWith('command') || kind.startsWith('server');
  const failure = !own
    ? await withWorkers({
        dir,
        args,
        faults,
        state,
        env: { ...env, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: lane },
        kill: kind === STORE_KIND ? killStore : undefined,
        again: killStore !== undefined,
      })
    : await withCommands({ dir, args, faults, state, env, server: kind.startsWith('server') });
  return {
    kind,
    ...state,
    where: atStep ? lastOperations(log) : [],
    seconds: (Date.now() - began) / 1000,
    failure,
  };
}

/** On the shared server: one attached command, workers that are killed and followed by others. */
async function withWorkers({ dir, args, faults, state, env, kill, again }) {
  let ended;
  const begin = () => {
    ended = undefined;
    const begun = parquetry(args, { cwd: dir, env });
    void begun.ended.then((end) => (ended = end));
    return begun;
  };
  let command = begin();
  let commands = 1;
  while (ended === undefined) {
    const fault = faults.shift();
    const worker = parquetry(['worker', ...WORKER], {
      cwd: dir,
      env,
      ...(fault?.at === undefined ? {} : { fault }),
    });
    if (fault?.afterMs !== undefined)
      void sleep(fault.afterMs).then(async () => {
        if (kill === undefined || ended !== undefined) return void worker.child.kill('SIGKILL');
        state.kills += 1;
        await kill();
      });
    await Promise.race([worker.ended, command.ended, sleep(state.deadline - Date.now())]);
    if (worker.running()) {
      worker.child.kill(ended === undefined ? 'SIGKILL' : 'SIGTERM');
      const end = await worker.ended;
      if (ended === undefined) {
        command.child.kill('SIGKILL');
        return `not done after ${LIMIT_MS / 1000} s\n${end.stderr}`;
      }
    } else {
      const end = await worker.ended;
      if (end.signal !== 'SIGKILL') return `the worker ended with ${end.code}: ${end.stderr}`;
      if (ended === undefined) {
        state.kills += 1;
        state.restarts += 1;
      }
    }
    // Where the store itself was killed the command may have given up; typed again, it goes on.
    if (ended !== undefined && ended.code !== 0 && again && commands++ < MAX_COMMANDS) {
      state.restarts += 1;
      command = begin();
    }
  }
  return ended.code === 0 ? undefined : `the command ended with ${ended.code}: ${ended.stderr}`;
}

/** On a server of its own: the command with its worker is killed, or the server under it, or both. */
async function withCommands({ dir, args, faults, state, env, server }) {
  const { devHome, readDevServer, stopDevServer } = require('@parquetry/temporal');
  const home = devHome({ PARQUETRY_HOME: path.join(dir, '.parquetry') });
  try {
    for (;;) {
      const fault = faults.shift();
      const command = parquetry([...args, ...WORKER], {
        cwd: dir,
        env,
        ...(fault?.at === undefined ? {} : { fault }),
      });
      if (fault?.afterMs !== undefined)
        void serverOf(home, command, readDevServer).then(async (pid) => {
          await sleep(fault.afterMs);
          if (pid === undefined || !command.running()) return;
          process.kill(pid, 'SIGKILL');
          state.kills += 1;
          if (fault.afterMs % 2 === 0) command.child.kill('SIGKILL');
        });
      const timer = setTimeout(() => command.child.kill('SIGTERM'), state.deadline - Date.now());
      const end = await command.ended;
      clearTimeout(timer);
      if (end.code === 0) return undefined;
      if (Date.now() > state.deadline) return `not done after ${LIMIT_MS / 1000} s: ${end.stderr}`;
      if (end.signal === 'SIGKILL') state.kills += 1;
      else if (!server) return `the command ended with ${end.code}: ${end.stderr}`;
      state.restarts += 1;
    }
  } finally {
    await stopDevServer(home);
  }
}

/** The process of the embedded server, as soon as the command has one. */
async function serverOf(home, command, readDevServer) {
  for (; command.running(); await sleep(100)) {
    const found = await readDevServer(home).catch(() => undefined);
    if (found !== undefined) return found.server.pid;
  }
  return undefined;
}

/** Where the processes ended: the operation and the kind of file it was about. */
function lastOperations(log) {
  let text = '';
  try {
    text = readFileSync(log, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter((line) => line.includes('"name"'))
    .map((line) => {
      const { name, when, target } = JSON.parse(line);
      return `${when} ${name} ${fileKind(target)}`;
    });
}

function fileKind(target) {
  if (target.includes('_delta_log')) return target.endsWith('.json') ? 'commit' : 'log file';
  if (target.includes('/_parquetry/')) return target.includes('/segments/') ? 'record' : 'archive file';
  if (target.includes('/stages/')) return 'stage';
  if (target.includes('/year=')) return path.basename(target).startsWith('.tmp-') ? 'data temp' : 'data file';
  return 'other';
}
