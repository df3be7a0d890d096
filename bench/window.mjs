// `npm run bench -- orchestration --partitions N`: a backfill of N partitions of one ledger each through the real worker
// and a persistent dev server. One ledger in 200 is away from the lake: its partition parks, and runs again when the
// ledgers are back and the run was told `retryPartitions`.
import { randomUUID } from 'node:crypto';
import { readdirSync, renameSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './lib/contender.mjs';
import { median, megabytes, table } from './lib/measure.mjs';
import { residentBytes, startServer, startWorkerProcess } from './lib/temporal.mjs';

const require = createRequire(path.join(ROOT, 'libs/sample/package.json'));
const { writeSampleLake } = require('@parquetry/sample');

const CLI = path.join(ROOT, 'apps/cli/bin/parquetry.js');
const SAMPLE_EVERY_MS = 1000;
/** The design's bound for a run's history. */
const MAX_EVENTS = 5000;

/** Runs it to its end and checks that nothing is missing; throws when something is. */
export async function window({ partitions, concurrency, maxParked }, log = console.error) {
  const temporal = await startServer({ persistent: true }, log);
  const workers = [];
  try {
    log(`Writing a lake of ${partitions} ledgers …`);
    const lake = await writeSampleLake({
      dir: path.join(temporal.dir, 'lake'),
      ledgers: partitions,
      layout: { ledgersPerBatch: 1, batchesPerPartition: 64_000 },
    });
    const failures = Math.max(2, Math.round(partitions / 200));
    const putBack = takeAway(lake, failures);
    workers.push(await startWorkerProcess(temporal, [CLI, 'worker'], /takes work/));
    const memory = watchMemory(workers[0].pid);
    const archive = path.join(temporal.dir, 'archive');
    const workflowId = `bench-${randomUUID()}`;
    const started = performance.now();
    const handle = await temporal.client.workflow.start('backfill', {
      workflowId,
      taskQueue: 'parquetry',
      args: [runInput(lake, archive, { concurrency, maxParked })],
    });
    const blocked = await untilBlocked(handle, partitions, log);
    const firstSeconds = (performance.now() - started) / 1000;
    if (blocked.parked !== failures)
      throw new Error(`${blocked.parked} partitions are parked, not ${failures}`);
    putBack();
    const retried = await handle.executeUpdate('retryPartitions', { args: [{ all: true }] });
    const result = await handle.result();
    const seconds = (performance.now() - started) / 1000;
    const rss = memory.end();
    checkArchive(archive, lake);
    return {
      partitions,
      failures,
      concurrency,
      maxParked,
      seconds,
      firstSeconds,
      msAPartition: (firstSeconds * 1000) / (partitions - failures),
      retried,
      done: result.partitions.done,
      rows: result.tally.rows,
      files: result.tally.files,
      histories: await histories(temporal.client, workflowId),
      rss,
      databaseBytes: statSync(path.join(temporal.dir, 'temporal.db')).size,
    };
  } finally {
    for (const worker of workers) await worker.stop();
    await temporal.stop();
  }
}

/** The report as a table. */
export function printed(report) {
  const { histories: runs, rss, retried } = report;
  const rows = [
    ['partitions', report.partitions],
    ['at once', report.concurrency],
    [
      'parked, then retried',
      `${report.failures} (${retried.signalled} signalled, ${retried.restarted} started again)`,
    ],
    ['done', report.done],
    ['time', `${report.seconds.toFixed(0)} s`],
    ['a partition', `${report.msAPartition.toFixed(0)} ms`],
    ['runs of the backfill', runs.backfillRuns],
    ['most events of a run', runs.mostEvents],
    ['worker memory, first tenth', megabytes(rss.firstTenth)],
    ['worker memory, middle', megabytes(rss.middle)],
    ['worker memory, last tenth', megabytes(rss.lastTenth)],
    ['worker memory, peak', megabytes(rss.peak)],
    ["server's database", megabytes(report.databaseBytes)],
  ];
  return `${table(['', ''], rows)}\n`;
}

function runInput(lake, archive, limits) {
  const range = lake.ledgers;
  const spec = {
    source: { uri: `galexie:${lake.dir}` },
    archive,
    range,
    partitionSize: 1,
    types: ['ledgers'],
    settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
    maxRejects: 0,
    verify: 'ledger',
  };
  // A short run continues as new as well.
  const startsPerRun = Math.min(300, Math.ceil((range.end - range.start + 1) / 4));
  return { spec, ...limits, startsPerRun, onFailure: 'park' };
}

/** Renames the objects of a number of ledgers, evenly spread; returns a function that restores them. */
function takeAway(lake, count) {
  const objects = readdirSync(lake.dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.xdr.zst'))
    .map((name) => path.join(lake.dir, name))
    .sort();
  const every = objects.length / count;
  const away = Array.from({ length: count }, (_, index) => objects[Math.floor((index + 0.5) * every)]);
  for (const object of away) renameSync(object, `${object}.away`);
  return () => {
    for (const object of away) renameSync(`${object}.away`, object);
  };
}

/** Waits until only parked partitions are left. */
async function untilBlocked(handle, partitions, log) {
  let told = 0;
  for (;;) {
    await sleep(SAMPLE_EVERY_MS);
    const progress = await handle.query('progress').catch(() => undefined);
    if (progress === undefined) continue;
    if (progress.done >= told + partitions / 20) {
      told = progress.done;
      log(`${progress.done} of ${partitions} done, ${progress.parked} parked`);
    }
    if (progress.phase === 'blocked') return progress;
  }
}

/** Samples a process's resident memory until `end`, which sums it up. */
function watchMemory(pid) {
  const samples = [];
  const timer = setInterval(() => samples.push(residentBytes(pid) ?? 0), SAMPLE_EVERY_MS);
  return {
    end() {
      clearInterval(timer);
      const tenth = Math.max(1, Math.floor(samples.length / 10));
      const part = (from) => median(samples.slice(from, from + tenth));
      return {
        samples: samples.length,
        firstTenth: part(0),
        middle: part(Math.floor((samples.length - tenth) / 2)),
        lastTenth: part(samples.length - tenth),
        peak: Math.max(...samples),
      };
    },
  };
}

/** How long the histories of the backfill's runs and of its partitions became; throws when one is too long. */
async function histories(client, workflowId) {
  let backfillRuns = 0;
  let mostEvents = 0;
  let mostEventsOfPartition = 0;
  // Visibility lags behind the end of the last run.
  await sleep(2000);
  for await (const run of client.workflow.list({ query: `WorkflowId STARTS_WITH "${workflowId}"` }))
    if (run.workflowId === workflowId) {
      backfillRuns += 1;
      mostEvents = Math.max(mostEvents, run.historyLength);
    } else mostEventsOfPartition = Math.max(mostEventsOfPartition, run.historyLength);
  for (const events of [mostEvents, mostEventsOfPartition])
    if (!(events > 0 && events <= MAX_EVENTS)) throw new Error(`a run has ${events} events`);
  return { backfillRuns, mostEvents, mostEventsOfPartition };
}

/** Every ledger is committed once, by the archive's own account. */
function checkArchive(archive, { ledgers: { start, end } }) {
  const args = ['verify', '--archive', archive, '--ledgers', `${start}-${end}`, '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    maxBuffer: 256 << 20,
  });
  if (status !== 0) throw new Error(`verify ended with ${status}: ${stdout.slice(0, 2000)} ${stderr}`);
}
