// The crash campaign: `npm run faults -- --runs 200 --seed 1 [--stores local,s3,gcs] [--lanes 8] [--kinds …] [--json]`.
// Each run is a real backfill whose worker, command, connection to Temporal, Temporal server or storage server is killed
// at a random or chosen step; afterwards independent readers must find every message exactly once, and the same files as
// without a kill. The same seed gives the same schedules of kills.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePython } from '../../tools/python.mjs';
import { addRun, emptyFigures, faultsIn, printFigures } from './figures.mjs';
import { Lane } from './lane.mjs';
import { require, startReader, startTemporal } from './processes.mjs';
import { backfillInput, faultyRun, kindsOn, LIMIT_MS } from './run.mjs';
import { openStorage, STORES } from './stores.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    stores: { type: 'string', default: STORES.join() },
    lanes: { type: 'string', default: '8' },
    kinds: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const SHARES = { local: 12, s3: 5, gcs: 3 };
const LEDGERS = 12;
/** A run that ended before its first kill proves nothing and is repeated. */
const MAX_REPEATS = 4;

const runs = Number(values.runs);
const seed = Number(values.seed);
const stores = values.stores.split(',');
const wrong = stores.find((store) => !STORES.includes(store));
if (wrong !== undefined) throw new Error(`There is no store "${wrong}": use ${STORES.join()}.`);
const { python, reason } = ensurePython();
if (python === undefined) throw new Error(`The campaign needs pyarrow, polars and delta-rs: ${reason}.`);

const root = mkdtempSync(path.join(tmpdir(), 'parquetry-faults-'));
const shares = sharesOf(runs, stores);
const names = laneNames(Number(values.lanes), shares);
const figures = emptyFigures(seed);
const began = Date.now();
const temporal = await startTemporal(
  names.map(({ name }) => name),
  root,
);
const reader = startReader(python);
const opened = [];
const lanes = [];
try {
  const { writeSampleLake } = require('@parquetry/sample');
  const lake = path.join(root, 'lake');
  const { ledgers: range } = await writeSampleLake({ dir: lake, ledgers: LEDGERS });
  let whole;
  for (const kind of stores) {
    const store = await openStorage(kind, root);
    opened.push(store);
    const own = names.filter((lane) => lane.store === kind);
    const here = [];
    for (const { name } of own) here.push(await new Lane(name, root, store, temporal).open());
    lanes.push(...here);
    const { found, scale } = await undisturbed(here[0], { lake, range }, kind);
    whole ??= found;
    figures.undisturbed[kind] = scale;
    store.plan = { kind, lanes: here, scale, next: 0, runs: shares[kind] };
  }
  await Promise.all(
    opened.flatMap(({ plan }) => plan.lanes.map((lane) => work(lane, plan, { lake, range }, whole))),
  );
} finally {
  for (const lane of lanes) await lane.close();
  await reader.stop();
  await temporal.stop();
  for (const store of opened) await store.stop();
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}
figures.seconds = Math.round((Date.now() - began) / 1000);
console.log(values.json ? JSON.stringify(figures, undefined, 2) : printFigures(figures));
for (const failure of figures.failures) console.error(failure);
process.exit(faultsIn(figures) === 0 ? 0 : 1);

/** Runs of one lane, one after the other, until the store has its share. */
async function work(lane, plan, { lake, range }, whole) {
  const kinds = values.kinds?.split(',') ?? kindsOn(lane.store);
  while (plan.next < plan.runs) {
    const number = plan.next++;
    const kind = kinds[number % kinds.length];
    for (let turn = 0; ; turn++) {
      const name = `${plan.kind}-${number}-${turn}`;
      const dir = path.join(root, 'runs', name);
      const archive = lane.store.archive(name);
      const own = (seed * 100_003 + number) * 31 + STORES.indexOf(plan.kind) * 7 + turn;
      const outcome = await faultyRun({
        lane,
        dir,
        seed: own,
        kind,
        lake,
        range,
        archive,
        scale: plan.scale,
        haste: turn + 1,
      });
      rmSync(dir, { recursive: true, force: true });
      if (outcome.kills === 0 && outcome.failure === undefined && turn < MAX_REPEATS) continue;
      const found = outcome.failure === undefined ? await readBack(lane.store, archive) : {};
      addRun(figures, `${plan.kind} run ${number} (seed ${seed}, ${kind})`, plan.kind, outcome, found, whole);
      break;
    }
  }
}

/** The same backfill without a kill: the expected result, the number of steps and the duration. */
async function undisturbed(lane, source, kind) {
  const archive = lane.store.archive('whole');
  lane.arm({});
  const started = Date.now();
  const input = backfillInput({ ...source, archive });
  const failure = await lane.backfill(`whole-${kind}`, input, () => undefined, Date.now() + LIMIT_MS);
  if (failure !== undefined) throw new Error(`the undisturbed backfill on ${kind} ${failure}`);
  const scale = { ms: Date.now() - started, counts: await lane.counts() };
  const found = await readBack(lane.store, archive);
  if (found.error !== undefined) throw new Error(`the reader on ${kind}: ${found.error}`);
  return { found, scale };
}

function readBack(store, archive) {
  return store.whileUp(() => reader.read(archive, store.readerOptions));
}

/** Runs of each store. */
function sharesOf(total, chosen) {
  const sum = chosen.reduce((all, store) => all + SHARES[store], 0);
  const shares = Object.fromEntries(
    chosen.map((store) => [store, Math.max(1, Math.floor((total * SHARES[store]) / sum))]),
  );
  const given = Object.values(shares).reduce((all, one) => all + one, 0);
  shares[chosen[0]] += total - given;
  return shares;
}

/** Lanes of each store, at least one. */
function laneNames(count, shares) {
  const total = Object.values(shares).reduce((all, one) => all + one, 0);
  return Object.entries(shares).flatMap(([store, own]) =>
    Array.from({ length: Math.max(1, Math.round((count * own) / total)) }, (_, index) => ({
      store,
      name: `${store}-lane-${index}`,
    })),
  );
}
