// One run of the campaign: a backfill whose worker, command, connection, Temporal server or storage server is killed
// until it is done.
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parquetry, random, require } from './processes.mjs';
import { WORKER } from './lane.mjs';

export const LIMIT_MS = 400_000;
const MAX_CUT_MS = 6000;
const SIZE = 4;
const BUFFER = 40;
export const TYPES = ['transactions', 'contract_events'];

/**
 * Who is killed, and whether at a step or at a moment. On a store that is a server, `store-time` kills that server under
 * the workers of all lanes.
 */
const WORKER_KINDS = ['worker-step', 'worker-time', 'connection-time'];
const COMMAND_KINDS = ['command-step', 'server-time'];

/** The kinds of runs on a store, in their order. */
export function kindsOn(store) {
  return store.kill === undefined
    ? [...WORKER_KINDS, ...WORKER_KINDS, ...WORKER_KINDS, ...COMMAND_KINDS]
    : ['worker-step', 'store-time', 'worker-time', 'store-time', 'worker-step', 'connection-time'];
}

/** The input of a run's workflow; the same as that of the command below. */
export function backfillInput({ lake, range, archive }) {
  return {
    spec: {
      source: { uri: `galexie:${lake}` },
      archive,
      range,
      partitionSize: SIZE,
      types: TYPES,
      settings: { compression: 'snappy', layout: { kind: 'ledger_day' }, maxRowsPerFile: BUFFER },
      maxRejects: 0,
      verify: 'ledger',
    },
    concurrency: 3,
    maxParked: 100,
    onFailure: 'park',
  };
}

function backfillArgs({ lake, range, archive }) {
  return [
    ...['backfill', '--source', `galexie:${lake}`, '--archive', archive],
    ...['--ledgers', `${range.start}-${range.end}`, '--partition-size', String(SIZE)],
    ...['--types', TYPES.join(), '--buffer-size', String(BUFFER), '--concurrency', '3', '--json', ...WORKER],
  ];
}

/**
 * Runs one schedule of kills. `scale` says how many steps of each kind and how many milliseconds an undisturbed run takes;
 * `haste` divides the moments.
 * Gives { kind, kills, restarts, where, seconds, failure }.
 */
export async function faultyRun({ lane, dir, seed, kind, lake, range, archive, scale, haste = 1 }) {
  mkdirSync(dir, { recursive: true });
  const next = random(seed);
  const log = path.join(dir, 'fault.log');
  const atStep = kind.endsWith('-step');
  const kinds = Object.keys(scale.counts).sort();
  const faults = Array.from({ length: 1 + Math.floor(next() ** 2 * 3) }, () => {
    if (!atStep)
      return {
        afterMs: Math.floor((next() * 0.8 * scale.ms) / haste),
        cutMs: Math.floor(next() * MAX_CUT_MS),
      };
    const step = kinds[Math.floor(next() * kinds.length)];
    return {
      kind: step,
      at: Math.floor(next() * scale.counts[step]),
      when: next() < 0.5 ? 'before' : 'after',
      log,
    };
  });
  const began = Date.now();
  const state = { kills: 0, restarts: 0, deadline: began + LIMIT_MS };
  const run = { lane, dir, lake, range, archive, faults, state, log, kind };
  const failure = await (COMMAND_KINDS.includes(kind) ? withCommands(run) : withWorker(run)).catch(
    (error) => `${error.stack}`,
  );
  return {
    kind,
    ...state,
    where: atStep ? lastSteps(log) : [],
    seconds: (Date.now() - began) / 1000,
    failure,
  };
}

/** On the shared Temporal server, with the lane's worker. */
async function withWorker({ lane, dir, lake, range, archive, faults, state, log, kind }) {
  const atStep = kind === 'worker-step';
  let died;
  lane.onDeath = (end) => {
    if (end.signal !== 'SIGKILL') died = `the worker ended with ${end.code}: ${end.stderr}`;
    state.kills += 1;
    state.restarts += 1;
    lane.arm((atStep && faults.shift()) || { log });
  };
  lane.arm((atStep && faults.shift()) || { log });
  let over = false;
  const strikes = atStep ? undefined : strike(lane, kind, faults, state, () => over);
  const input = backfillInput({ lake, range, archive });
  const failure = await lane
    .backfill(path.basename(dir), input, () => (state.restarts += 1), state.deadline)
    .finally(() => (over = true));
  await strikes;
  lane.onDeath = () => undefined;
  return died ?? (failure === undefined ? undefined : `the run ${failure}\n`);
}

/** Kills at moments, one after the other, until the run is over. */
async function strike(lane, kind, faults, state, isOver) {
  for (const { afterMs, cutMs } of faults) {
    for (const until = Date.now() + afterMs; Date.now() < until && !isOver();) await sleep(20);
    if (isOver()) return;
    // The lane counts the end of its worker itself.
    if (kind === 'worker-time') {
      lane.worker.child.kill('SIGKILL');
      await lane.worker.ended;
      continue;
    }
    state.kills += 1;
    await (kind === 'store-time' ? lane.store.kill() : lane.gate.cut(cutMs));
  }
}

/** On a separate Temporal server: the command with its worker is killed, or the server under it, or both. */
async function withCommands({ lane, dir, lake, range, archive, faults, state, kind }) {
  const { devHome, readDevServer, stopDevServer } = require('@parquetry/temporal');
  const home = devHome({ PARQUETRY_HOME: path.join(dir, '.parquetry') });
  const server = kind === 'server-time';
  try {
    for (;;) {
      const fault = faults.shift();
      const command = parquetry(backfillArgs({ lake, range, archive }), {
        cwd: dir,
        env: lane.store.env,
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
      if (end.signal === 'SIGKILL') state.kills += server ? 0 : 1;
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

/** Where the processes ended: the step and its subject. */
export function lastSteps(log) {
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
      const { kind, name, when, target } = JSON.parse(line);
      const temporary = path.basename(target).startsWith('.tmp-') ? ' (temporary)' : '';
      return `${when} ${kind.startsWith(name) ? '' : `${name} `}${kind}${temporary}`;
    });
}
