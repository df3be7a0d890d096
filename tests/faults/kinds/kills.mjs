// Processes that end: workers, commands, Temporal servers and storage servers.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WORKER } from '../lane.mjs';
import { parquetry, require } from '../processes.mjs';
import { backfillArgs, LIMIT_MS } from '../run.mjs';

const ALL = ['local', 's3', 'gcs'];

/** A step at which the process ends; a run meets one to three of them, then none. */
function nextStep(run) {
  run.left ??= 1 + Math.floor(run.next() ** 2 * 3);
  if (run.left-- <= 0) return {};
  const kinds = Object.keys(run.scale.counts).sort();
  const kind = kinds[Math.floor(run.next() * kinds.length)];
  const at = Math.floor(run.next() * run.scale.counts[kind]);
  return { kind, at, when: run.next() < 0.5 ? 'before' : 'after' };
}

/** One or two moments. */
async function atMoments(run, strike) {
  for (let left = 1 + Math.floor(run.next() ** 2 * 2); left > 0; left--) {
    if (!(await run.pause(run.moment()))) return;
    await strike();
  }
}

const workerStep = { name: 'worker-step', stores: ALL, step: nextStep };
const workerTime = {
  name: 'worker-time',
  stores: ALL,
  strike: (run) =>
    atMoments(run, async () => {
      const { worker } = run.lane;
      worker?.child.kill('SIGKILL'); // the lane counts the end of its worker
      await worker?.ended;
    }),
};

const storeTime = {
  name: 'store-time',
  stores: ['s3', 'gcs'],
  weight: 2,
  strike: (run) => atMoments(run, () => ((run.faults += 1), run.lane.store.kill())),
};

/** The server of the lane ends, with its database or without it. */
const serverKind = (name, lose) => ({
  name,
  stores: ALL,
  weight: lose ? 2 : 3,
  lane: 'temporal',
  // The commands that follow the run lose their server: they end with an error, and are started again.
  codes: ['TEMPORAL_UNREACHABLE', 'TEMPORAL_UNAVAILABLE', ...(lose ? ['CANCELLED'] : [])],
  // A worker whose namespace is gone ends with an error, and its supervisor starts it again.
  ...(lose ? { death: ({ code }) => code === 1 || code === 3 } : {}),
  strike: async (run) => {
    if (!(await run.pause(run.moment()))) return;
    run.faults += 1;
    await run.lane.temporal.restart({ lose });
  },
});

/** A command with its own server and worker: it is killed at a step, or its server at a moment, or both. */
const commandKind = (name, server) => ({
  name,
  stores: ['local'],
  main: (run) => withCommands(run, server),
});

async function withCommands(run, server) {
  const { lane, dir, lake, range, archive } = run;
  const { devHome, readDevServer, stopDevServer } = require('@parquetry/temporal');
  const home = devHome({ PARQUETRY_HOME: path.join(dir, '.parquetry') });
  try {
    for (let turn = 0; ; turn++) {
      const fault = server ? undefined : { ...nextStep(run), log: run.log };
      const command = parquetry([...backfillArgs({ lake, range, archive }), ...WORKER], {
        ...{ cwd: dir, env: lane.store.env, fault },
      });
      if (server && turn === 0) void killServer(run, home, command, readDevServer);
      const timer = setTimeout(() => command.child.kill('SIGTERM'), run.deadline - Date.now());
      const end = await command.ended;
      clearTimeout(timer);
      if (end.code === 0) return undefined;
      if (Date.now() > run.deadline) return `not done after ${LIMIT_MS / 1000} s: ${end.stderr}`;
      if (end.signal === 'SIGKILL') run.faults += server ? 0 : 1;
      else if (!server) return `the command ended with ${end.code}: ${end.stderr}`;
      run.restarts += 1;
    }
  } finally {
    await stopDevServer(home);
  }
}

async function killServer(run, home, command, readDevServer) {
  let found;
  for (; found === undefined && command.running(); await sleep(100))
    found = await readDevServer(home).catch(() => undefined);
  const both = run.next() < 0.5;
  await sleep(run.moment());
  if (found === undefined || !command.running()) return;
  process.kill(found.server.pid, 'SIGKILL');
  run.faults += 1;
  if (both) command.child.kill('SIGKILL');
}

export const KINDS = [
  workerStep,
  workerTime,
  storeTime,
  serverKind('server-restart', false),
  serverKind('server-lost', true),
  commandKind('command-step', false),
  commandKind('command-server', true),
];
