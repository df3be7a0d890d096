// `npm run bench -- telemetry`: what telemetry costs, as the command `backfill` on a warm server and worker. Modes take
// turns, each with its own server and worker, so that load of the machine meets all of them.
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import path from 'node:path';
import { ROOT } from './lib/contender.mjs';
import { childCpuMs, cpuMsOf, median, table } from './lib/measure.mjs';
import { NAMESPACE, freePort, startServer, startWorkerProcess } from './lib/temporal.mjs';

const FIRST = 426_000;

/**
 * Wall-clock and processor seconds (command and worker) of each mode, and the medians of the differences within rounds.
 * `baseline` is a built checkout of an earlier version, to compare with telemetry that is off.
 */
export async function telemetry({ rounds, ledgers, partitions, baseline }, log = console.error) {
  const collector = await startCollector();
  const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
  const metrics = ['--metrics', `127.0.0.1:${await freePort()}`];
  const modes = [
    ...(baseline === undefined ? [] : [{ name: 'before', root: baseline }]),
    { name: 'off' },
    { name: 'traces', env: traces },
    { name: 'all', env: traces, args: [...metrics, '--log-format', 'json'] },
  ];
  const running = [];
  try {
    for (const mode of modes) running.push(await startMode(mode, ledgers, log));
    for (let round = -2; round < rounds; round += 1) {
      // Every mode is at each place of the order equally often.
      const turn = (Math.max(round, 0) + running.length) % running.length;
      for (const mode of [...running.slice(turn), ...running.slice(0, turn)]) {
        const result = mode.backfill(`archive-${round}`, ledgers, partitions);
        if (round >= 0) mode.found.push(result);
      }
      log(`round ${round + 1} of ${rounds}`);
    }
    const base = running[0];
    const report = running.map(({ name, found }) => ({
      name,
      wall: median(found.map(({ wall }) => wall)),
      cpu: median(found.map(({ cpu }) => cpu)),
      over: Object.fromEntries(
        running
          .slice(0, 2)
          .filter((other) => other === base || other.name === 'off')
          .map((other) => [
            other.name,
            { wall: overhead(found, other.found, 'wall'), cpu: overhead(found, other.found, 'cpu') },
          ]),
      ),
    }));
    return { rounds, ledgers, partitions, collected: collector.bytes(), modes: report };
  } finally {
    for (const { stop } of running) await stop();
    collector.close();
  }
}

/** Median of the ratios of rounds less 1, and the range that half of them are in. */
function overhead(found, base, key) {
  const ratios = found.map((each, round) => each[key] / base[round][key] - 1).sort((a, b) => a - b);
  const at = (share) => ratios[Math.round(share * (ratios.length - 1))];
  return { median: median(ratios), low: at(0.25), high: at(0.75) };
}

async function startMode({ name, root = ROOT, env = {}, args = [] }, ledgers, log) {
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
    run('sample', '--out', 'lake', '--ledgers', String(ledgers), '--ledgers-per-file', '1');
    const worker = await startWorkerProcess(server, [bin, 'worker', ...args], /takes work/, env);
    return {
      name,
      found: [],
      backfill(archive, count, partitions) {
        const cpu = childCpuMs() + cpuMsOf(worker.pid);
        const at = performance.now();
        const size = String(Math.ceil(count / partitions));
        const range = `${FIRST}-${FIRST + count - 1}`;
        const source = ['--source', 'galexie:lake', '--archive', archive, '--ledgers', range];
        run('backfill', ...source, '--partition-size', size, '--concurrency', '2');
        return {
          wall: (performance.now() - at) / 1000,
          cpu: (childCpuMs() + cpuMsOf(worker.pid) - cpu) / 1000,
        };
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

/** A collector that only counts bytes. */
async function startCollector() {
  let bytes = 0;
  const server = createServer((request, response) => {
    request.on('data', (part) => (bytes += part.length));
    request.on('end', () => response.end());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${server.address().port}`,
    bytes: () => bytes,
    close: () => server.close(),
  };
}

/** The report as text. */
export function printed({ rounds, ledgers, partitions, modes }) {
  const percent = (value) => `${value >= 0 ? '+' : ''}${(value * 100).toFixed(1)} %`;
  const cell = ({ median: middle, low, high }) => `${percent(middle)} (${percent(low)} to ${percent(high)})`;
  const bases = Object.keys(modes[0].over);
  const head = [
    'telemetry',
    'processor s',
    'wall s',
    ...bases.flatMap((base) => [`processor over ${base}`, `wall over ${base}`]),
  ];
  const rows = modes.map(({ name, cpu, wall, over }) => [
    name,
    cpu.toFixed(2),
    wall.toFixed(2),
    ...bases.flatMap((base) => (base === name ? ['', ''] : [cell(over[base].cpu), cell(over[base].wall)])),
  ]);
  return `backfill of ${ledgers} ledgers in ${partitions} partitions, ${rounds} rounds in turns; medians, and in brackets the middle half of the rounds\n\n${table(head, rows)}\n`;
}
