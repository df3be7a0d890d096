// `npm run bench -- workers`: one backfill by 1, 2 and 4 workers with separate work folders, source and archive on an S3
// server that is as slow as a distant one, and what the figures say about more machines than this one.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { createRequire } from 'node:module';
import path from 'node:path';
import { openStorage } from '../tests/faults/stores.mjs';
import { ROOT } from './lib/contender.mjs';
import { cpuMsOf, table } from './lib/measure.mjs';
import { benchRoot } from './lib/messages.mjs';
import { startSlowStore } from './lib/slowstore.mjs';
import { startServer, startWorkerProcess } from './lib/temporal.mjs';

const require = createRequire(path.join(ROOT, 'apps/cli/package.json'));
const { writeSampleLake } = require('@parquetry/sample');
const { openStore } = require('@parquetry/storage');
const { TASK_QUEUE } = require('@parquetry/workflows');

const BIN = path.join(ROOT, 'apps/cli/bin/parquetry.js');
const PARTITION = 10;
/** Steps at once in a worker. */
const SLOTS = 4;

/** Runs the backfill with each number of workers, on a new archive. */
export async function workers({ ledgers, counts, delayMs }, log = console.error) {
  const root = mkdtempSync(path.join(benchRoot(), 'workers-'));
  const storage = await openStorage('s3', root);
  const slow = await startSlowStore(storage.endpoint, delayMs);
  const server = await startServer({ persistent: true }, log);
  try {
    Object.assign(process.env, storage.env);
    const layout = { ledgersPerBatch: 1, batchesPerPartition: 64_000 };
    const sample = await writeSampleLake({ dir: path.join(root, 'lake'), ledgers, layout });
    const [from, to] = [openStore(sample.dir), openStore(storage.archive('lake'))];
    for await (const { key } of from.list('')) await to.replace(key, await from.get(key));
    process.env.AWS_ENDPOINT_URL = slow.endpoint;
    const runs = [];
    for (const count of counts) {
      const run = await measure({ count, ledgers, range: sample.ledgers, storage, server, slow, root });
      log(`${count} workers: ${run.seconds.toFixed(1)} s`);
      runs.push(run);
    }
    return { ledgers, delayMs, partitions: Math.ceil(ledgers / PARTITION), runs, model: model(runs) };
  } finally {
    await server.stop();
    slow.stop();
    await storage.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

async function measure({ count, ledgers, range, storage, server, slow, root }) {
  const machines = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startWorkerProcess(
        { ...server, dir: mkdtempSync(path.join(root, `machine-${index}-`)) },
        [BIN, 'worker', '--slots', String(SLOTS), '--threads', '2', '--memory', '512MB'],
        /takes work/,
      ),
    ),
  );
  try {
    const pids = machines.map(({ pid }) => pid);
    const before = {
      worker: sum(pids.map(cpuSeconds)),
      server: cpuSeconds(server.pid),
      requests: total(slow),
    };
    const started = performance.now();
    await server.client.workflow.execute('backfill', {
      taskQueue: TASK_QUEUE,
      workflowId: `bench-workers-${count}`,
      args: [spec(range, storage, count)],
    });
    const seconds = (performance.now() - started) / 1000;
    return {
      count,
      seconds,
      ledgersPerSecond: ledgers / seconds,
      workerCpuSeconds: sum(pids.map(cpuSeconds)) - before.worker,
      serverCpuSeconds: cpuSeconds(server.pid) - before.server,
      requests: total(slow) - before.requests,
      partitions: Math.ceil(ledgers / PARTITION),
    };
  } finally {
    await Promise.all(machines.map((machine) => machine.stop()));
  }
}

function spec(range, storage, count) {
  return {
    spec: {
      source: { uri: `galexie:${storage.archive('lake')}` },
      archive: storage.archive(`archive-${count}`),
      range,
      partitionSize: PARTITION,
      settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
      maxRejects: 0,
      verify: 'ledger',
    },
    concurrency: SLOTS * count,
    maxParked: 10,
    onFailure: 'fail',
  };
}

/**
 * What a partition costs, and from it the rate of more machines. Commits to one table follow one another, whichever worker
 * makes them, and a run's start and end happen once, so the seconds of a partition are `serial + parallel / workers`: the line
 * through the runs that were measured.
 * The Temporal server's cores are the other bound.
 */
function model(runs) {
  const points = runs.map(({ count, seconds, partitions }) => ({ x: 1 / count, y: seconds / partitions }));
  const [meanX, meanY] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  const parallel =
    sum(points.map(({ x, y }) => (x - meanX) * (y - meanY))) / sum(points.map(({ x }) => (x - meanX) ** 2));
  const serial = Math.max(0, meanY - parallel * meanX);
  const [one] = runs;
  const server = Math.max(...runs.map((run) => run.serverCpuSeconds / run.partitions));
  const rate = (count) => 1 / (serial + parallel / count);
  return {
    serialSecondsPerPartition: serial,
    parallelSecondsPerPartition: parallel,
    workerCpuSecondsPerPartition: one.workerCpuSeconds / one.partitions,
    serverCpuSecondsPerPartition: server,
    requestsPerPartition: one.requests / one.partitions,
    here: runs.map(({ count, partitions, seconds }) => ({
      count,
      predicted: rate(count),
      measured: partitions / seconds,
    })),
    machines: [1, 2, 4, 10, 100].map((count) => ({
      count,
      partitionsPerSecond: Math.min(rate(count), cpus().length / server),
    })),
  };
}

const sum = (values) => values.reduce((all, value) => all + value, 0);
const mean = (values) => sum(values) / values.length;
const total = (slow) => sum(Object.values(slow.requests()));

/** Processor seconds of a process so far. */
const cpuSeconds = (pid) => cpuMsOf(pid) / 1000;

/** The report as text. */
export function printed({ ledgers, delayMs, partitions, runs, model: fitted }) {
  const [one] = runs;
  const measured = table(
    ['workers', 'seconds', 'ledgers/s', 'speed-up', 'cores: workers', 'cores: Temporal', 'requests'],
    runs.map(({ count, seconds, ledgersPerSecond, workerCpuSeconds, serverCpuSeconds, requests }) => [
      String(count),
      seconds.toFixed(1),
      ledgersPerSecond.toFixed(1),
      `${(one.seconds / seconds).toFixed(2)}×`,
      (workerCpuSeconds / seconds).toFixed(2),
      (serverCpuSeconds / seconds).toFixed(2),
      String(requests),
    ]),
  );
  const check = table(
    ['workers here', 'partitions/s by the model', 'measured'],
    fitted.here.map(({ count, predicted, measured: found }) => [
      String(count),
      predicted.toFixed(2),
      found.toFixed(2),
    ]),
  );
  const more = table(
    [`machines of ${cpus().length} cores (model)`, 'partitions/s', 'ledgers/s'],
    fitted.machines.map(({ count, partitionsPerSecond }) => [
      String(count),
      partitionsPerSecond.toFixed(1),
      (partitionsPerSecond * PARTITION).toFixed(0),
    ]),
  );
  return `${ledgers} ledgers in ${partitions} partitions, four types, each storage request ${delayMs} ms late
${measured}
A partition: ${fitted.parallelSecondsPerPartition.toFixed(2)} s that workers share and ${fitted.serialSecondsPerPartition.toFixed(2)} s that more workers do not shorten (commits to one table in turn, start and end), ${fitted.workerCpuSecondsPerPartition.toFixed(2)} s of a worker's processor, ${fitted.serverCpuSecondsPerPartition.toFixed(3)} s of Temporal's, ${fitted.requestsPerPartition.toFixed(0)} requests
${check}
${more}`;
}
