// `npm run bench -- telemetry`: what telemetry costs, as the command `backfill` on a warm server and worker. Modes take
// turns, each with its own server and worker, so that load of the machine meets all of them. The base is the same program
// without the hooks of telemetry (lib/hooks.cjs), because an earlier version differs in more than that.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { ROOT } from './lib/contender.mjs';
import { hookCosts } from './lib/hookcosts.mjs';
import { childCpuMs, cpuMsOf, median, table } from './lib/measure.mjs';
import { longLake } from './lib/longlake.mjs';
import { benchRoot } from './lib/messages.mjs';
import { NAMESPACE, freePort, startServer, startWorkerProcess } from './lib/temporal.mjs';

const FIRST = 426_000;
const HOOKS = path.join(ROOT, 'bench/lib/hooks.cjs');
/** Rounds that warm up server, worker and caches. */
const WARM = 2;

/**
 * Wall-clock and processor seconds (command and worker) of each mode, and the medians of the differences within rounds.
 * Ledgers are those of the sample lake, or as large as on pubnet if `real` is the folder of real ones.
 * `baseline` is a built checkout of an earlier version, as one more mode. Then the hooks of a backfill are counted, and
 * their own time is measured.
 */
export async function telemetry({ rounds, ledgers, partitions, baseline, real }, log = console.error) {
  const lake = real === undefined ? sampleLake(ledgers) : await longLake(real, ledgers, log);
  const collector = await startCollector();
  const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
  const metrics = ['--metrics', `127.0.0.1:${await freePort()}`];
  const modes = [
    { name: 'without', env: hooks('remove') },
    { name: 'off' },
    { name: 'traces', env: traces },
    { name: 'all', env: traces, args: [...metrics, '--log-format', 'json'] },
    ...(baseline === undefined ? [] : [{ name: 'before', root: path.resolve(baseline) }]),
  ];
  const running = [];
  try {
    for (const mode of modes) running.push(await startMode(mode, lake, log));
    for (let round = -WARM; round < rounds; round += 1) {
      for (const mode of turn(running, Math.max(round, 0))) {
        const result = mode.backfill(`archive-${round}`, partitions);
        if (round >= 0) mode.found.push(result);
      }
      log(`round ${round + 1} of ${rounds}`);
    }
    const bases = running.filter(({ name }) => name === 'without' || name === 'off');
    const report = running.map(({ name, found }) => ({
      name,
      wall: median(found.map(({ wall }) => wall)),
      cpu: median(found.map(({ cpu }) => cpu)),
      worker: median(found.map(({ worker }) => worker)),
      over: Object.fromEntries(
        bases.map((base) => [
          base.name,
          {
            wall: overhead(found, base.found, 'wall'),
            cpu: overhead(found, base.found, 'cpu'),
            worker: overhead(found, base.found, 'worker'),
          },
        ]),
      ),
    }));
    const off = report.find(({ name }) => name === 'off');
    const calls = await countHooks(lake, partitions, log);
    const costs = await hookCosts();
    const offShare = (calls * costs.hookNs + (partitions + 1) * costs.noteNs) / (off.cpu * 1e9);
    const hooked = { calls, ...costs, offShare };
    return { rounds, ledgers, real, partitions, collected: collector.bytes(), modes: report, hooks: hooked };
  } finally {
    for (const { stop } of running) await stop();
    await collector.close();
  }
}

/** The modes in the order of a round: each is at each place equally often, and after each of its neighbours. */
function turn(modes, round) {
  const at = round % modes.length;
  const order = [...modes.slice(at), ...modes.slice(0, at)];
  return Math.floor(round / modes.length) % 2 === 0 ? order : order.reverse();
}

/** Median of the ratios of rounds less 1, and its confidence interval of 95 % by the ranks of the rounds. */
function overhead(found, base, key) {
  const ratios = found.map((each, round) => each[key] / base[round][key] - 1).sort((a, b) => a - b);
  const count = ratios.length;
  const rank = Math.max(0, Math.floor((count - 1.96 * Math.sqrt(count)) / 2));
  return { median: median(ratios), low: ratios[rank], high: ratios[count - 1 - rank] };
}

const hooks = (mode) => ({ NODE_OPTIONS: `--require ${HOOKS}`, PARQUETRY_BENCH_HOOKS: mode });

/** How often the worker and the command call hooks in one warm backfill. */
async function countHooks(lake, partitions, log) {
  const file = path.join(benchRoot(), `hooks-${process.pid}`);
  const mode = await startMode({ name: 'counted', env: hooks(file) }, lake, log);
  try {
    mode.backfill('archive-warm', partitions);
    const before = statSync(file).size;
    mode.backfill('archive-counted', partitions);
    return statSync(file).size - before;
  } finally {
    await mode.stop();
    rmSync(file, { force: true });
  }
}

/** The sample lake; each mode writes it next to its server. */
function sampleLake(ledgers) {
  return { dir: 'lake', sample: ledgers, range: { start: FIRST, end: FIRST + ledgers - 1 } };
}

async function startMode({ name, root = ROOT, env = {}, args = [] }, { dir, sample, range }, log) {
  const bin = path.join(root, 'apps/cli/bin/parquetry.js');
  const server = await startServer({ persistent: false }, log);
  const all = { ...process.env, ...env, TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: NAMESPACE };
  const run = (...words) => {
    const { status, stderr } = spawnSync(process.execPath, [bin, ...words], {
      cwd: server.dir,
      env: all,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`parquetry ${words[0]} ended with ${status}: ${stderr}`);
  };
  try {
    if (sample !== undefined)
      run('sample', '--out', dir, '--ledgers', String(sample), '--ledgers-per-file', '1');
    const worker = await startWorkerProcess(server, [bin, 'worker', ...args], /takes work/, env);
    return {
      name,
      found: [],
      backfill(archive, partitions) {
        const [command, working] = [childCpuMs(), cpuMsOf(worker.pid)];
        const at = performance.now();
        const size = String(Math.ceil((range.end - range.start + 1) / partitions));
        const ledgers = `${range.start}-${range.end}`;
        const source = ['--source', `galexie:${dir}`, '--archive', archive, '--ledgers', ledgers];
        run('backfill', ...source, '--partition-size', size, '--concurrency', '2');
        const wall = (performance.now() - at) / 1000;
        rmSync(path.join(server.dir, archive), { recursive: true });
        const cpus = [(childCpuMs() - command) / 1000, (cpuMsOf(worker.pid) - working) / 1000];
        return { wall, command: cpus[0], worker: cpus[1], cpu: cpus[0] + cpus[1] };
      },
      async stop() {
        await worker.stop();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** A collector that only counts bytes, on a thread of its own: this one waits for the commands. */
async function startCollector() {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    const bytes = new BigInt64Array(workerData);
    const server = require('node:http').createServer((request, response) => {
      request.on('data', (part) => Atomics.add(bytes, 0, BigInt(part.length)));
      request.on('end', () => response.end());
    });
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;
  const counter = new SharedArrayBuffer(8);
  const thread = new Worker(code, { eval: true, workerData: counter });
  const [port] = await once(thread, 'message');
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bytes: () => Number(Atomics.load(new BigInt64Array(counter), 0)),
    close: () => thread.terminate(),
  };
}

/** The report as text. */
export function printed({
  rounds,
  ledgers,
  real,
  partitions,
  modes,
  hooks: { calls, hookNs, noteNs, offShare },
}) {
  const percent = (value) => `${value >= 0 ? '+' : ''}${(value * 100).toFixed(1)} %`;
  const cell = ({ median: middle, low, high }) => `${percent(middle)} (${percent(low)} to ${percent(high)})`;
  const head = [
    'telemetry',
    'compared with',
    'processor s',
    'change',
    'of the worker s',
    'change',
    'wall s',
    'change',
  ];
  const rows = modes.flatMap(({ name, cpu, worker, wall, over }) =>
    Object.entries(over)
      .filter(([base]) => base !== name && !(name === 'without' && base === 'off'))
      .map(([base, by]) => [
        name,
        base,
        ...[cpu.toFixed(2), cell(by.cpu), worker.toFixed(2), cell(by.worker), wall.toFixed(2), cell(by.wall)],
      ]),
  );
  return `backfill of ${ledgers} ${real === undefined ? '' : 'pubnet '}ledgers in ${partitions} partitions, ${rounds} rounds in turns; medians, and in brackets their intervals of 95 % confidence

${table(head, rows)}

Telemetry that is off: ${calls} calls of hooks of ${hookNs.toFixed(0)} ns, ${partitions + 1} notes of ${(noteNs / 1000).toFixed(1)} µs: ${(offShare * 100).toFixed(4)} % of the processor time of a backfill.
`;
}
