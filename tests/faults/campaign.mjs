// The fault campaign: `npm run faults -- --runs 1000 --seed 1 [--from 0] [--stores local,s3,gcs] [--kinds …] [--lanes 12]
// [--seconds 420] [--out FILE] [--json]`, and `npm run faults -- --sum FILE` for the table of all slices in FILE.
// Each run is a real backfill under faults of one kind (`kinds.mjs`); afterwards independent readers must find every message
// exactly once, and the same files as without a fault. The store, kind and schedule of a run follow from seed and number; with
// `--out`, runs that are in the file already are left out, so that the same command continues a campaign.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePython } from '../../tools/python.mjs';
import { faultsOf, lineOf, printSum, readRuns, recordOf, sumOf } from './figures.mjs';
import { cellsOf } from './kinds.mjs';
import { Lane } from './lane.mjs';
import { require, ROOT, startReader, startTemporal } from './processes.mjs';
import { backfillInput, faultyRun } from './run.mjs';
import { openStorage, STORES } from './stores.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    stores: { type: 'string', default: STORES.join() },
    kinds: { type: 'string' },
    lanes: { type: 'string', default: '12' },
    seconds: { type: 'string', default: '86400' },
    out: { type: 'string' },
    sum: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const LEDGERS = 8;
/** A run that ended before its first fault proves nothing and is repeated, with earlier faults. */
const MAX_REPEATS = 4;

const print = (runs) =>
  console.log(values.json ? JSON.stringify(sumOf(runs), undefined, 2) : printSum(sumOf(runs)));
if (values.sum !== undefined) {
  print(values.sum.split(',').flatMap(readRuns));
  process.exit(0);
}
const [seed, from, count] = [values.seed, values.from, values.runs].map(Number);
const stores = values.stores.split(',');
const wrong = stores.find((store) => !STORES.includes(store));
if (wrong !== undefined) throw new Error(`There is no store "${wrong}": use ${STORES.join()}.`);
const { python, reason } = ensurePython();
if (python === undefined) throw new Error(`The campaign needs pyarrow, polars and delta-rs: ${reason}.`);
const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], {
  cwd: ROOT,
  encoding: 'utf8',
}).stdout.trim();

const until = Date.now() + Number(values.seconds) * 1000;
const runs = [];
const plans = plan();
const root = mkdtempSync(path.join(tmpdir(), 'parquetry-faults-'));
// Also after a signal.
process.on('exit', () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));
const temporal = await startTemporal(
  plans.flatMap(({ names, needs }) => (needs === 'temporal' ? [] : names)),
  root,
);
const reader = startReader(python);
const opened = new Map();
const servers = [];
const lanes = [];
let whole;
try {
  const { writeSampleLake } = require('@parquetry/sample');
  const lake = path.join(root, 'lake');
  const { ledgers: range } = await writeSampleLake({ dir: lake, ledgers: LEDGERS });
  for (const each of plans) {
    if (!opened.has(each.store)) opened.set(each.store, await openStorage(each.store, root));
    each.lanes = [];
    for (const name of each.names) {
      mkdirSync(path.join(root, name));
      const own = each.needs === 'temporal' ? await startTemporal([name], path.join(root, name)) : temporal;
      if (own !== temporal) servers.push(own);
      const lane = await new Lane(name, root, opened.get(each.store), own).open(each.needs);
      each.lanes.push(lane);
      lanes.push(lane);
    }
  }
  const scales = {};
  for (const {
    store,
    lanes: [first],
  } of plans)
    scales[store] ??= await undisturbed(first, { lake, range });
  await Promise.all(
    plans.flatMap((each) => each.lanes.map((lane) => work(lane, each, { lake, range }, scales[each.store]))),
  );
} finally {
  for (const lane of lanes) await lane.close();
  await reader.stop();
  for (const server of [temporal, ...servers]) await server.stop();
  for (const store of opened.values()) await store.stop();
}
runs.sort((a, b) => a.number - b.number);
print(runs);
if (runs.length < count) console.error(`${runs.length} of ${count} runs.`);
process.exit(runs.some(({ outcome }) => outcome === 'FAULT') ? 1 : 0);

/** The runs of this slice by store and by what their lanes need, with the names of these lanes. */
function plan() {
  const cells = cellsOf(stores, values.kinds?.split(','));
  if (cells.length === 0) throw new Error('There is no such kind on these stores.');
  const reasons = new Map(cells.map(({ kind }) => [kind, kind.missing?.()]));
  for (const [{ name }, why] of reasons) if (why !== undefined) console.error(`Without ${name}: ${why}.`);
  const done = new Set(
    (values.out === undefined ? [] : readRuns(values.out))
      .filter((run) => run.seed === seed)
      .map(({ number }) => number),
  );
  const found = new Map();
  for (let number = from; number < from + count; number++) {
    const { store, kind } = cells[number % cells.length];
    if (done.has(number) || reasons.get(kind) !== undefined) continue;
    const key = `${store}-${kind.lane ?? 'lane'}`;
    if (!found.has(key)) found.set(key, { store, needs: kind.lane, key, queue: [] });
    found.get(key).queue.push({ number, kind });
  }
  const total = [...found.values()].reduce((sum, { queue }) => sum + queue.length, 0);
  const most = Number(values.lanes);
  return [...found.values()].map((each) => ({
    ...each,
    names: Array.from(
      { length: Math.max(1, Math.min(each.queue.length, Math.round((most * each.queue.length) / total))) },
      (_, index) => `${each.key}-${index}`,
    ),
  }));
}

/** Runs of one lane, one after the other, until the queue is empty or the time is over. */
async function work(lane, { store, queue }, source, scale) {
  for (let next = queue.shift(); next !== undefined && Date.now() < until; next = queue.shift())
    for (let turn = 0; turn <= MAX_REPEATS; turn++) {
      const { number, kind } = next;
      const name = `${store}-${number}-${turn}`;
      const dir = path.join(root, 'runs', name);
      const archive = lane.archive(name);
      const outcome = await faultyRun({
        ...{ lane, dir, kind, source, archive, scale, haste: turn + 1 },
        seed: (seed * 100_003 + number) * 31 + turn,
        inspect: async () => faultsOf(await readBack(lane.store, archive, true), whole, true),
      });
      rmSync(dir, { recursive: true, force: true });
      const idle = outcome.faults === 0 && outcome.failure === undefined;
      if (idle && turn < MAX_REPEATS) continue;
      const faults = faultsOf(await readBack(lane.store, archive, false), whole, false);
      if (idle) faults.push('it was always over before the first fault');
      const record = recordOf({ seed, number, store, commit }, outcome, faults);
      runs.push(record);
      if (values.out !== undefined) appendFileSync(values.out, `${JSON.stringify(record)}\n`);
      console.error(lineOf(record));
      if (store === 'local') rmSync(archive, { recursive: true, force: true });
      break;
    }
}

/** The same backfill without a fault: the expected result, the number of steps and the duration. */
async function undisturbed(lane, source) {
  const archive = lane.archive('whole');
  lane.arm({});
  const started = Date.now();
  const input = backfillInput({ ...source, archive });
  const end = await lane.backfill('whole', input, () => undefined, Date.now() + 120_000);
  if (end !== undefined) throw new Error(`the undisturbed backfill on ${lane.name} ${end}`);
  const scale = { ms: Date.now() - started, counts: (await lane.asked()).counts };
  const found = await readBack(lane.store, archive, false);
  whole ??= found;
  const faults = faultsOf(found, whole, false);
  if (faults.length > 0) throw new Error(`the undisturbed backfill on ${lane.name}: ${faults.join('; ')}`);
  return scale;
}

async function readBack(store, archive, partial) {
  const found = await store.whileUp(() => reader.ask({ archive, options: store.readerOptions, partial }));
  return partial && /^FileNotFoundError/.test(found.error ?? '') ? {} : found;
}
