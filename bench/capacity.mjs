// `npm run bench -- capacity`: what a ledger and a partition cost (CPU time, storage requests, bytes, Temporal
// actions), measured on real ledgers with source and archive on an S3 server, and from it a plan for a whole network.
// `--write` puts the tables into docs/capacity.md.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { openStorage } from '../tests/faults/stores.mjs';
import { ROOT } from './lib/contender.mjs';
import { cpuMsOf, median } from './lib/measure.mjs';
import { benchRoot } from './lib/messages.mjs';
import { startSlowStore } from './lib/slowstore.mjs';
import { peakBytes, startServer, startWorkerProcess } from './lib/temporal.mjs';
import { lakeFolder } from './stellar.mjs';

const require = createRequire(path.join(ROOT, 'apps/cli/package.json'));
const { DEFAULT_LEDGER_TYPES, LEDGER_TYPES } = require('@parquetry/core');
const { openStore } = require('@parquetry/storage');
const { TASK_QUEUE } = require('@parquetry/workflows');

const BIN = path.join(ROOT, 'apps/cli/bin/parquetry.js');
const SETS = { 'default types': DEFAULT_LEDGER_TYPES, 'all types': LEDGER_TYPES };
/** The plan: all ledgers of a network as large as the measured ones, in partitions of the default size. */
const PLAN = { ledgers: 60_000_000, partitionSize: 1_000, workers: [1, 10, 100], coresPerWorker: 4 };
/** Partitions of one ledger in a run. */
const SPLIT = 5;
/** CPU time of the server for a heartbeat, as measured for `apps/worker/src/heartbeat.ts`. */
const HEARTBEAT_CPU_SECONDS = 0.004;
/**
 * Seconds that partitions take one after the other, whatever the number of workers: commits to a table follow one another.
 * From `npm run bench -- workers`, a store with 60 ms a request.
 */
const COMMIT_SECONDS = 0.8;
/** Network bandwidth of a worker, bytes a second: 10 Gbit/s. */
const BANDWIDTH = 1.25e9;

/** Measures each set of types. */
export async function capacity({ rounds }, log = console.error) {
  const [load] = loadavg();
  const lake = await lakeFolder();
  const root = mkdtempSync(path.join(benchRoot(), 'capacity-'));
  const storage = await openStorage('s3', root);
  const slow = await startSlowStore(storage.endpoint, 0);
  const server = await startServer({ persistent: true }, log);
  try {
    Object.assign(process.env, storage.env);
    const [from, to] = [openStore(lake.dir), openStore(storage.archive('lake'))];
    const keys = [];
    for await (const { key } of from.list('')) {
      await to.replace(key, await from.get(key));
      keys.push(key);
    }
    process.env.AWS_ENDPOINT_URL = slow.endpoint;
    const range = await rangeOf(keys);
    const sets = {};
    for (const [name, types] of Object.entries(SETS)) {
      sets[name] = await measureSet({ name, types, range, rounds, storage, slow, server });
      log(`${name}: ${sets[name].perLedger.cpuSeconds.toFixed(3)} s a ledger`);
    }
    return { load, lake: lake.name, rounds, sets, plan: planOf(sets) };
  } finally {
    await server.stop();
    slow.stop();
    await storage.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

/** First and last ledger by the names of the lake's objects: `HASH--FIRST[-LAST].xdr.zst`. */
async function rangeOf(keys) {
  const found = keys.flatMap((key) => {
    const [, first, last] = /--(\d+)(?:-(\d+))?\.xdr/.exec(key) ?? [];
    return first === undefined ? [] : [Number(first), Number(last ?? first)];
  });
  return { start: Math.min(...found), end: Math.max(...found) };
}

/**
 * Three kinds of run, medians of `rounds`: one partition of one ledger, one partition of all ledgers, and partitions of
 * one ledger each. Their differences are the costs of a ledger and of a partition.
 */
async function measureSet({ name, types, range, rounds, storage, slow, server }) {
  const all = range.end - range.start + 1;
  const worker = await startWorkerProcess(
    server,
    [BIN, 'worker', '--slots', '1', '--threads', '1'],
    /takes work/,
  );
  const kinds = {
    one: { ledgers: 1, size: 1 },
    all: { ledgers: all, size: oneSize(range) },
    split: { ledgers: SPLIT, size: 1 },
  };
  const runs = { one: [], all: [], split: [] };
  try {
    // The first round pays for what the worker loads and compiles.
    for (let round = -1; round < rounds; round += 1)
      for (const [kind, { ledgers, size }] of Object.entries(kinds)) {
        const id = `${kind}-${name.split(' ')[0]}-${round}`;
        const archive = storage.archive(id);
        const before = figures(worker, server, slow);
        await server.client.workflow.execute('backfill', {
          taskQueue: TASK_QUEUE,
          workflowId: id,
          args: [
            input(storage, archive, types, { start: range.start, end: range.start + ledgers - 1 }, size),
          ],
        });
        const after = figures(worker, server, slow);
        const actions = await actionsOf(server.client, id);
        const bytes = await storedBytes(openStore(archive));
        if (round >= 0)
          runs[kind].push({
            ...difference(after, before),
            ...actions,
            dataBytes: bytes.data,
            otherBytes: bytes.other,
          });
      }
    const [one, whole, split] = ['one', 'all', 'split'].map((kind) => medians(runs[kind]));
    const perLedger = scaled(difference(whole, one), 1 / (all - 1));
    // A ledger is one object of the lake, so at least one read. The requests of a run vary by more than ten: how often it looks for new work.
    perLedger.reads = Math.max(1, perLedger.reads);
    perLedger.writes = Math.max(0, perLedger.writes);
    const perPartition = difference(scaled(difference(split, one), 1 / (SPLIT - 1)), perLedger);
    return { types: types.length, perLedger, perPartition, peakBytes: peakBytes(worker.pid) };
  } finally {
    await worker.stop();
  }
}

/** A partition size with which the range is one partition: partitions start at its multiples. */
function oneSize({ start, end }) {
  let size = 1;
  while (Math.floor(start / size) !== Math.floor(end / size)) size *= 2;
  return size;
}

function input(storage, archive, types, range, partitionSize) {
  const settings = { compression: 'snappy', layout: { kind: 'ledger_day' } };
  const source = { uri: `galexie:${storage.archive('lake')}` };
  return {
    spec: { source, archive, range, partitionSize, types, settings, maxRejects: 0, verify: 'ledger' },
    ...{ concurrency: 1, maxParked: 10, onFailure: 'fail' },
  };
}

/** What has been used so far. */
function figures(worker, server, slow) {
  const { GET = 0, HEAD = 0, PUT = 0, POST = 0, DELETE = 0 } = slow.requests();
  return {
    cpuSeconds: cpuMsOf(worker.pid) / 1000,
    serverCpuSeconds: cpuMsOf(server.pid) / 1000,
    reads: GET + HEAD,
    writes: PUT + POST + DELETE,
  };
}

async function storedBytes(store) {
  const bytes = { data: 0, other: 0 };
  for await (const { key, size } of store.list(''))
    bytes[/^(?!_).*\/[^_].*\.parquet$/.test(key) && !key.includes('_delta_log') ? 'data' : 'other'] += size;
  return bytes;
}

/**
 * Actions as Temporal Cloud counts them, from the histories of a run and its partitions. Histories have no heartbeats: a step
 * sends one a second (`apps/worker/src/heartbeat.ts`), so these are its seconds.
 */
async function actionsOf(client, workflowId) {
  const { events = [] } = await client.workflow.getHandle(workflowId).fetchHistory();
  const children = events.flatMap(
    (event) => event.childWorkflowExecutionStartedEventAttributes?.workflowExecution?.workflowId ?? [],
  );
  const theirs = await Promise.all(children.map((child) => actionsOf(client, child)));
  return theirs.reduce(
    (sum, each) => ({ actions: sum.actions + each.actions, heartbeats: sum.heartbeats + each.heartbeats }),
    { actions: actionsIn(events), heartbeats: heartbeatsIn(events) },
  );
}

function heartbeatsIn(events) {
  const byId = new Map(events.map((event) => [String(event.eventId), event]));
  const at = ({ eventTime }) => Number(eventTime.seconds) + eventTime.nanos / 1e9;
  let seconds = 0;
  for (const event of events) {
    const { scheduledEventId, startedEventId } = event.activityTaskCompletedEventAttributes ?? {};
    const scheduled = byId.get(String(scheduledEventId))?.activityTaskScheduledEventAttributes;
    const { heartbeatTimeout } = scheduled ?? {};
    if (Number(heartbeatTimeout?.seconds ?? 0) > 0)
      seconds += at(event) - at(byId.get(String(startedEventId)));
  }
  return seconds;
}

function actionsIn(events) {
  let actions = 0;
  const marked = new Set();
  for (const event of events) {
    // The start of a child is counted with the parent's request.
    if (event.workflowExecutionStartedEventAttributes)
      actions += event.workflowExecutionStartedEventAttributes.parentWorkflowExecution ? 0 : 1;
    else if (event.startChildWorkflowExecutionInitiatedEventAttributes) actions += 2;
    else if (event.activityTaskScheduledEventAttributes) actions += 1;
    else if (event.activityTaskStartedEventAttributes)
      actions += event.activityTaskStartedEventAttributes.attempt - 1;
    else if (event.timerStartedEventAttributes) actions += 1;
    else if (event.workflowExecutionSignaledEventAttributes) actions += 1;
    else if (event.workflowExecutionUpdateAcceptedEventAttributes) actions += 1;
    else if (event.upsertWorkflowSearchAttributesEventAttributes) actions += isChangeVersion(event) ? 0 : 1;
    else if (event.markerRecordedEventAttributes)
      marked.add(String(event.markerRecordedEventAttributes.workflowTaskCompletedEventId));
  }
  // All markers of a workflow task are one action.
  return actions + marked.size;
}

function isChangeVersion(event) {
  const { indexedFields = {} } = event.upsertWorkflowSearchAttributesEventAttributes.searchAttributes ?? {};
  return Object.keys(indexedFields).every((name) => name === 'TemporalChangeVersion');
}

const difference = (a, b) => Object.fromEntries(Object.keys(a).map((key) => [key, a[key] - b[key]]));
const scaled = (a, factor) => Object.fromEntries(Object.keys(a).map((key) => [key, a[key] * factor]));
const medians = (runs) =>
  Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(runs.map((run) => run[key]))]));

/** Days, bound by, and totals for a whole network. */
function planOf(sets) {
  const { ledgers, partitionSize, workers, coresPerWorker } = PLAN;
  const partitions = Math.ceil(ledgers / partitionSize);
  return Object.entries(sets).flatMap(([name, { perLedger, perPartition }]) => {
    const total = (key) => ledgers * perLedger[key] + partitions * perPartition[key];
    return workers.map((count) => {
      const seconds = {
        'worker CPU': total('cpuSeconds') / (count * coresPerWorker),
        // One Temporal server of the size measured here. Ledgers cost it heartbeats, too little to measure in a short run.
        'Temporal server':
          (partitions * perPartition.serverCpuSeconds + total('heartbeats') * HEARTBEAT_CPU_SECONDS) /
          cpus().length,
        'commits to a table': partitions * COMMIT_SECONDS,
        network: total('dataBytes') / (count * BANDWIDTH),
      };
      const [bound, longest] = Object.entries(seconds).sort(([, a], [, b]) => b - a)[0];
      const totals = Object.fromEntries(
        ['cpuSeconds', 'actions', 'heartbeats', 'reads', 'writes', 'dataBytes', 'otherBytes'].map((key) => [
          key,
          total(key),
        ]),
      );
      return { name, workers: count, partitions, days: longest / 86_400, bound, totals };
    });
  });
}

const short = (value) =>
  value >= 1e9
    ? `${(value / 1e9).toFixed(1)} billion`
    : value >= 1e6
      ? `${(value / 1e6).toFixed(1)} million`
      : value >= 100
        ? value.toFixed(0)
        : value.toFixed(value < 1 ? 3 : 1);

/** The report as Markdown. */
export function printed({ load, lake, rounds, sets, plan }) {
  const row = (...cells) => `| ${cells.join(' | ')} |`;
  const rule = (count) => row(...Array.from({ length: count }, () => '---'));
  const measured = Object.entries(sets).map(([name, { types, perLedger, perPartition, peakBytes: peak }]) =>
    row(
      `${name} (${types})`,
      ...[
        perLedger.cpuSeconds,
        3600 / perLedger.cpuSeconds,
        perPartition.cpuSeconds,
        perPartition.serverCpuSeconds,
      ].map(short),
      ...[perPartition.actions, perPartition.reads, perPartition.writes].map((value) => value.toFixed(0)),
      short(perLedger.reads),
      short(perLedger.heartbeats),
      `${(perLedger.dataBytes / 1000).toFixed(0)} kB`,
      `${(perPartition.otherBytes / 1000).toFixed(0)} kB`,
      peak === undefined ? '–' : `${(peak / 1e6).toFixed(0)} MB`,
    ),
  );
  const extrapolated = plan.map(({ name, workers, days, bound, totals }) =>
    row(
      name,
      workers,
      days < 1 ? `${(days * 24).toFixed(1)} h` : `${days.toFixed(1)} days`,
      bound,
      `${short(totals.cpuSeconds / 3600)}`,
      short(totals.actions + totals.heartbeats),
      short(totals.reads + totals.writes),
      `${((totals.dataBytes + totals.otherBytes) / 1e12).toFixed(1)} TB`,
    ),
  );
  return [
    `Measured: ${lake}, ${rounds === 1 ? 'one run' : `medians of ${rounds} runs`} of each kind on ${cpus().length} cores (load ${load.toFixed(1)} before them), source and archive on S3, one slot, one DuckDB thread.`,
    '',
    row(
      'types',
      'CPU s a ledger',
      'ledgers per CPU hour',
      'CPU s a partition',
      'Temporal CPU s a partition',
      'actions a partition',
      'reads a partition',
      'writes a partition',
      'reads a ledger',
      'heartbeats a ledger',
      'data a ledger',
      'logs and records a partition',
      'peak memory of the worker',
    ),
    rule(13),
    ...measured,
    '',
    `Extrapolated: ${short(PLAN.ledgers)} ledgers as large as these, partitions of ${PLAN.partitionSize} ledgers, workers with ${PLAN.coresPerWorker} cores of this machine's speed.`,
    '',
    row(
      'types',
      'workers',
      'time',
      'bound by',
      'CPU hours',
      'Temporal actions',
      'storage requests',
      'archive',
    ),
    rule(8),
    ...extrapolated,
    '',
  ].join('\n');
}
