// The crash campaign: `npm run faults -- --runs 200 --seed 1 [--store local|s3] [--lanes 3] [--json]`. Each run is a real
// backfill in a folder of its own whose worker, command or Temporal server is killed with SIGKILL at a random or chosen
// step; afterwards an independent reader must find every message exactly once and the same files as without a kill.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePython } from '../../tools/python.mjs';
import { parquetry, require, startReader, startTemporal } from './processes.mjs';
import { backfillArgs, faultyRun, KINDS, STORE_KIND } from './run.mjs';
import { openStorage } from './stores.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    store: { type: 'string', default: 'local' },
    lanes: { type: 'string', default: '3' },
    kinds: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed);
const { python, reason } = ensurePython();
if (python === undefined) throw new Error(`The campaign needs pyarrow and delta-rs: ${reason}.`);

const root = mkdtempSync(path.join(tmpdir(), 'parquetry-faults-'));
const lanes = Array.from({ length: Math.min(runs, Number(values.lanes)) }, (_, lane) => `lane-${lane}`);
const storage = await openStorage(values.store, root);
const temporal = await startTemporal(lanes);
const reader = startReader(python);
const figures = {
  runs: 0,
  kills: 0,
  restarts: 0,
  duplicates: 0,
  losses: 0,
  otherBytes: 0,
  failures: [],
  seconds: 0,
  steps: {},
  kinds: {},
};
const began = Date.now();
try {
  const { writeSampleLake } = require('@parquetry/sample');
  const lake = path.join(root, 'lake');
  const { ledgers: range } = await writeSampleLake({ dir: lake, ledgers: 48 });
  const base = { lake, ledgers: `${range.start}-${range.end}`, env: storage.env };
  const { whole, scale } = await undisturbed(base);
  const kinds = values.kinds?.split(',') ?? (storage.kill === undefined ? KINDS : [...KINDS, STORE_KIND]);
  let next = 0;
  await Promise.all(
    lanes.map(async (lane) => {
      while (next < runs) {
        const number = next++;
        const dir = path.join(root, `run-${number}`);
        const kind = kinds[number % kinds.length];
        const archive = storage.archive(`run-${number}`);
        const run = {
          ...base,
          dir,
          seed: seed * 100_003 + number,
          kind,
          lane,
          address: temporal.address,
          archive,
          scale,
          killStore: storage.kill,
        };
        const outcome = await faultyRun(run);
        count(
          number,
          outcome,
          outcome.failure === undefined ? await reader.read(archive, storage.readerOptions) : undefined,
          whole,
        );
        rmSync(dir, { recursive: true, force: true });
      }
    }),
  );
} finally {
  await reader.stop();
  await temporal.stop();
  await storage.stop();
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}
figures.seconds = Math.round((Date.now() - began) / 1000);
const faults = figures.failures.length + figures.duplicates + figures.losses + figures.otherBytes;
console.log(
  values.json
    ? JSON.stringify(figures, undefined, 2)
    : `${figures.runs} runs in ${figures.seconds} s: ${figures.kills} kills, ${figures.restarts} restarts; ${figures.duplicates} duplicates, ` +
        `${figures.losses} losses, ${figures.otherBytes} files with other bytes, ${figures.failures.length} runs that did not end.\n` +
        `Killed at: ${Object.entries(figures.steps)
          .sort()
          .map(([step, times]) => `${step} ${times}×`)
          .join(', ')}\n` +
        `By kind: ${Object.entries(figures.kinds)
          .map(([kind, { runs: n, kills }]) => `${kind} ${n} runs ${kills} kills`)
          .join(', ')}`,
);
for (const failure of figures.failures) console.error(failure);
process.exit(faults === 0 ? 0 : 1);

/** The same backfill without a kill: what all others must come to, and how long it takes. */
async function undisturbed(base) {
  const archive = storage.archive('whole');
  const log = path.join(root, 'count.log');
  const started = Date.now();
  const { code, stderr } = await parquetry(backfillArgs({ ...base, archive }), {
    cwd: root,
    env: base.env,
    fault: { log },
  }).ended;
  if (code !== 0) throw new Error(`the undisturbed backfill ended with ${code}: ${stderr}`);
  const { count: operations } = JSON.parse(readFileSync(log, 'utf8').trim().split('\n').at(-1));
  return {
    whole: await reader.read(archive, storage.readerOptions),
    scale: { operations, ms: Date.now() - started },
  };
}

function count(number, { kind, kills, restarts, where, seconds, failure }, found, whole) {
  figures.runs += 1;
  figures.kills += kills;
  figures.restarts += restarts;
  for (const step of where) figures.steps[step] = (figures.steps[step] ?? 0) + 1;
  const of = (figures.kinds[kind] ??= { runs: 0, kills: 0 });
  of.runs += 1;
  of.kills += kills;
  if (failure !== undefined) figures.failures.push(`run ${number} (seed ${seed}, ${kind}): ${failure}`);
  let wrong = 0;
  for (const [name, { files, lost, extra }] of Object.entries(found ?? {})) {
    figures.losses += lost;
    figures.duplicates += extra;
    const want = whole[name]?.files ?? {};
    const other = [...new Set([...Object.keys(files), ...Object.keys(want)])].filter(
      (file) => files[file] !== want[file],
    ).length;
    figures.otherBytes += other;
    wrong += lost + extra + other;
  }
  if (wrong > 0)
    figures.failures.push(`run ${number} (seed ${seed}, ${kind}): the archive is not the one without kills`);
  console.error(
    `run ${number} ${kind}: ${kills} kills, ${seconds.toFixed(1)} s${failure === undefined && wrong === 0 ? '' : ' FAULT'}${where.length > 0 ? ` (${where.join('; ')})` : ''}`,
  );
}
