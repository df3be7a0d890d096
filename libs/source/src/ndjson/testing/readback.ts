import path from 'node:path';
import {
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { partName } from '@parquetry/core';
import {
  type DataType,
  duckdbCast,
  NODE,
  NULL,
  quoteName,
  quoteText,
  STRING,
  type TableSchema,
  type Tape,
  TIME_OK,
  TimeReader,
} from '@parquetry/schema';
import { readManifest } from '../../stage/manifest';

/** Reads a staged dataset as the writer does: DuckDB's `read_parquet`, and casts to the columns' types. */
export async function readStage(stageDir: string, schema: TableSchema, dataset = schema.messageType) {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const { datasets } = await readManifest(stageDir);
    const staged = datasets.find((each) => each.dataset === dataset);
    const parts = staged?.parts ?? [];
    const columns = schema.fields.map(
      ({ name, type }, index) =>
        `${duckdbCast(`c${index}`, type, staged?.typed === true)} as ${quoteName(name)}`,
    );
    const files = parts.map((_, part) => quoteText(path.join(stageDir, partName(dataset, part))));
    const reader = await connection.runAndReadAll(
      `select ${columns.join()} from read_parquet([${files.join()}])`,
    );
    return reader.getRowObjects();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A number's value as mantissa and power of ten, both lowest. */
function decimal(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) throw new Error(`not a number: ${text}`);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === ''
    ? '0'
    : `${sign}${trimmed}e${Number(exponent) - fraction.length + digits.length - trimmed.length}`;
}

/** Whether a number's text is a double's own value, where that is whole, or its shortest decimal. */
function isHeld(double: number, text: string): boolean {
  const wanted = decimal(text.replace(/^-(?=0*\.?0*(e|$))/i, ''));
  if (Number.isInteger(double) && decimal(String(BigInt(double))) === wanted) return true;
  return decimal(String(double)) === wanted && (!Number.isInteger(double) || Math.abs(double) >= 1e38);
}

/** Why what DuckDB has read is not the value at the tape's node, or undefined when it is, exactly. */
export function difference(value: DuckDBValue, type: DataType, tape: Tape, node: number): string | undefined {
  const complaint = `${type.type}: ${String(value)} is not ${tape.text(node, 200)}`;
  if (tape.kind(node) === NULL) return value === null ? undefined : complaint;
  if (value === null) return complaint;
  switch (type.type) {
    case 'bool':
      return String(value) === tape.text(node) ? undefined : complaint;
    case 'float64':
      return Object.is(value, Number(tape.text(node))) && isHeld(Number(value), tape.text(node))
        ? undefined
        : complaint;
    case 'json':
      return value === tape.text(node) ? undefined : complaint;
    case 'utf8':
      // DuckDB's API for Node drops a leading byte order mark when it decodes a string; the column has it.
      return tape.kind(node) === STRING && value === tape.string(node).replace(/^\ufeff/, '')
        ? undefined
        : complaint;
    case 'timestamp': {
      const time = new TimeReader();
      const bytes = Buffer.from(tape.string(node));
      const same =
        value instanceof DuckDBTimestampTZValue &&
        time.read(bytes, 0, bytes.length) === TIME_OK &&
        BigInt(time.unixMicros()) === value.micros;
      return same ? undefined : complaint;
    }
    case 'list': {
      if (!(value instanceof DuckDBListValue)) return complaint;
      let at = node + NODE;
      for (const item of value.items) {
        if (at >= tape.next(node)) return complaint;
        const inner = difference(item, type.items.type, tape, at);
        if (inner !== undefined) return inner;
        at = tape.next(at);
      }
      return at === tape.next(node) ? undefined : complaint;
    }
    case 'struct': {
      if (!(value instanceof DuckDBStructValue)) return complaint;
      const present = new Set<string>();
      for (let key = node + NODE; key < tape.next(node); key = tape.next(key + NODE)) {
        const field = type.fields.find((candidate) => (candidate.key ?? candidate.name) === tape.string(key));
        if (field === undefined) {
          // A member that never has a value is not in the schema: its nulls say nothing.
          if (tape.kind(key + NODE) === NULL) continue;
          return `no member for ${tape.text(key)}`;
        }
        present.add(field.name);
        const inner = difference(value.entries[field.name] ?? null, field.type, tape, key + NODE);
        if (inner !== undefined) return inner;
      }
      return type.fields.every(({ name }) => present.has(name) || value.entries[name] === null)
        ? undefined
        : complaint;
    }
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
    case 'decimal128': {
      const text = value instanceof DuckDBDecimalValue ? value.toString() : String(value);
      return decimal(text) === decimal(tape.kind(node) === STRING ? tape.string(node) : tape.text(node))
        ? undefined
        : complaint;
    }
  }
}
