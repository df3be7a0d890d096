// `npm run bench -- lanes`: the two lanes of rows that are JavaScript objects (a ledger lake gives such), from the object
// to the Parquet file: Arrow record batches that DuckDB is handed, which is what Parquetry does, and for comparison lines
// of text that a plain `read_json` reads.
import { appendFileSync, createReadStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './lib/contender.mjs';
import { median, table } from './lib/measure.mjs';
import { benchRoot, messagesFile } from './lib/messages.mjs';

const require = createRequire(path.join(ROOT, 'apps/worker/package.json'));
const { openWriter } = require('@parquetry/writer');
const { BatchBuilder, BatchEncoder, duckdbColumns, quoteText } = require('@parquetry/schema');
const { PART_BYTES, PART_ROWS, partName } = require('@parquetry/core');
const { contractDataSchema: schema } = require('@parquetry/stellar');
const { DuckDBInstance } = require('@duckdb/node-api');

const DATASET = schema.messageType;

/** Measures both lanes `rounds` times in turn on the same rows; processor seconds, which other work disturbs least. */
export async function lanes({ rows: count, rounds }) {
  const rows = await decodedRows(count);
  const dir = path.join(benchRoot(), `lanes-${process.pid}`);
  const writer = await openWriter({ memoryLimit: '1GB', threads: 1, tempDir: path.join(dir, 'tmp') });
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const ways = {
    text: { stage: stageText, write: (_, file) => writeText(connection, file) },
    arrow: {
      stage: (stageDir) => ({ ...counts(rows), ...stageBatches(stageDir, rows) }),
      write: (stageDir, staged) => writeBatches(writer, stageDir, staged),
    },
  };
  const found = { text: [], arrow: [] };
  try {
    for (let round = 0; round < rounds; round += 1)
      for (const [name, { stage, write }] of Object.entries(ways)) {
        const stageDir = path.join(dir, name);
        mkdirSync(stageDir, { recursive: true });
        const started = process.cpuUsage();
        const staged = stage(stageDir, rows);
        const between = process.cpuUsage(started);
        await write(stageDir, staged);
        const all = process.cpuUsage(started);
        found[name].push({ stage: seconds(between), write: seconds(all) - seconds(between) });
        rmSync(stageDir, { recursive: true });
      }
  } finally {
    connection.closeSync();
    instance.closeSync();
    await writer.close();
    rmSync(dir, { recursive: true, force: true });
  }
  const medians = (runs) => ({
    stage: median(runs.map((run) => run.stage)),
    write: median(runs.map((run) => run.write)),
  });
  return { rows: count, cpuSeconds: { text: medians(found.text), arrow: medians(found.arrow) } };
}

/** The report as a table. */
export function printed({ rows, cpuSeconds }) {
  const lines = Object.entries(cpuSeconds).map(([name, { stage, write }]) => [
    name,
    `${stage.toFixed(2)} s`,
    `${write.toFixed(2)} s`,
    Math.round(rows / stage).toLocaleString('en'),
    Math.round(rows / (stage + write)).toLocaleString('en'),
  ]);
  const head = ['lane', 'stage', 'write', 'rows/s staged', 'rows/s in all'];
  return `${rows.toLocaleString('en')} decoded contract_data rows, processor time\n\n${table(head, lines)}\n`;
}

const seconds = ({ user, system }) => (user + system) / 1e6;

/** Writes lines of text. */
function stageText(dir, rows) {
  const file = path.join(dir, 'rows.ndjson');
  let text = '';
  for (const row of rows) {
    text += lineOf(row);
    if (text.length < PART_BYTES) continue;
    appendFileSync(file, text);
    text = '';
  }
  appendFileSync(file, text);
  return file;
}

/** COPY from `read_json` with the columns' types. */
async function writeText(connection, file) {
  const types = duckdbColumns(schema).map(([name, type]) => `${quoteText(name)}: ${quoteText(type)}`);
  await connection.run(
    `COPY (SELECT * FROM read_json(${quoteText(file)}, format = 'newline_delimited', columns = {${types.join()}}))
     TO ${quoteText(`${file}.parquet`)} (FORMAT parquet, COMPRESSION snappy)`,
  );
}

async function writeBatches(writer, dir, staged) {
  const files = await writer.writeDataset({
    rowsFile: path.join(dir, partName(DATASET, 0, staged.form)),
    staged,
    range: { start: staged.ledgers[0].ledger, end: staged.ledgers.at(-1).ledger },
    schema: { subject: DATASET, version: 1, fingerprint: 'f'.repeat(64), schema },
    settings: { compression: 'snappy', layout: { kind: 'ledger_range', width: 1e9 } },
    outDir: path.join(dir, 'out'),
  });
  if (files.reduce((sum, file) => sum + file.rows, 0) !== staged.rows)
    throw new Error('the record batches lost rows');
}

function lineOf(row) {
  let text = '';
  for (const { name, type } of schema.fields) {
    const value = row[name] ?? null;
    if (value === null) continue;
    const quoted = type.type === 'utf8' || type.type === 'json';
    const shown = type.type === 'timestamp' ? timeText(value) : value;
    text += `${text === '' ? '{' : ','}"${name}":${quoted ? JSON.stringify(value) : shown}`;
  }
  return `${text}}\n`;
}

let lastTime = { micros: -1, text: '' };

/** All rows of a ledger have the same time, so the last one is kept. */
function timeText(micros) {
  if (micros !== lastTime.micros)
    lastTime = { micros, text: `"${new Date(micros / 1000).toISOString().slice(0, 19)}Z"` };
  return lastTime.text;
}

function stageBatches(dir, rows) {
  const builder = new BatchBuilder(schema);
  const parts = [];
  const partRows = [];
  let bytes = 0;
  let pieces = [];
  let encoder = new BatchEncoder(builder.schema, (piece) => pieces.push(Buffer.from(piece)));
  let size = 0;
  let from = 0;
  for (const [index, row] of rows.entries()) {
    builder.append(row);
    if (builder.rows < PART_ROWS && index < rows.length - 1) continue;
    bytes += builder.take((batch) => encoder.write(batch)).plainBytes;
    size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (size < PART_BYTES && index < rows.length - 1) continue;
    encoder.finish();
    const part = Buffer.concat(pieces);
    writeFileSync(path.join(dir, partName(DATASET, parts.length, 'arrow')), part);
    parts.push(part.length);
    partRows.push(index + 1 - from);
    from = index + 1;
    pieces = [];
    encoder = new BatchEncoder(builder.schema, (piece) => pieces.push(Buffer.from(piece)));
  }
  return { form: 'arrow', bytes, parts, partRows };
}

/** What a pull counts beside the rows themselves. */
function counts(rows) {
  const ledgers = [];
  for (const { ledger_sequence: ledger, closed_at: closeTimeMicros } of rows) {
    if (ledgers.at(-1)?.ledger === ledger) ledgers.at(-1).rows += 1;
    else ledgers.push({ ledger, rows: 1, closeTimeMicros, lastCloseTimeMicros: closeTimeMicros });
  }
  const none = { rejected: 0, rejectedLedgers: [], columns: {}, contentHash: '' };
  return { dataset: DATASET, rows: rows.length, messages: rows.length, sorted: true, ledgers, ...none };
}

async function decodedRows(count) {
  const rows = [];
  const lines = createInterface({ input: createReadStream(messagesFile(count).file) });
  for await (const text of lines) {
    const { contract_data: inner, ...outer } = JSON.parse(text);
    const closed_at = Date.parse(inner.closed_at) * 1000;
    rows.push({
      ...outer,
      ...inner,
      closed_at,
      key: JSON.stringify(inner.key),
      val: JSON.stringify(inner.val),
    });
    if (rows.length === count) break;
  }
  lines.close();
  return rows;
}
