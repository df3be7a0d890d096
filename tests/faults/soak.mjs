// `npm run soak -- [--minutes 60] [--out FILE]`: everything at once for a long time. A tail follows a growing lake, backfills
// fill its history, a schedule writes a second archive, compactions merge files, readers query; one of two workers is
// killed again and again, and so is the storage server. The worker that stays is watched: what it uses must not grow.
// Afterwards each ledger must be there exactly once.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensurePython } from '../../tools/python.mjs';
import { WORKER } from './lane.mjs';
import { writePlots } from './plots.mjs';
import { parquetry, require, ROOT, startReader, startTemporal } from './processes.mjs';
import { openStorage } from './stores.mjs';
import { verdict } from './trend.cjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    out: { type: 'string', default: path.join(ROOT, 'tests/output/soak.html') },
  },
});
const SECONDS = Number(values.minutes) * 60;
const LEDGER_SECONDS = 3;
const NAMESPACE = 'soak';
const TYPES = 'ledgers,transactions,contract_events';
/** Seconds between two of each. */
const EVERY = {
  sample: 10,
  collect: 30,
  backfill: 75,
  compact: 240,
  query: 30,
  killWorker: 270,
  killStorage: 660,
};
/** Ledgers of one backfill; the history has enough for all, so that the load is the same until the end. */
const BACKFILL_LEDGERS = 40;
const HISTORY = (Math.ceil(SECONDS / EVERY.backfill) + 1) * BACKFILL_LEDGERS;
/**
 * Series that must not rise after their first third, with the rise that does not count and the seconds between two samples:
 * a few sockets more, or a stage that one sample meets and the next one does not, are no leak. Memory is judged after a
 * forced collection of garbage. The server's database grows with each run until the retention time of histories: it is
 * only drawn.
 */
const LIMITS = {
  'memory after collection': { least: 30, every: EVERY.collect },
  'heap after collection': { least: 10, every: EVERY.collect },
  'open files': { least: 12, every: EVERY.sample },
  'stage disk': { least: 10, every: EVERY.sample },
  lag: { least: 5, every: EVERY.sample },
  'query time': { least: 3, every: EVERY.query },
  'data files': { least: 20, every: EVERY.sample },
};
const MAX_HISTORY = 12_000;

const { python, reason } = ensurePython();
if (python === undefined) throw new Error(`The soak needs pyarrow, polars and delta-rs: ${reason}.`);
const { Archive } = require('@parquetry/archive');
const { openStore } = require('@parquetry/storage');
const { writeSampleLake } = require('@parquetry/sample');

const root = mkdtempSync(path.join(tmpdir(), 'parquetry-soak-'));
const began = Date.now();
const seconds = () => (Date.now() - began) / 1000;
const problems = [];
const faults = [];
const series = Object.fromEntries(
  [
    ['resident memory', 'MB'],
    ['memory after collection', 'MB'],
    ['heap after collection', 'MB'],
    ['open files', ''],
    ['stage disk', 'MB'],
    ['lag', 'ledgers'],
    ['tail history', 'events'],
    ['query time', 's'],
    ['data files', ''],
    ['Temporal database', 'MB'],
  ].map(([name, unit]) => [name, { name, unit, points: [] }]),
);
const note = (name, value) => series[name].points.push([seconds(), value]);
const problem = (text) => (problems.push(text), console.error(`FAULT at ${seconds().toFixed(0)} s: ${text}`));

const storage = await openStorage('s3', root);
Object.assign(process.env, storage.env);
const temporal = await startTemporal([NAMESPACE], root);
const reader = startReader(python);
const env = {
  ...storage.env,
  TEMPORAL_ADDRESS: temporal.address,
  TEMPORAL_NAMESPACE: NAMESPACE,
  XDG_CACHE_HOME: path.join(root, 'cache'),
};
const archives = { main: storage.archive('main'), scheduled: storage.archive('scheduled') };
const lake = path.join(root, 'lake');
/** What the steady worker writes after each collection of its garbage. */
const measured = path.join(root, 'measured.json');
const cli = (args) => parquetry(args, { cwd: root, env }).ended;
/** Ends the pauses of the loops. */
const end = new AbortController();
let stopping = false;

/** Runs a command; it must end with 0, also while a server is being killed. */
async function must(...args) {
  const { code, stdout, stderr } = await cli(args);
  if (code !== 0 && !stopping)
    problem(`parquetry ${args.join(' ')} ended with ${code}: ${stderr.trim().slice(-600)}`);
  return stdout;
}

function startWorker(name, watched = {}) {
  const home = path.join(root, name);
  mkdirSync(home, { recursive: true });
  return parquetry(['worker', ...WORKER], { cwd: home, env: { ...env, ...watched } });
}

async function repeat(every, work) {
  while (!stopping) {
    await sleep(every * 1000, undefined, { signal: end.signal }).catch(() => undefined);
    if (!stopping) await work().catch((error) => problem(String(error?.stack ?? error).slice(0, 800)));
  }
}

try {
  const total = HISTORY + Math.ceil(SECONDS / LEDGER_SECONDS);
  const layout = { ledgersPerBatch: 1, batchesPerPartition: 64_000 };
  const whole = await writeSampleLake({ dir: path.join(root, 'whole'), ledgers: total, layout });
  const first = whole.ledgers.start;
  const objects = objectsOf(whole.dir);
  let newest = first - 1;
  /** Publishes the next ledger in the lake. */
  const grow = () => {
    const name = objects.get(newest + 1);
    if (name === undefined) return;
    mkdirSync(path.dirname(path.join(lake, name)), { recursive: true });
    renameSync(path.join(whole.dir, name), path.join(lake, name));
    newest += 1;
  };
  mkdirSync(lake, { recursive: true });
  renameSync(path.join(whole.dir, '.config.json'), path.join(lake, '.config.json'));
  while (newest < first + HISTORY - 1) grow();

  const steady = startWorker('steady', {
    NODE_OPTIONS: `--expose-gc --require ${path.join(ROOT, 'tests/faults/measured.cjs')}`,
    PARQUETRY_MEASURED: measured,
  });
  let killed = startWorker('killed');
  const source = ['--source', `galexie:${lake}`, '--types', TYPES];
  const started = JSON.parse(
    await must(
      ...['tail', ...source, '--archive', archives.main, '--from', String(newest), '--max-age', '20s'],
      '--detach',
      '--json',
    ),
  );
  await must(
    ...[
      'schedule',
      'create',
      'soak',
      ...source,
      '--archive',
      archives.scheduled,
      '--from',
      String(first),
      '--every',
      '2m',
      '--partition-size',
      '200',
    ],
  );

  const fill = (archive, ledgers, size) =>
    must(
      'backfill',
      ...source,
      '--archive',
      archives[archive],
      '--ledgers',
      ledgers,
      '--partition-size',
      size,
    );
  let filled = first;
  let greatest = 0;
  const loops = [
    repeat(LEDGER_SECONDS, async () => grow()),
    repeat(EVERY.sample, async () => {
      note('resident memory', statusOf(steady.child.pid, 'VmRSS') / 1e6);
      note('open files', readdirSync(`/proc/${steady.child.pid}/fd`).length);
      note('stage disk', diskOf(path.join(root, 'steady')) / 1e6);
      note('Temporal database', databaseBytes() / 1e6);
      const tail = await temporal.client(NAMESPACE).workflow.getHandle(started.workflowId).describe();
      note('tail history', tail.historyLength);
      if (tail.historyLength > MAX_HISTORY) problem(`the tail has ${tail.historyLength} events`);
      if (tail.status.name !== 'RUNNING') problem(`the tail is ${tail.status.name}`);
      const found = await snapshotOf(archives.main).catch(() => undefined);
      if (found === undefined) return;
      note('lag', newest - (found.coverage.at(-1)?.end ?? newest));
      note('data files', found.files.length);
    }),
    repeat(EVERY.collect, async () => {
      const found = await collected(steady.child);
      if (found === undefined) return;
      note('memory after collection', found.rss / 1e6);
      note('heap after collection', found.heapUsed / 1e6);
    }),
    repeat(EVERY.backfill, async () => {
      const range = `${filled}-${filled + BACKFILL_LEDGERS - 1}`;
      await fill('main', range, '20');
      filled += BACKFILL_LEDGERS;
    }),
    repeat(
      EVERY.compact,
      async () => void (await must('compact', '--archive', archives.main, '--partition-size', '200')),
    ),
    repeat(EVERY.query, async () => {
      const at = Date.now();
      const sql = 'select count(*) as "rows", count(distinct sequence) as ledgers from ledgers';
      const text = await must('query', '--archive', archives.main, '--format', 'json', sql);
      if (text === '') return;
      const [{ rows, ledgers }] = JSON.parse(text);
      note('query time', (Date.now() - at) / 1000);
      if (Number(rows) !== Number(ledgers)) problem(`${rows} rows of ${ledgers} ledgers`);
      if (Number(rows) < greatest) problem(`${rows} rows after ${greatest}`);
      greatest = Number(rows);
    }),
    repeat(EVERY.killWorker, async () => {
      faults.push({ at: seconds(), what: 'a worker is killed' });
      killed.child.kill('SIGKILL');
      await killed.ended;
      killed = startWorker('killed');
    }),
    repeat(EVERY.killStorage, async () => {
      faults.push({ at: seconds(), what: 'the storage server is killed' });
      await storage.kill();
    }),
  ];
  const report = setInterval(
    () => console.error(`${(seconds() / 60).toFixed(0)} min: ${JSON.stringify(latest())}`),
    60_000,
  );
  await Promise.race([
    sleep(SECONDS * 1000),
    steady.ended.then(({ stderr }) => problem(`the steady worker ended: ${stderr}`)),
  ]);
  clearInterval(report);
  stopping = true;
  end.abort();
  await Promise.all(loops);
  stopping = false;

  // All ledgers that are in the lake now must get there, once.
  const last = newest;
  for (let tries = 0; ((await snapshotOf(archives.main)).coverage.at(-1)?.end ?? 0) < last; tries++) {
    if (tries > 120) throw new Error(`the tail does not reach ledger ${last}`);
    await sleep(1000);
  }
  await must('stop', started.workflowId);
  await must('schedule', 'delete', 'soak');
  await fill('main', `${first}-${last}`, '200');
  await fill('scheduled', `${first}-${last}`, '200');
  for (const [name, archive] of Object.entries(archives)) {
    await must('verify', '--archive', archive, '--deep');
    const { coverage } = await snapshotOf(archive);
    if (coverage.length !== 1 || coverage[0].start !== first || coverage[0].end !== last)
      problem(`${name} covers ${JSON.stringify(coverage)}, not ${first}-${last}`);
  }
  // The second archive is the reference of the independent reader: same rows, none doubled or missing.
  await reader.read(archives.scheduled, storage.readerOptions);
  const seen = await reader.read(archives.main, storage.readerOptions);
  if (seen.error !== undefined) problem(`the reader: ${seen.error}`);
  else
    for (const [dataset, { rows, lost, extra, disagree }] of Object.entries(seen)) {
      console.log(`${dataset}: ${rows} rows, ${extra} doubled, ${lost} missing`);
      if (rows === 0 || extra > 0 || lost > 0 || disagree.length > 0)
        problem(
          `${dataset}: ${extra} doubled, ${lost} missing, other rows for ${disagree.join() || 'no reader'}`,
        );
    }
  const verdicts = Object.entries(LIMITS).map(([name, limit]) => verdict(series[name], limit, SECONDS));
  for (const { name, text, fault } of verdicts)
    if (fault) problem(`${name}: ${text}`);
    else console.log(`${name}: ${text}`);
  mkdirSync(path.dirname(values.out), { recursive: true });
  writePlots(values.out, {
    title: `Soak of ${values.minutes} minutes`,
    series: Object.values(series),
    faults,
    verdicts,
  });
  console.log(
    `${last - first + 1} ledgers, ${faults.length} kills, ${problems.length} faults; plots: ${values.out}`,
  );
} finally {
  stopping = true;
  await reader.stop();
  await temporal.stop();
  await storage.stop();
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(problems.length === 0 ? 0 : 1);

function latest() {
  return Object.fromEntries(
    Object.values(series).map(({ name, points }) => [name, Number((points.at(-1)?.[1] ?? 0).toFixed(1))]),
  );
}

async function snapshotOf(archive) {
  return (await Archive.open(openStore(archive))).dataset('ledgers').snapshot();
}

/** What a process uses after it has collected its garbage; undefined when it is too busy to answer. */
async function collected(child) {
  rmSync(measured, { force: true });
  child.kill('SIGUSR2');
  for (let tries = 0; tries < 200; tries++) {
    await sleep(100);
    if (existsSync(measured)) return JSON.parse(readFileSync(measured, 'utf8'));
  }
  return undefined;
}

/** Object names of a lake by their ledger. */
function objectsOf(dir) {
  const names = readdirSync(dir, { recursive: true }).filter((name) => /\.xdr\.zst$/.test(name));
  return new Map(names.map((name) => [Number(/--(\d+)\.xdr/.exec(name)?.[1]), name]));
}

function statusOf(pid, field) {
  return (
    Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
  );
}

/** Bytes of the files in a folder; some go away meanwhile. */
function diskOf(folder) {
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true }))
    bytes += statSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

/** The server's database and its write-ahead log. */
function databaseBytes() {
  const sizes = ['', '-wal'].map(
    (end) => statSync(path.join(root, `temporal.db${end}`), { throwIfNoEntry: false })?.size,
  );
  return sizes.reduce((sum, size) => sum + (size ?? 0), 0);
}
