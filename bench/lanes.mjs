// `npm run bench -- lanes`: the two lanes of rows that are JavaScript objects (a ledger lake gives such), from the object
// to the Parquet file: lines of text that DuckDB's `read_json` reads, and Arrow record batches that it is handed.
import { mkdirSync, rmSync, writeFileSync, createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './lib/contender.mjs';
import { median, table } from './lib/measure.mjs';
import { benchRoot, messagesFile } from './lib/messages.mjs';

const require = createRequire(path.join(ROOT, 'apps/worker/package.json'));
const { openWriter } = require('@parquetry/writer');
const { BatchBuilder, BatchEncoder } = require('@parquetry/schema');
const { PART_BYTES, PART_ROWS, partName } = require('@parquetry/core');
const { contractDataSchema: schema } = require('@parquetry/stellar');

const DATASET = schema.messageType;

/** Measures both lanes `rounds` times in turn on the same rows; processor seconds, which other work disturbs least. */
export async function lanes({ rows: count, rounds }) {
  const rows = await decodedRows(count);
  const dir = path.join(benchRoot(), `lanes-${process.pid}`);
  const writer = await openWriter({ memoryLimit: '1GB', threads: 1, tempDir: path.join(dir, 'tmp') });
  const found = { text: [], arrow: [] };
  const sums = new Set();
  try {
    for (let round = 0; round < rounds; round += 1)
      for (const [name, stage] of Object.entries({ text: stageText, arrow: stageBatches })) {
        const stageDir = path.join(dir, name);
        mkdirSync(stageDir, { recursive: true });
        const started = process.cpuUsage();
        const staged = { ...counts(rows), ...stage(stageDir, rows) };
        const between = process.cpuUsage(started);
        const files = await writer.writeDataset({
          rowsFile: path.join(stageDir, partName(DATASET, 0, staged.form)),
          staged,
          range: { start: rows[0].ledger_sequence, end: rows.at(-1).ledger_sequence },
          schema: { subject: DATASET, version: 1, fingerprint: 'f'.repeat(64), schema },
          settings: { compression: 'snappy', layout: { kind: 'ledger_range', width: 1e9 } },
          outDir: path.join(stageDir, 'out'),
        });
        const all = process.cpuUsage(started);
        found[name].push({ stage: seconds(between), write: seconds(all) - seconds(between) });
        sums.add(files.map(({ sha256 }) => sha256).join());
        rmSync(stageDir, { recursive: true });
      }
    if (sums.size !== 1) throw new Error('the lanes gave other bytes');
  } finally {
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
  return `${rows.toLocaleString('en')} decoded contract_data rows, processor time, the same bytes\n\n${table(head, lines)}\n`;
}

const seconds = ({ user, system }) => (user + system) / 1e6;

function stageText(dir, rows) {
  const parts = [];
  const ledgerBytes = [];
  let text = '';
  let last;
  for (const [index, row] of rows.entries()) {
    const line = lineOf(row);
    if (row.ledger_sequence !== last) ledgerBytes.push(0);
    last = row.ledger_sequence;
    ledgerBytes[ledgerBytes.length - 1] += line.length;
    text += line;
    const full = (index + 1) % PART_ROWS === 0 && text.length >= PART_BYTES;
    if (!full && index < rows.length - 1) continue;
    writeFileSync(path.join(dir, partName(DATASET, parts.length)), text);
    parts.push(text.length);
    text = '';
  }
  return { bytes: parts.reduce((sum, bytes) => sum + bytes, 0), parts, ledgerBytes };
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
    bytes += builder.take((batch) => encoder.write(batch)).textBytes;
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
  const lines = createInterface({ input: createReadStream(messagesFile(1_000_000).file) });
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
