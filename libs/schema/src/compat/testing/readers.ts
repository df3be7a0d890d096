import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { type Outcome, type Rule } from '../rules';

/** A Python with pyarrow, polars and deltalake. */
export const PYTHON = process.env['PARQUETRY_PYTHON'];

/** A value as text, with strings in quotes; struct members and list items separately. */
type Value = string | null | readonly Value[] | { readonly [member: string]: Value };

/** The result of a reader: rows in the order of `k`, or its error. */
type Found =
  | {
      readonly columns: readonly string[];
      readonly types: readonly string[];
      readonly rows: readonly Record<string, Value>[];
    }
  | { readonly error: string };

/** A program that read `v1` and `v2` separately, and both in other ways. */
export type Readings = Readonly<Record<string, Found>>;

/** Writes the two files of a rule into a folder with DuckDB; row 1 is the older file's, row 2 the newer one's. */
export async function writeFiles(
  duck: DuckDBConnection,
  folder: string,
  shown: NonNullable<Rule['shown']>,
): Promise<string> {
  const where = path.join(folder, shown.folder ?? '');
  await mkdir(where, { recursive: true });
  for (const [index, columns] of [shown.older, shown.newer].entries())
    await duck.run(
      `COPY (SELECT ${index + 1}::BIGINT AS k, ${columns}) TO '${path.join(where, `v${index + 1}.parquet`)}' (FORMAT parquet)`,
    );
  return where;
}

/** A connection with a time zone other than UTC, as users have. */
export async function openDuck(): Promise<{ duck: DuckDBConnection; close: () => void }> {
  const instance = await DuckDBInstance.create(':memory:');
  const duck = await instance.connect();
  await duck.run(`SET TimeZone = 'America/New_York'`);
  return {
    duck,
    close: () => {
      duck.closeSync();
      instance.closeSync();
    },
  };
}

/** DuckDB on the files of a folder. */
export async function readDuck(duck: DuckDBConnection, folder: string): Promise<Readings> {
  const read = (files: string, options = ''): Promise<Found> =>
    attempt(async () => {
      const from = `read_parquet('${path.join(folder, files)}'${options})`;
      const described = await duck.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
      const shape = described.getRowsJson().map(([name, type]) => [String(name), String(type)] as const);
      const list = shape.map(([name, type]) => {
        const column = `"${name}"`;
        if (type === 'TIMESTAMP WITH TIME ZONE')
          return `(${column} AT TIME ZONE 'UTC')::VARCHAR AS ${column}`;
        return type === 'TIMESTAMP' ? `${column}::VARCHAR AS ${column}` : column;
      });
      const rows = await duck.runAndReadAll(`SELECT ${list.join(', ')} FROM ${from} ORDER BY k`);
      return {
        columns: shape.map(([name]) => name),
        types: shape.map(([, type]) => type),
        rows: rows
          .getRowObjectsJson()
          .map((row) =>
            Object.fromEntries(
              shape.map(([name, type]) => [name, value(row[name], type.startsWith('VARCHAR'))]),
            ),
          ),
      };
    });
  return {
    v1: await read('v1.parquet', ', hive_partitioning = false'),
    v2: await read('v2.parquet', ', hive_partitioning = false'),
    duckdb: await read('*.parquet'),
    duckdb_by_name: await read('*.parquet', ', union_by_name = true'),
  };
}

/** pyarrow, polars and delta-rs on the files of each folder. */
export async function readPython(folders: readonly string[]): Promise<Readonly<Record<string, Readings>>> {
  if (PYTHON === undefined) throw new Error('PARQUETRY_PYTHON is not set.');
  const script = path.join(__dirname, 'readers.py');
  const { stdout } = await promisify(execFile)(PYTHON, [script, ...folders], { maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as Record<string, Readings>;
}

/** The outcome of a reader for both files, compared with its own reading of each file alone. */
export function judge(reader: string, readings: Readings, same?: readonly [string, string]): Outcome {
  const [older, newer, both] = [readings['v1'], readings['v2'], readings[reader]];
  if (
    older === undefined ||
    newer === undefined ||
    both === undefined ||
    'error' in older ||
    'error' in newer
  )
    throw new Error(`${reader} did not read the files alone.`);
  if ('error' in both) return 'error';
  const types = new Map<string, string>();
  const add = (found: typeof older): void =>
    found.columns.forEach((name, index) => types.set(name, found.types[index] ?? ''));
  const holdsNewer = /_newer$|^delta$|_delta$/.test(reader);
  if (!holdsNewer) add(older);
  if (!/_older$/.test(reader)) add(newer);
  const alias = (name: string): string =>
    name === same?.[0] ? same[1] : name === same?.[1] ? same[0] : name;
  // A reader with a given schema need not show members that its schema lacks.
  const own = holdsNewer ? newer : /_older$/.test(reader) ? older : undefined;
  let hidden = false;
  for (const name of types.keys())
    for (const [index, found] of [older, newer].entries()) {
      const written = found.rows[0]?.[name] ?? found.rows[0]?.[alias(name)] ?? null;
      const expected = own === undefined ? written : prune(written, own.rows[0]?.[name]);
      const got = both.columns.includes(name)
        ? (both.rows[index]?.[name] ?? null)
        : both.rows[index]?.[alias(name)];
      const seen = compare(expected, got);
      if (seen === 'wrong') return 'wrong';
      hidden ||= seen === 'hidden';
    }
  if (hidden) return 'hidden';
  // The type of a struct changes as its members do.
  const retyped = [...types].some(([name, type]) => {
    const index = both.columns.indexOf(name);
    return index !== -1 && both.types[index] !== type;
  });
  return retyped && !both.types.some((type) => /struct/i.test(type)) ? 'retyped' : 'exact';
}

function compare(expected: Value, got: Value | undefined): 'same' | 'hidden' | 'wrong' {
  if (got === undefined) return 'hidden';
  if (isStruct(expected) && isStruct(got)) {
    const parts = Object.entries(expected).map(([name, member]) => compare(member, got[name]));
    return parts.includes('wrong') ? 'wrong' : parts.includes('hidden') ? 'hidden' : 'same';
  }
  if (Array.isArray(expected) && Array.isArray(got))
    return expected.length === got.length ? compare({ ...expected }, { ...got }) : 'wrong';
  return JSON.stringify(expected) === JSON.stringify(got) ? 'same' : 'wrong';
}

function prune(value: Value, shape: Value | undefined): Value {
  if (shape === undefined || shape === null) return value;
  if (Array.isArray(value) && Array.isArray(shape)) return value.map((item: Value) => prune(item, shape[0]));
  if (!isStruct(value) || !isStruct(shape)) return value;
  const members = Object.entries(value).filter(([name]) => name in shape);
  return Object.fromEntries(members.map(([name, member]) => [name, prune(member, shape[name])]));
}

function isStruct(value: Value): value is { readonly [member: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `1.50` and `1.5` are one number; 64-bit numbers come as texts, so the column's type says what is a text. */
function value(json: unknown, isText: boolean): Value {
  if (json === null || json === undefined) return null;
  if (Array.isArray(json)) return json.map((item) => value(item, isText));
  if (typeof json === 'object')
    return Object.fromEntries(Object.entries(json).map(([name, member]) => [name, value(member, isText)]));
  if (isText) return `"${String(json)}"`;
  return String(json)
    .replace(/^(-?\d+\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

async function attempt(read: () => Promise<Found>): Promise<Found> {
  try {
    return await read();
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
