// The crash campaign of Iceberg tables: `npm run faults -- --iceberg [--kills 200] [--seconds 420] [--seed 1]
// [--lanes 12] [--ledgers 8] [--stores local,s3] [--json]`. Workers of runs with `--iceberg` are killed (SIGKILL)
// right after a Delta commit or at a step of the sync; the runs commit rows, then replace them. A reader that knows
// nothing of our code reads the tables all the time and after every kill: the rows of a Delta version, each once, at most
// one version behind; at the end of a run the newest version.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensurePython } from '../../tools/python.mjs';
import { Lane } from './lane.mjs';
import { random, require, startReader, startTemporal } from './processes.mjs';
import { lastSteps, LIMIT_MS } from './run.mjs';
import { openStorage } from './stores.mjs';

/** Tables that pyiceberg reads exactly: it takes a null list of structs, as in `operations`, for an empty one. */
const TYPES = ['transactions', 'contract_events'];

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '3600' },
    seed: { type: 'string', default: '1' },
    stores: { type: 'string', default: 'local,s3' },
    lanes: { type: 'string', default: '12' },
    ledgers: { type: 'string', default: '8' },
    json: { type: 'boolean', default: false },
  },
});
/** Steps at which workers are killed; those of a local store are several for each object. */
const STEPS = {
  local: [
    'commit',
    'iceberg temporary',
    'iceberg manifest',
    'iceberg list',
    'iceberg metadata',
    'iceberg hint',
  ],
  s3: ['PUT commit', 'PUT iceberg manifest', 'PUT iceberg list', 'PUT iceberg metadata', 'PUT iceberg hint'],
};
const SIZE = 2;

const kills = Number(values.kills);
const until = Date.now() + Number(values.seconds) * 1000;
const next = random(Number(values.seed));
const stores = values.stores.split(',');
const { python, reason } = ensurePython();
if (python === undefined) throw new Error(`The campaign needs pyiceberg and delta-rs: ${reason}.`);

const root = mkdtempSync(path.join(tmpdir(), 'parquetry-iceberg-faults-'));
const names = Array.from({ length: Math.max(stores.length, Number(values.lanes)) }, (_, index) => {
  const store = stores[index % stores.length];
  return { store, name: `${store}-lane-${index}` };
});
const figures = {
  seed: Number(values.seed),
  kills: 0,
  stores: Object.fromEntries(stores.map((store) => [store, 0])),
  steps: {},
  runs: 0,
  readings: 0,
  rows: 0,
  missing: 0,
  doubled: 0,
  mostBehind: 0,
  behind: 0,
  moved: 0,
  failures: [],
  seconds: 0,
};
const began = Date.now();
process.on('exit', print);
const temporal = await startTemporal(
  names.map(({ name }) => name),
  root,
);
const reader = startReader(python, 'icebergreader.py');
const opened = [];
const lanes = [];
let over = false;
try {
  const { writeSampleLake } = require('@parquetry/sample');
  const lake = path.join(root, 'lake');
  const { ledgers: range } = await writeSampleLake({ dir: lake, ledgers: Number(values.ledgers) });
  for (const kind of stores) {
    const store = await openStorage(kind, root);
    opened.push(store);
    for (const { name } of names.filter((lane) => lane.store === kind))
      lanes.push(Object.assign(await new Lane(name, root, store, temporal).open(), { kind }));
  }
  const watching = watch();
  await Promise.all(lanes.map((lane) => work(lane, { lake, range })));
  over = true;
  await watching;
} finally {
  over = true;
  for (const lane of lanes) await lane.close();
  await reader.stop();
  await temporal.stop();
  for (const store of opened) await store.stop();
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(figures.failures.length === 0 && figures.kills > 0 ? 0 : 1);

/** Also of a campaign that is stopped. */
function print() {
  figures.seconds = Math.round((Date.now() - began) / 1000);
  const steps = Object.entries(figures.steps).sort();
  console.log(
    values.json
      ? JSON.stringify(figures, undefined, 2)
      : `${figures.kills} kills in ${figures.runs} runs, seed ${figures.seed}, ${figures.seconds} s: ${figures.readings} readings ` +
          `of ${figures.rows} rows, ${figures.missing} missing, ${figures.doubled} doubled; ${figures.behind} readings one ` +
          `version behind, at most ${figures.mostBehind}; ${figures.failures.length} faults.\n` +
          `Killed at: ${steps.map(([step, times]) => `${step} ${times}×`).join(', ')}`,
  );
  for (const failure of figures.failures) console.error(failure);
}

/** Whether there are kills left. */
function goesOn() {
  return figures.kills < kills && Date.now() < until && figures.failures.length === 0;
}

/** Runs of one lane, one after the other: each a new archive that is filled, then replaced. */
async function work(lane, source) {
  for (let number = 0; goesOn(); number++) {
    const name = `${lane.name}-${number}`;
    lane.current = lane.store.archive(name);
    for (const mode of ['append', 'replace']) {
      const before = figures.kills;
      await disturbed(lane, `${name}-${mode}`, { ...source, archive: lane.current, mode });
      figures.runs += 1;
      await read(lane, `${name} ${mode}, at its end`, 0);
      console.error(`${name} ${mode}: ${figures.kills - before} kills on all lanes meanwhile`);
      if (!goesOn()) break;
    }
    lane.current = undefined;
  }
}

/** One run whose worker is killed again and again. */
async function disturbed(lane, id, source) {
  const dir = path.join(root, 'runs', id);
  mkdirSync(dir, { recursive: true });
  const log = path.join(dir, 'fault.log');
  const arm = () => lane.arm(goesOn() ? { ...fault(lane.kind), log } : { log });
  lane.onDeath = (end) => {
    if (end.signal !== 'SIGKILL')
      figures.failures.push(`${id}: the worker ended with ${end.code}: ${end.stderr}`);
    figures.kills += 1;
    figures.stores[lane.kind] += 1;
    // The next worker starts after the reading, so that nothing but the crash decides what is read.
    void read(lane, `${id}, after a kill`, 1).finally(arm);
  };
  arm();
  const deadline = Date.now() + 3 * LIMIT_MS;
  const failure = await lane.backfill(id, input(source), () => undefined, deadline);
  lane.onDeath = () => undefined;
  if (failure !== undefined) figures.failures.push(`${id}: the run ${failure}`);
  for (const step of lastSteps(log)) figures.steps[step] = (figures.steps[step] ?? 0) + 1;
}

/** A step of one of the next commits. */
function fault(store) {
  const kinds = STEPS[store];
  const kind = kinds[Math.floor(next() * kinds.length)];
  const isCommit = kind.endsWith('commit');
  return {
    kind,
    at: Math.floor(next() * (store === 's3' || isCommit ? 2 : 4)),
    when: isCommit || next() < 0.5 ? 'after' : 'before',
  };
}

function input({ lake, range, archive, mode }) {
  return {
    spec: {
      source: { uri: `galexie:${lake}` },
      archive,
      range,
      partitionSize: SIZE,
      types: TYPES,
      settings: {
        compression: mode === 'replace' ? 'gzip' : 'snappy',
        layout: { kind: 'ledger_day' },
        integers: 'signed',
      },
      maxRejects: 0,
      verify: 'ledger',
      iceberg: true,
      ...(mode === 'replace' ? { mode } : {}),
    },
    concurrency: 3,
    maxParked: 100,
    onFailure: 'park',
  };
}

/** Reads all archives that are at work, one after the other, until the campaign is over. */
async function watch() {
  while (!over) {
    for (const lane of lanes) {
      if (lane.current !== undefined && !over) await read(lane, `${lane.name}, at work`, 1);
      // The workers need the processor, too.
      await sleep(250);
    }
  }
}

/** Reads the tables of a lane's archive, which may be `most` versions behind. */
async function read(lane, label, most) {
  const found = await reader.ask({
    archive: lane.current,
    datasets: TYPES,
    options: lane.store.readerOptions,
  });
  if (found.error !== undefined) return void figures.failures.push(`${label}: the reader: ${found.error}`);
  for (const [
    dataset,
    { delta, iceberg, fault: why, rows = 0, missing = 0, doubled = 0, files = 0, turns = 0 },
  ] of Object.entries(found)) {
    figures.readings += 1;
    if (why !== undefined) {
      figures.failures.push(`${label}: ${dataset} of version ${delta} can't be read: ${why}`);
      continue;
    }
    const behind = Math.max(0, delta - iceberg);
    figures.rows += rows;
    figures.missing += missing;
    figures.doubled += doubled;
    figures.behind += behind > 0 ? 1 : 0;
    figures.mostBehind = Math.max(figures.mostBehind, behind);
    figures.moved += turns > 0 ? 1 : 0;
    if (behind > most || missing + doubled + files > 0)
      figures.failures.push(
        `${label}: ${dataset}: Delta ${delta}, Iceberg ${iceberg}, ${missing} rows missing, ${doubled} doubled, ${files} other files`,
      );
  }
}
