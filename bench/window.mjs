// `npm run bench -- orchestration --partitions N`: a backfill of N partitions of one ledger each through the real worker
// and a persistent dev server. One ledger in 200 is away from the lake: its partition parks, and runs again when the
// ledgers are back and the run was told `retryPartitions`. With `--empty` no partition has a message and none fails: what
// a very long run costs by itself. With `--covered 0.8` that share of the partitions is committed before.
import { randomUUID } from 'node:crypto';
import { readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
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
/** The first ledger of an empty range. */
const FIRST = 420_000;
/** Pieces of what is committed before a run. */
const blocksOf = (partitions) => Math.min(20, Math.ceil(partitions / 50));

/**
 * Runs it to its end and checks that nothing is missing; throws when something is. `empty`: partitions without messages
 * and without failures. `covered`: this share of them is committed before the run begins, in `blocksOf` pieces.
 * `minutes`: a run that takes longer is told to finish, and the report is about what was done.
 */
export async function window(
  { partitions, concurrency, maxParked, empty = false, covered = 0, minutes = Infinity },
  log = console.error,
) {
  const temporal = await startServer({ persistent: true }, log);
  const workers = [];
  try {
    const input = empty ? emptyInput(temporal, partitions) : await lakeInput(temporal, partitions, log);
    workers.push(await startWorkerProcess(temporal, [CLI, 'worker'], /takes work/));
    const run = await begin(temporal, input.spec);
    await cover(run, covered, log);
    const blocks = blocksOf(partitions);
    const wanted = partitions - Math.floor((partitions * covered) / blocks) * blocks;
    const memory = { worker: watchMemory(workers[0].pid), server: watchMemory(temporal.pid) };
    const started = performance.now();
    const handle = await run.start(input.spec.range, 1, { concurrency, maxParked, wanted });
    const pace = [];
    const failures = input.failures ?? 0;
    const retried =
      failures === 0 ? undefined : await retryAfter(handle, { ...input, partitions, started, pace }, log);
    if (failures === 0) await untilEnded(handle, { partitions: wanted, started, pace, minutes }, log);
    const result = await handle.result();
    const seconds = (performance.now() - started) / 1000;
    const rss = memory.worker.end();
    const serverRss = memory.server.end();
    const { done } = result.partitions;
    if (seconds < minutes * 60) {
      checkArchive(run.archive, input.spec.range);
      if (done !== wanted) throw new Error(`${done} of ${wanted} were done`);
    }
    return {
      ...{ partitions, wanted, failures, concurrency, maxParked, seconds, retried },
      ...paceOf(pace, done - failures),
      done,
      rows: result.tally.rows,
      files: result.tally.files,
      histories: await histories(temporal.client, handle.workflowId),
      rss,
      serverRss,
      databaseBytes: statSync(path.join(temporal.dir, 'temporal.db')).size,
    };
  } finally {
    for (const worker of workers) await worker.stop();
    await temporal.stop();
  }
}

/** The report as a table. */
export function printed(report) {
  const { histories: runs, rss, serverRss, retried, failures } = report;
  const rows = [
    ['partitions', report.partitions],
    ['committed before', report.partitions - report.wanted],
    ['at once', report.concurrency],
    ...(failures === 0
      ? []
      : [
          [
            'parked, then retried',
            `${failures} (${retried.signalled} signalled, ${retried.restarted} started again)`,
          ],
        ]),
    ['done', report.done],
    ['time', `${report.seconds.toFixed(0)} s`],
    ['a partition', `${report.msAPartition.toFixed(0)} ms`],
    ['a partition, first tenth', `${report.msFirstTenth.toFixed(0)} ms`],
    ['a partition, last tenth', `${report.msLastTenth.toFixed(0)} ms`],
    ['runs of the backfill', runs.backfillRuns],
    ['most events of a run', runs.mostEvents],
    ['most bytes of a history', `${(runs.mostBytes / 1e3).toFixed(0)} kB`],
    ['worker memory, first tenth', megabytes(rss.firstTenth)],
    ['worker memory, middle', megabytes(rss.middle)],
    ['worker memory, last tenth', megabytes(rss.lastTenth)],
    ['worker memory, peak', megabytes(rss.peak)],
    ['server memory, first tenth', megabytes(serverRss.firstTenth)],
    ['server memory, last tenth', megabytes(serverRss.lastTenth)],
    ["server's database", megabytes(report.databaseBytes)],
    [
      'extrapolated: a million partitions at the pace of the last tenth',
      `${(report.msLastTenth / 3.6).toFixed(0)} h`,
    ],
  ];
  return `${table(['', ''], rows)}\n`;
}

const SETTINGS = {
  settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
  maxRejects: 0,
  verify: 'ledger',
};

/** A lake of which some ledgers are missing at first. */
async function lakeInput(temporal, partitions, log) {
  log(`Writing a lake of ${partitions} ledgers …`);
  const lake = await writeSampleLake({
    dir: path.join(temporal.dir, 'lake'),
    ledgers: partitions,
    layout: { ledgersPerBatch: 1, batchesPerPartition: 64_000 },
  });
  const failures = Math.max(2, Math.round(partitions / 200));
  const spec = {
    source: { uri: `galexie:${lake.dir}` },
    range: lake.ledgers,
    types: ['ledgers'],
    ...SETTINGS,
  };
  return { spec, failures, putBack: takeAway(lake, failures) };
}

/** A range with one message in each of its pieces. */
function emptyInput(temporal, partitions) {
  const file = path.join(temporal.dir, 'few.ndjson');
  const range = { start: FIRST, end: FIRST + partitions - 1 };
  const blocks = blocksOf(partitions);
  const messages = Array.from({ length: blocks }, (_, index) => ({
    message_type: 'bench',
    ledger_sequence: FIRST + Math.floor((index * partitions) / blocks),
    closed_at: '2025-07-13T01:00:00Z',
  }));
  writeFileSync(file, messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  return { spec: { source: { uri: `ndjson:${file}` }, network: 'Benchmark Network', range, ...SETTINGS } };
}

/** Starts backfills of one archive. */
async function begin({ client, dir }, spec) {
  const archive = path.join(dir, 'archive');
  const start = (range, partitionSize, { wanted, ...limits }) =>
    client.workflow.start('backfill', {
      workflowId: `bench-${randomUUID()}`,
      taskQueue: 'parquetry',
      args: [
        {
          spec: { ...spec, archive, range, partitionSize },
          ...limits,
          // A short run continues as new as well.
          startsPerRun: Math.min(300, Math.ceil(wanted / 4)),
          onFailure: 'park',
        },
      ],
    });
  return { archive, range: spec.range, start };
}

/** Commits a share of the range, so that the run finds committed and missing ledgers in turns. */
async function cover({ range, start }, share, log) {
  const partitions = range.end - range.start + 1;
  const blocks = blocksOf(partitions);
  const block = partitions / blocks;
  const ledgers = Math.floor(block * share);
  if (ledgers === 0) return;
  log(`Committing ${blocks} ranges of ${ledgers} ledgers …`);
  for (let index = 0; index < blocks; index += 1) {
    const first = range.start + Math.floor(index * block);
    const limits = { concurrency: 1, maxParked: 1, wanted: 4 };
    await (await start({ start: first, end: first + ledgers - 1 }, ledgers, limits)).result();
  }
}

/** Waits until only the partitions with missing ledgers are left, restores the ledgers, and retries. */
async function retryAfter(handle, { failures, putBack, ...rest }, log) {
  const blocked = await untilEnded(handle, rest, log);
  if (blocked.parked !== failures)
    throw new Error(`${blocked.parked} partitions are parked, not ${failures}`);
  putBack();
  return handle.executeUpdate('retryPartitions', { args: [{ all: true }] });
}

/** Milliseconds a partition over all, and of the first and last tenth, from pairs of seconds and partitions done. */
function paceOf(pace, total) {
  const at = (share) => pace.find(({ done }) => done >= total * share) ?? pace.at(-1);
  const between = (from, to) => (1000 * (to.seconds - from.seconds)) / Math.max(1, to.done - from.done);
  const begun = { seconds: 0, done: 0 };
  return {
    msAPartition: between(begun, at(1)),
    msFirstTenth: between(begun, at(0.1)),
    msLastTenth: between(at(0.9), at(1)),
  };
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

/** Waits until the run has ended or only parked partitions are left; notes its progress in `pace`. */
async function untilEnded(handle, { partitions, started, pace, minutes = Infinity }, log) {
  let told = 0;
  let finishing = false;
  for (;;) {
    await sleep(SAMPLE_EVERY_MS);
    const progress = await handle.query('progress').catch(() => undefined);
    if (progress === undefined) continue;
    pace.push({ seconds: (performance.now() - started) / 1000, done: progress.done });
    if (progress.done >= told + partitions / 20 || progress.phase === 'finished') {
      told = progress.done;
      log(
        `${progress.done} of ${partitions} done, ${progress.parked} parked, ${pace.at(-1).seconds.toFixed(0)} s`,
      );
    }
    if (progress.phase === 'blocked' || progress.phase === 'finished') return progress;
    if (!finishing && pace.at(-1).seconds > minutes * 60) {
      finishing = true;
      log(`The time is over after ${progress.done} partitions.`);
      await handle.signal('finish');
    }
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
  const found = { backfillRuns: 0, mostEvents: 0, mostEventsOfPartition: 0, mostBytes: 0 };
  // Visibility lags behind the end of the last run.
  await sleep(2000);
  for await (const run of client.workflow.list({ query: `WorkflowId STARTS_WITH "${workflowId}"` })) {
    found.mostBytes = Math.max(found.mostBytes, run.historySize ?? 0);
    if (run.workflowId === workflowId) {
      found.backfillRuns += 1;
      found.mostEvents = Math.max(found.mostEvents, run.historyLength);
    } else found.mostEventsOfPartition = Math.max(found.mostEventsOfPartition, run.historyLength);
  }
  for (const events of [found.mostEvents, found.mostEventsOfPartition])
    if (!(events > 0 && events <= MAX_EVENTS)) throw new Error(`a run has ${events} events`);
  return found;
}

/** Every ledger is committed once, by the archive's own account. */
function checkArchive(archive, { start, end }) {
  const args = ['verify', '--archive', archive, '--ledgers', `${start}-${end}`, '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    maxBuffer: 256 << 20,
  });
  if (status !== 0) throw new Error(`verify ended with ${status}: ${stdout.slice(0, 2000)} ${stderr}`);
}
