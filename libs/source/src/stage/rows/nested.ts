import type { DataType, Field } from '@parquetry/schema';
import type { RowValue } from '@parquetry/stellar';
import type { ByteBuffer } from '../plain/bytes';
import { refuse } from './refuse';
import {
  boolCheck,
  decimalCheck,
  decimalText,
  floatCheck,
  integerCheck,
  textCheck,
  timeCheck,
} from './scalars';

/** Writes a value that is not null. `negativeZero` is called for each -0 of a float. */
export type ValueWriter = (out: ByteBuffer, value: RowValue) => void;

/**
 * Returns the writer of a value inside a list or struct. It writes JSON text that DuckDB casts exactly to the column's
 * type, in the same form as messages (`ndjson/row/value.ts`). `path` names the value in errors.
 */
export function jsonWriter(type: DataType, path: string, negativeZero: () => void): ValueWriter {
  switch (type.type) {
    case 'bool': {
      const check = boolCheck(path);
      return (out, value) => out.ascii(check(value) ? 'true' : 'false');
    }
    case 'int32':
    case 'uint32':
    case 'int64':
    case 'uint64': {
      const check = integerCheck(type.type, path);
      return (out, value) => out.ascii(String(check(value)));
    }
    case 'float64': {
      const check = floatCheck(path);
      return (out, value) => {
        const number = check(value);
        if (!Object.is(number, -0)) return out.ascii(String(number));
        negativeZero();
        // DuckDB reads -0 as an integer and loses the sign.
        out.ascii('-0.0');
      };
    }
    case 'decimal128': {
      const check = decimalCheck(type, path);
      return (out, value) => out.ascii(`"${decimalText(check(value), type.scale)}"`);
    }
    case 'utf8':
    case 'json': {
      const check = textCheck(path);
      return (out, value) => out.text(JSON.stringify(check(value)));
    }
    case 'timestamp': {
      const check = timeCheck(path);
      return (out, value) => out.ascii(`"${timeText(check(value))}"`);
    }
    case 'list':
      return listWriter(type.items, path, negativeZero);
    case 'struct':
      return structWriter(type.fields, path, negativeZero);
  }
}

function listWriter(items: Field, path: string, negativeZero: () => void): ValueWriter {
  if (items.type.type === 'utf8' || items.type.type === 'json') return textListWriter(items, path);
  const write = jsonWriter(items.type, `${path}[]`, negativeZero);
  return (out, value) => {
    if (!Array.isArray(value)) refuse(path, 'list', value);
    const elements = value as readonly (RowValue | undefined)[];
    out.byte(91);
    for (let index = 0; index < elements.length; index += 1) {
      if (index > 0) out.byte(44);
      const element = elements[index] ?? null;
      if (element !== null) write(out, element);
      else if (items.nullable) out.ascii('null');
      else refuse(`${path}[]`, items.type.type, null);
    }
    out.byte(93);
  };
}

/** Writes a list of texts at once. */
function textListWriter({ type, nullable }: Field, path: string): ValueWriter {
  const check = textCheck(`${path}[]`);
  return (out, value) => {
    if (!Array.isArray(value)) refuse(path, 'list', value);
    for (const element of value as readonly (RowValue | undefined)[])
      if (element !== null && element !== undefined) check(element);
      else if (!nullable) refuse(`${path}[]`, type.type, null);
    out.text(JSON.stringify(value));
  };
}

interface Member {
  readonly write: ValueWriter;
  readonly prefix: Uint8Array;
  /** Offset of its `,"name":null` in the text of a struct without values. */
  readonly start: number;
  readonly end: number;
}

/**
 * Writes every member, because DuckDB's cast rejects a struct that lacks one. The nulls between values are copied from
 * one prepared text, so the cost of a wide struct depends only on its values.
 */
function structWriter(fields: readonly Field[], path: string, negativeZero: () => void): ValueWriter {
  const places = new Map(fields.map(({ name }, index) => [name, index]));
  const required = fields.flatMap(({ nullable }, index) => (nullable ? [] : [index]));
  const nulls = Buffer.from(fields.map(nullMember).join(''));
  let next = 0;
  const members = fields.map(({ name, type }): Member => {
    const prefix = Buffer.from(`,${JSON.stringify(name)}:`);
    const start = next;
    next += prefix.length + 4;
    const write = jsonWriter(type, `${path}.${name}`, negativeZero);
    return { write, prefix, start, end: next };
  });
  return (out, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'struct', value);
    const object = value as Readonly<Record<string, RowValue | undefined>>;
    const present = presentMembers(object, places, path);
    for (const index of required)
      if (!present.includes(index)) refuse(`${path}.${fields[index]?.name}`, 'not nullable', null);
    const first = out.length;
    let copied = 0;
    for (const index of present) {
      const { write, prefix, start, end } = members[index] as Member;
      out.copy(nulls, copied, start);
      out.copy(prefix, 0, prefix.length);
      write(out, object[(fields[index] as Field).name] as RowValue);
      copied = end;
    }
    out.copy(nulls, copied, nulls.length);
    // Each member begins with a comma; the comma of the first one becomes the opening brace.
    out.bytes[first] = 123;
    out.byte(125);
  };
}

/** The text of a member without a value. */
export function nullMember({ name }: Field): string {
  return `,${JSON.stringify(name)}:null`;
}

/** Indexes of the members with a value, in the order of the schema. */
function presentMembers(
  object: Readonly<Record<string, RowValue | undefined>>,
  places: ReadonlyMap<string, number>,
  path: string,
): number[] {
  const present: number[] = [];
  let sorted = true;
  for (const name of Object.keys(object)) {
    const index = places.get(name);
    if (index === undefined)
      refuse(path, `struct without a member ${JSON.stringify(name.slice(0, 60))}`, object as RowValue);
    if (object[name] === null || object[name] === undefined) continue;
    if (index < (present.at(-1) ?? 0)) sorted = false;
    present.push(index);
  }
  return sorted ? present : present.sort((a, b) => a - b);
}

/** RFC 3339 in UTC, with a fraction of six digits if it is not zero, in the same form as `TimeReader.text`. */
function timeText(micros: number | bigint): string {
  const whole = BigInt(micros);
  const rest = ((whole % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((whole - rest) / 1000n)).toISOString().slice(0, 19);
  return rest === 0n ? `${seconds}Z` : `${seconds}.${String(rest).padStart(6, '0')}Z`;
}
