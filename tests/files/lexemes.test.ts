import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { MAX_LEDGER, type Reject, partName } from '@parquetry/core';
import {
  type DataType,
  duckdbType,
  quoteText,
  type RegisteredSchema,
  type TableSchema,
} from '@parquetry/schema';
import { openNdjsonSource } from '@parquetry/source';
import { type Writer, openWriter } from '@parquetry/writer';
import { PYTHON, python } from '../support/python';
import { LEXEMES, NAMED, TYPES } from './lexemes';

const ALL = [...LEXEMES, ...NAMED];
const RANGE = { start: 1, end: MAX_LEDGER };

/** By type: a line for each text, `text | how DuckDB reads it | what is stored, or the code of the reject`. */
const TABLE = path.join(__dirname, 'lexemes.txt');

let dir = '';
let writer: Writer;
let instance: DuckDBInstance;
beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'parquetry-lexemes-'));
  writer = await openWriter({ memoryLimit: '500MB', threads: 1, tempDir: path.join(dir, 'duckdb') });
  instance = await DuckDBInstance.create(':memory:');
});
afterAll(async () => {
  instance.closeSync();
  await writer.close();
  rmSync(dir, { recursive: true, force: true });
});

async function ask(sql: string): Promise<string[]> {
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    return (await connection.runAndReadAll(sql)).getRows().map(([value]) => String(value));
  } finally {
    connection.closeSync();
  }
}

/** How `read_json` with explicit columns reads a text, printed; the first words of its error if it fails. */
async function naive(type: DataType, text: string): Promise<string> {
  const file = path.join(dir, 'naive.ndjson');
  writeFileSync(file, `{"v":${text}}\n`);
  const column = type.type === 'json' ? 'JSON' : duckdbType(type);
  // Printed by DuckDB as text, NUL made visible.
  const sql = `SELECT coalesce(replace(v::VARCHAR, chr(0), '\\0'), 'NULL') FROM read_json(${quoteText(file)},
    columns = {v: ${quoteText(column)}}, format = 'newline_delimited')`;
  return ask(sql).then(
    ([value]) => value ?? 'no row',
    () => 'the file fails',
  );
}

function schemaOf(type: DataType): TableSchema {
  return {
    messageType: 't',
    origin: 'predefined',
    ledgerColumn: 'ledger_sequence',
    closeTimeColumn: 'closed_at',
    fields: [
      { id: 1, name: 'ledger_sequence', type: { type: 'uint32' }, nullable: false },
      { id: 2, name: 'closed_at', type: { type: 'timestamp', unit: 'us', timezone: 'UTC' }, nullable: false },
      { id: 3, name: 'v', type, nullable: true },
      { id: 4, name: 'message_type', type: { type: 'utf8' }, nullable: true },
    ],
  };
}

/** Runs one message for each text through the pipeline: the Parquet file, and the rejects by ledger (number of the text + 1). */
async function store(name: string, type: DataType): Promise<{ file: string; rejects: Map<number, Reject> }> {
  const work = path.join(dir, name);
  const stageDir = path.join(work, 'stage');
  mkdirSync(stageDir, { recursive: true });
  const input = path.join(work, 'in.ndjson');
  const lines = ALL.map(
    ([, text], row) => `{"message_type":"t","v":${text},"ledger_sequence":${row + 1},"closed_at":0}\n`,
  );
  writeFileSync(input, lines.join(''));
  const schema = schemaOf(type);
  const source = await openNdjsonSource(input, { schemas: new Map([['t', schema]]) });
  const index = await source.prepare({ range: RANGE, workDir: work });
  // The registered schema holds: what does not fit its column is a reject, not a new column.
  const datasets = [{ dataset: 't', schema }];
  const manifest = await source.pull({
    stageId: name,
    range: RANGE,
    datasets,
    index,
    stageDir,
    spoolDir: work,
  });
  const [staged] = manifest.datasets;
  if (staged === undefined) throw new Error('nothing was staged');
  expect(staged.rows + staged.rejected).toBe(ALL.length);
  const registered: RegisteredSchema = { subject: 't', version: 1, fingerprint: '0'.repeat(64), schema };
  const [file] = await writer.writeDataset({
    rowsFile: path.join(stageDir, partName('t', 0)),
    staged,
    range: RANGE,
    schema: registered,
    settings: { compression: 'snappy', layout: { kind: 'ledger_range', width: MAX_LEDGER } },
    outDir: path.join(work, 'out'),
  });
  const rejects = readFileSync(path.join(stageDir, 't.rejects.ndjson'), 'utf8').trimEnd().split('\n');
  const parsed = rejects.map((line) => JSON.parse(line) as Reject);
  for (const reject of parsed)
    expect(reject).toMatchObject({
      reason: expect.stringMatching(/\.$/),
      column: expect.any(String),
      position: `${input}:${reject.ledger}`,
      raw: lines[(reject.ledger as number) - 1]?.trimEnd(),
    });
  return {
    file: file?.path as string,
    rejects: new Map(parsed.map((reject) => [reject.ledger as number, reject])),
  };
}

describe('a lexeme in a column', () => {
  const files = new Map<string, string>();

  it.each(Object.entries(TYPES))(
    '%s: how DuckDB reads it, and what is stored or refused instead',
    async (name, type) => {
      const { file, rejects } = await store(name, type);
      files.set(name, file);
      const stored = await ask(
        `SELECT ledger_sequence || ' ' || coalesce(replace(v::VARCHAR, chr(0), '\\0'), 'NULL') FROM read_parquet(${quoteText(file)}, hive_partitioning = false)`,
      );
      const byLedger = new Map(
        stored.map((line) => [Number(line.split(' ')[0]), line.slice(line.indexOf(' ') + 1)]),
      );
      const found: string[] = [];
      for (const [row, [label, text]] of ALL.entries()) {
        const outcome = rejects.get(row + 1)?.code ?? byLedger.get(row + 1);
        found.push(`${label} | ${await naive(type, text)} | ${String(outcome)}`);
      }
      if (process.env['PARQUETRY_UPDATE_LEXEMES'] === '1')
        writeFileSync(TABLE, `${name}\n${found.map((line) => `  ${line}\n`).join('')}`, { flag: 'a' });
      expect(found).toEqual(expected(name));
    },
    60_000,
  );

  (PYTHON === undefined ? it.skip : it)(
    `is read by pyarrow and polars as it was sent${PYTHON === undefined ? ' [skipped: no Python with pyarrow and polars]' : ''}`,
    () => {
      const seen = python<Record<string, Record<string, string>>>('lexemes.py', [...files.values()]);
      for (const [name, file] of files)
        for (const [ledger, value] of Object.entries(seen[file] ?? {})) {
          const [label, text] = ALL[Number(ledger) - 1] as readonly [string, string];
          expect([name, label, value]).toEqual([name, label, asPython(TYPES[name] as DataType, text)]);
        }
    },
    60_000,
  );
});

function expected(name: string): string[] {
  const lines = readFileSync(TABLE, 'utf8').split('\n');
  const at = lines.indexOf(name);
  const end = lines.findIndex((line, index) => index > at && !line.startsWith('  '));
  return lines.slice(at + 1, end).map((line) => line.slice(2));
}

/** The value of a JSON text as the Python script prints it for a column of a type. */
function asPython(type: DataType, text: string): string {
  if (text === 'null') return 'null';
  switch (type.type) {
    case 'json':
      return JSON.stringify(text);
    case 'utf8':
      return JSON.stringify(JSON.parse(text)).replace('😀', '\\ud83d\\ude00');
    case 'float64': {
      const value = Number(text);
      if (Object.is(value, -0)) return '-0.0';
      if (Math.abs(value) >= 1e16) return value.toExponential();
      return Number.isInteger(value) ? `${value}.0` : String(value);
    }
    case 'decimal128': {
      const number = text.startsWith('"') ? (JSON.parse(text) as string) : text;
      const [whole = '', fraction = ''] = (/e/i.test(number) ? String(Number(number)) : number).split('.');
      const digits = `${whole}.${fraction.replace(/0+$/, '').padEnd(type.scale, '0')}`;
      // Python prints small decimals with an exponent.
      return /^-?0\.0+$/.test(digits) ? '0E-7' : digits;
    }
    case 'timestamp': {
      const time = new Date(JSON.parse(text) as string).toISOString();
      return time.replace('Z', '000Z');
    }
    case 'list':
      return `[${(JSON.parse(text) as (number | null)[]).map((item) => String(item)).join(', ')}]`;
    case 'struct':
      return `{a: ${String((JSON.parse(text) as { a?: number }).a ?? null)}}`;
    case 'bool':
      return text;
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64': {
      if (/^-0(\.0)?$/.test(text) || text.startsWith('0e')) return '0';
      return /[.eE]/.test(text) ? String(Number(text)) : text;
    }
  }
}
