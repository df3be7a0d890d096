// `npm run bench -- stellar`: real ledgers, each message type alone and all together, compared with decoding alone; processor
// time, in one process. Then the whole path (pull, write, verify, commit) of the default types and of all types, and
// the command on a warm server (see warmledgers.mjs).
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import path from 'node:path';
import { ROOT } from './lib/contender.mjs';
import { contend, table } from './lib/measure.mjs';
import { benchRoot } from './lib/messages.mjs';
import { printedWarm, warmLedgers } from './warmledgers.mjs';

const require = createRequire(path.join(ROOT, 'libs/sample/package.json'));
const { LedgerContext, readBatchHeader, readLedger, stellarRows } = require('@parquetry/stellar');
const { DEFAULT_LEDGER_TYPES, LEDGER_TYPES } = require('@parquetry/core');
const { decompress } = createRequire(path.join(ROOT, 'libs/source/package.json'))('@mongodb-js/zstd');

const PUBNET = 'Public Global Stellar Network ; September 2015';

/** A lake of real ledgers where the test data is there, else the sample lake. */
export async function lakeFolder() {
  const data = process.env.PARQUETRY_TEST_DATA ?? path.join(ROOT, '../../shared/data');
  for (const root of [data, path.join(ROOT, '../shared/data')]) {
    const real = path.join(root, 'lakes/pubnet-1x64000');
    if (existsSync(real)) return { dir: real, name: 'ten pubnet ledgers (protocol 26)', pubnet: true };
  }
  const { writeSampleLake } = require('@parquetry/sample');
  const sample = await writeSampleLake({ dir: path.join(benchRoot(), 'data/lake-200'), ledgers: 200 });
  return { dir: sample.dir, name: '200 ledgers of the sample lake', pubnet: false };
}

/** The uncompressed objects of a lake, and its network. */
async function objectsOf(dir) {
  const names = readdirSync(dir, { recursive: true });
  const manifest = names.find((name) => name.endsWith('.config.json'));
  const network =
    manifest === undefined
      ? PUBNET
      : JSON.parse(readFileSync(path.join(dir, manifest), 'utf8')).networkPassphrase;
  const objects = [];
  for (const name of names.filter((each) => /\.zstd?$/.test(each)))
    objects.push(await decompress(readFileSync(path.join(dir, name))));
  return { objects, network };
}

function* ledgersOf(objects, types) {
  for (const bytes of objects) {
    const { start, end, offset } = readBatchHeader(bytes, 'bench');
    for (let at = offset, sequence = start; sequence <= end; sequence += 1) {
      const ledger = readLedger(bytes, at, 'bench', types);
      yield ledger;
      at = ledger.meta.xdrEnd;
    }
  }
}

/** Processor seconds of one run, and what it made. */
function timed(run) {
  const before = process.cpuUsage();
  const count = run();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (user + system) / 1e6, count };
}

/** Runs `rounds` times and keeps the median of the processor time. */
export async function stellar({ rounds }, log = console.error) {
  const { dir, name } = await lakeFolder();
  const { objects, network } = await objectsOf(dir);
  const bytes = objects.reduce((sum, object) => sum + object.length, 0);
  const sequences = [...ledgersOf(objects, [])].map(({ meta }) => meta.value.ledgerHeader.header.ledgerSeq);
  const ledgers = sequences.length;
  const range = { start: Math.min(...sequences), end: Math.max(...sequences) };
  const rowsOf = (types) => () => {
    let rows = 0;
    for (const ledger of ledgersOf(objects, types)) {
      const context = new LedgerContext(ledger, network);
      // eslint-disable-next-line @typescript-eslint/no-unused-vars
      for (const type of types) for (const row of stellarRows(context, type)) rows += 1;
    }
    return rows;
  };
  const decode = (types) => () => {
    let count = 0;
    // One ledger at a time, as in a pull: keeping all of them would make garbage collection slow.
    // eslint-disable-next-line @typescript-eslint/no-unused-vars
    for (const ledger of ledgersOf(objects, types)) count += 1;
    return count;
  };
  const cases = [
    ['decoding alone, nothing built', decode([])],
    ['decoding alone, for the default types', decode(DEFAULT_LEDGER_TYPES)],
    ['decoding alone, for all types', decode(LEDGER_TYPES)],
    ...LEDGER_TYPES.map((type) => [type, rowsOf([type])]),
    ['default types', rowsOf(DEFAULT_LEDGER_TYPES)],
    ['all types', rowsOf(LEDGER_TYPES)],
  ];
  const results = [];
  for (const [what, run] of cases) {
    timed(run);
    const runs = Array.from({ length: rounds }, () => timed(run)).sort((a, b) => a.seconds - b.seconds);
    const { seconds, count } = runs[Math.floor(runs.length / 2)];
    const [{ seconds: least }, { seconds: most }] = [runs[0], runs.at(-1)];
    results.push({
      what,
      rows: what.startsWith('decoding') ? 0 : count,
      seconds,
      least,
      most,
      megabytesPerSecond: bytes / 1e6 / seconds,
      ledgersPerSecond: ledgers / seconds,
    });
    log(`${what}: ${seconds.toFixed(3)} s`);
  }
  const of = (what) => results.find((result) => result.what === what)?.seconds ?? 0;
  const whole = {};
  for (const [what, types] of [
    ['default', DEFAULT_LEDGER_TYPES],
    ['all', LEDGER_TYPES],
  ]) {
    whole[what] = await wholePath({ dir, range, types, rounds });
    whole[what].ofDecoding = of(`decoding alone, for ${DECODED[what]} types`) / whole[what].seconds;
    log(`whole path, ${what} types: ${whole[what].seconds.toFixed(3)} s`);
  }
  const warm = await warmLedgers({ dir, range }, rounds, log);
  const ratio = of('all types') / of('default types');
  const wholeRatio = whole.all.seconds / whole.default.seconds;
  return { lake: name, ledgers, bytes, rounds, load: loadavg()[0], results, ratio, whole, wholeRatio, warm };
}

const DECODED = { default: 'the default', all: 'all' };
const STEPS = ['pull', 'register', 'write', 'verify', 'commit'];

/** Processor seconds of one partition in a process that did another before: the median of `rounds`, and its steps. */
async function wholePath({ dir, range, types, rounds }) {
  const { later } = await contend([process.execPath, path.join(ROOT, 'bench/contenders/parquetry.mjs')], {
    source: { uri: `galexie:${dir}` },
    range,
    types,
    partitions: 1,
    concurrency: 1,
    threads: 1,
    memoryBytes: 1024e6,
    again: rounds,
  });
  later.sort((a, b) => a.cpuSeconds - b.cpuSeconds);
  const { cpuSeconds, cpuSteps, rows, bytes } = later[Math.floor(later.length / 2)];
  const [least, most] = [later[0].cpuSeconds, later.at(-1).cpuSeconds];
  return { seconds: cpuSeconds, least, most, steps: cpuSteps, rows, bytes };
}

export function printed(report) {
  const { lake, ledgers, bytes, rounds, load, results, ratio, whole, wholeRatio, warm } = report;
  const speed = (seconds) => [(bytes / 1e6 / seconds).toFixed(0), (ledgers / seconds).toFixed(0)];
  const spread = ({ least, most }) => `${least.toFixed(3)}–${most.toFixed(3)}`;
  const rows = results.map((result) => [
    result.what,
    result.rows === 0 ? '' : result.rows.toLocaleString('en'),
    result.seconds.toFixed(3),
    spread(result),
    ...speed(result.seconds),
  ]);
  const wholes = Object.entries(whole).map(([what, result]) => [
    `${what} types`,
    ...STEPS.map((step) => (result.steps[step] ?? 0).toFixed(3)),
    result.seconds.toFixed(3),
    spread(result),
    ...speed(result.seconds),
    `${(100 * result.ofDecoding).toFixed(0)} %`,
  ]);
  const rates = ['MB/s a core', 'ledgers/s a core'];
  return `${lake}: ${ledgers} ledgers, ${(bytes / 1e6).toFixed(1)} MB; processor time, median of ${rounds}, load ${load.toFixed(1)}
${table(['rows', 'rows', 'seconds', 'range', ...rates], rows)}
Rows of all types take ${ratio.toFixed(2)} times the processor time of those of the default types.

${table(['whole path', ...STEPS, 'seconds', 'range', ...rates, 'of decoding'], wholes)}
The whole path of all types takes ${wholeRatio.toFixed(2)} times the processor time of the default types (goal: 2.5).

${printedWarm(warm)}`;
}
