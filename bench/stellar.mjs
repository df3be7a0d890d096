// `npm run bench -- stellar`: rows of real ledgers, each message type alone and all together, compared with decoding alone.
// In one process and on one core: processor time, after a round that is not counted. Staging and writing are not in it;
// `npm run bench -- lake` has the whole path.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT } from './lib/contender.mjs';
import { table } from './lib/measure.mjs';
import { benchRoot } from './lib/messages.mjs';

const require = createRequire(path.join(ROOT, 'libs/sample/package.json'));
const { LedgerContext, readBatchHeader, readLedger, stellarRows } = require('@parquetry/stellar');
const { DEFAULT_LEDGER_TYPES, LEDGER_TYPES } = require('@parquetry/core');
const { decompress } = createRequire(path.join(ROOT, 'libs/source/package.json'))('@mongodb-js/zstd');

const PUBNET = 'Public Global Stellar Network ; September 2015';

/** A lake of real ledgers where the test data is there, else the sample lake. */
async function lakeFolder() {
  const data = process.env.PARQUETRY_TEST_DATA ?? path.join(ROOT, '../../shared/data');
  for (const root of [data, path.join(ROOT, '../shared/data')]) {
    const real = path.join(root, 'lakes/pubnet-1x64000');
    if (existsSync(real)) return { dir: real, name: 'ten pubnet ledgers (protocol 26)' };
  }
  const { writeSampleLake } = require('@parquetry/sample');
  const sample = await writeSampleLake({ dir: path.join(benchRoot(), 'data/lake-200'), ledgers: 200 });
  return { dir: sample.dir, name: '200 ledgers of the sample lake' };
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
  const ledgers = [...ledgersOf(objects, [])].length;
  const rowsOf = (types) => () => {
    let rows = 0;
    for (const ledger of ledgersOf(objects, types)) {
      const context = new LedgerContext(ledger, network);
      // eslint-disable-next-line @typescript-eslint/no-unused-vars
      for (const type of types) for (const row of stellarRows(context, type)) rows += 1;
    }
    return rows;
  };
  const decode = (types) => () => [...ledgersOf(objects, types)].length;
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
    results.push({
      what,
      rows: what.startsWith('decoding') ? 0 : count,
      seconds,
      megabytesPerSecond: bytes / 1e6 / seconds,
      ledgersPerSecond: ledgers / seconds,
    });
    log(`${what}: ${seconds.toFixed(3)} s`);
  }
  const of = (what) => results.find((result) => result.what === what)?.seconds ?? 0;
  return { lake: name, ledgers, bytes, rounds, results, ratio: of('all types') / of('default types') };
}

export function printed({ lake, ledgers, bytes, rounds, results, ratio }) {
  const rows = results.map(({ what, rows: count, seconds, megabytesPerSecond, ledgersPerSecond }) => [
    what,
    count === 0 ? '' : count.toLocaleString('en'),
    seconds.toFixed(3),
    megabytesPerSecond.toFixed(0),
    ledgersPerSecond.toFixed(0),
  ]);
  return `${lake}: ${ledgers} ledgers, ${(bytes / 1e6).toFixed(1)} MB; processor time, median of ${rounds}
${table(['', 'rows', 'seconds', 'MB/s a core', 'ledgers/s a core'], rows)}
All types take ${ratio.toFixed(2)} times the processor time of the default types.`;
}
