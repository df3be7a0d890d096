// `npm run bench -- lanes`: ways of decoded rows (JavaScript objects, as a ledger lake gives them) into a DuckDB table.
import { createReadStream, openSync, writeSync, closeSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './lib/contender.mjs';
import { median, table } from './lib/measure.mjs';
import { benchRoot, messagesFile } from './lib/messages.mjs';

const require = createRequire(path.join(ROOT, 'libs/writer/package.json'));
const { DuckDBInstance, DuckDBDataChunk, UINTEGER, VARCHAR, BOOLEAN } = require('@duckdb/node-api');
const arrow = createRequire(path.join(ROOT, 'libs/schema/package.json'))('apache-arrow');

const CHUNK = 2048;
const COLUMNS = [
  ['ledger_sequence', 'UINTEGER'],
  ['closed_at', 'VARCHAR'],
  ...['contract_id', 'contract_key_type', 'contract_durability', 'balance_holder', 'balance'].map((name) => [
    name,
    'VARCHAR',
  ]),
  ['last_modified_ledger', 'UINTEGER'],
  ['ledger_entry_change', 'UINTEGER'],
  ['deleted', 'BOOLEAN'],
  ...['ledger_key_hash', 'key', 'val', 'message_type', 'processor_name'].map((name) => [name, 'VARCHAR']),
];
const DUCK = { UINTEGER, VARCHAR, BOOLEAN };

/** Measures each lane `rounds` times on the same rows; seconds by step. */
export async function lanes({ rows: count, rounds }) {
  const rows = await decodedRows(count);
  const results = {};
  for (let round = 0; round < rounds; round += 1)
    for (const [name, lane] of Object.entries(LANES)) {
      const { connection, instance } = await freshTable();
      const started = performance.now();
      await lane(connection, rows);
      (results[name] ??= []).push((performance.now() - started) / 1000);
      const reader = await connection.runAndReadAll('SELECT count(*) FROM t');
      if (Number(reader.getRows()[0][0]) !== count) throw new Error(`${name} lost rows`);
      connection.closeSync();
      instance.closeSync();
    }
  return {
    rows: count,
    seconds: Object.fromEntries(Object.entries(results).map(([name, all]) => [name, median(all)])),
  };
}

/** The report as a table. */
export function printed({ rows, seconds }) {
  const lines = Object.entries(seconds).map(([name, each]) => [
    name,
    `${each.toFixed(2)} s`,
    Math.round(rows / each).toLocaleString('en'),
  ]);
  return `${rows.toLocaleString('en')} decoded contract_data rows into a table\n\n${table(['', 'median', 'rows/s'], lines)}\n`;
}

const LANES = {
  async 'NDJSON text, read_json'(connection, rows) {
    mkdirSync(benchRoot(), { recursive: true });
    const file = path.join(benchRoot(), `lane-${process.pid}.ndjson`);
    const handle = openSync(file, 'w');
    let text = '';
    for (const row of rows) {
      text += line(row);
      if (text.length > 1 << 20) {
        writeSync(handle, text);
        text = '';
      }
    }
    writeSync(handle, text);
    closeSync(handle);
    const columns = COLUMNS.map(([name, type]) => `'${name}': '${type}'`).join(', ');
    await connection.run(
      `INSERT INTO t SELECT * FROM read_json('${file}', format = 'newline_delimited', columns = {${columns}})`,
    );
    rmSync(file);
  },
  async 'data chunks, appender'(connection, rows) {
    const appender = await connection.createAppender('t');
    for (let from = 0; from < rows.length; from += CHUNK)
      appendColumns(
        appender,
        Math.min(CHUNK, rows.length - from),
        (name, at) => rows[from + at][name] ?? null,
      );
    appender.closeSync();
  },
  async 'Arrow batches, then data chunks'(connection, rows) {
    const appender = await connection.createAppender('t');
    for (let from = 0; from < rows.length; from += CHUNK) {
      const size = Math.min(CHUNK, rows.length - from);
      const vectors = new Map(
        COLUMNS.map(([name, type]) => [name, arrowVector(type, rows, from, size, name)]),
      );
      appendColumns(appender, size, (name, at) => vectors.get(name).get(at));
    }
    appender.closeSync();
  },
  async 'Arrow batches alone, not loaded'(connection, rows) {
    for (let from = 0; from < rows.length; from += CHUNK)
      for (const [name, type] of COLUMNS)
        arrowVector(type, rows, from, Math.min(CHUNK, rows.length - from), name);
    await connection.run(`INSERT INTO t (ledger_sequence) SELECT 1 FROM range(${rows.length})`);
  },
};

function appendColumns(appender, size, valueOf) {
  const chunk = DuckDBDataChunk.create(
    COLUMNS.map(([, type]) => DUCK[type]),
    size,
  );
  for (const [index, [name]] of COLUMNS.entries())
    chunk.setColumnValues(
      index,
      Array.from({ length: size }, (_, at) => valueOf(name, at)),
    );
  appender.appendDataChunk(chunk);
}

function arrowVector(type, rows, from, size, name) {
  const arrowType =
    type === 'VARCHAR' ? new arrow.Utf8() : type === 'BOOLEAN' ? new arrow.Bool() : new arrow.Uint32();
  const builder = arrow.makeBuilder({ type: arrowType, nullValues: [null, undefined] });
  for (let at = 0; at < size; at += 1) builder.append(rows[from + at][name] ?? null);
  return builder.finish().toVector();
}

function line(row) {
  let text = '';
  for (const [name, type] of COLUMNS) {
    const value = row[name] ?? null;
    if (value === null) continue;
    text += `${text === '' ? '{' : ','}"${name}":${type === 'VARCHAR' ? JSON.stringify(value) : value}`;
  }
  return `${text}}\n`;
}

async function freshTable() {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE t (${COLUMNS.map(([name, type]) => `"${name}" ${type}`).join(', ')})`);
  return { instance, connection };
}

async function decodedRows(count) {
  const rows = [];
  const lines = createInterface({ input: createReadStream(messagesFile(1_000_000).file) });
  for await (const text of lines) {
    const { contract_data: inner, ...outer } = JSON.parse(text);
    rows.push({ ...outer, ...inner, key: JSON.stringify(inner.key), val: JSON.stringify(inner.val) });
    if (rows.length === count) break;
  }
  lines.close();
  return rows;
}
