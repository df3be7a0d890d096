// `npm run bench -- lake`: the whole partition path over a generated ledger lake, every message type, compared with the least
// that a reader in Node must do, in turns. Also printed by the default bench, with fewer rounds.
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT } from './lib/contender.mjs';
import { contend, median, megabytes, table } from './lib/measure.mjs';
import { benchRoot } from './lib/messages.mjs';

const require = createRequire(path.join(ROOT, 'libs/sample/package.json'));
const { writeSampleLake } = require('@parquetry/sample');

const script = (name) => [process.execPath, path.join(ROOT, 'bench/contenders', name)];

/** Runs both `rounds` times; throws when a ledger is missing. */
export async function lake({ ledgers, rounds, ...limits }, log = console.error) {
  log(`Writing a lake of ${ledgers.toLocaleString('en')} ledgers, unless it is there …`);
  const sample = await writeSampleLake({ dir: path.join(benchRoot(), `data/lake-${ledgers}`), ledgers });
  const request = {
    ...limits,
    source: { uri: `galexie:${sample.dir}` },
    range: sample.ledgers,
    lake: sample.dir,
  };
  const found = { decode: [], parquetry: [] };
  for (let round = 0; round < rounds; round += 1)
    for (const name of Object.keys(found)) {
      const answer = await contend(script(`${name}.mjs`), request);
      if (answer.ledgers !== ledgers) throw new Error(`${name} read ${answer.ledgers} of ${ledgers} ledgers`);
      log(`${name}: ${answer.seconds.toFixed(2)} s`);
      found[name].push(answer);
    }
  const of = (name, key) => median(found[name].map((answer) => answer[key]));
  const results = Object.fromEntries(
    Object.keys(found).map((name) => [
      name,
      {
        runs: rounds,
        seconds: of(name, 'seconds'),
        cpuSeconds: of(name, 'cpuSeconds'),
        ledgersPerSecond: ledgers / of(name, 'seconds'),
        peakRss: Math.max(...found[name].map(({ peakRss }) => peakRss)),
      },
    ]),
  );
  return {
    ledgers,
    objects: sample.files,
    lakeBytes: sample.bytes,
    xdrBytes: of('decode', 'bytes'),
    rows: of('parquetry', 'rows'),
    written: of('parquetry', 'bytes'),
    cpuRatioToDecode: results.parquetry.cpuSeconds / results.decode.cpuSeconds,
    ...limits,
    results,
  };
}

/** The report as a table. */
export function printed(report) {
  const rows = Object.entries(report.results).map(([name, entry]) => [
    name === 'decode' ? 'stellar-base decodes, one thread' : 'parquetry',
    entry.runs,
    `${entry.seconds.toFixed(2)} s`,
    `${entry.cpuSeconds.toFixed(2)} s`,
    Math.round(entry.ledgersPerSecond).toLocaleString('en'),
    megabytes(entry.peakRss),
  ]);
  const head = ['', 'runs', 'median', 'processor', 'ledgers/s', 'peak RSS'];
  return (
    `${report.ledgers.toLocaleString('en')} ledgers in ${report.objects.toLocaleString('en')} objects, ` +
    `${megabytes(report.lakeBytes)} (${megabytes(report.xdrBytes)} of XDR), all message types: ` +
    `${report.rows.toLocaleString('en')} rows, ${megabytes(report.written)}; ${report.partitions} partitions, ` +
    `${report.concurrency} at once, ${report.threads} threads\n\n${table(head, rows)}\n\n` +
    `Processor time to decoding alone: ${report.cpuRatioToDecode.toFixed(2)}×\n`
  );
}
