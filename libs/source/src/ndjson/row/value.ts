import * as schema from '@parquetry/schema';
import { type DataType, type Field, KeyTable, type Tape } from '@parquetry/schema';
import { mismatch, refuse, type RowContext, type ValueEncoder } from './context';
import { decimalReader, floatReader, integerReader } from './numbers';
import type { ValueReader } from './reader';
import { stringReader, timeReader } from './strings';

// Local copies: in CommonJS each use of a re-exported name is a call.
const { ARRAY, ESCAPED, FALSE, NODE, NULL, OBJECT, TRUE } = schema;

/** A reader of an integer type. */
export function wholeReader(
  type: 'int32' | 'uint32' | 'int64' | 'uint64',
  path: string,
): ValueReader<number | bigint> {
  const bits = type.endsWith('32') ? 32n : 64n;
  return type.startsWith('u')
    ? integerReader(path, type, 0n, 2n ** bits - 1n)
    : integerReader(path, type, -(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n);
}

/**
 * Creates the encoder of a value in a nested column, which is staged as JSON text in the form that DuckDB casts
 * exactly to the column's type. `path` names the value in rejects.
 */
export function jsonEncoder(type: DataType, path: string): ValueEncoder {
  switch (type.type) {
    case 'bool':
      return (context, tape, node) => {
        const kind = tape.kind(node);
        if (kind !== TRUE && kind !== FALSE) return mismatch(context, tape, node, path, 'bool');
        context.out.copy(tape.bytes, tape.start(node), tape.end(node));
        return true;
      };
    case 'int32':
    case 'uint32':
    case 'int64':
    case 'uint64':
      return written(wholeReader(type.type, path), ({ out }, value) => out.ascii(String(value)));
    case 'float64':
      return written(floatReader(path), ({ out }, value) =>
        // DuckDB reads the lexeme -0 as an integer and loses the sign.
        out.ascii(Object.is(value, -0) ? '-0.0' : String(value)),
      );
    case 'decimal128':
      return written(decimalReader(path, type.precision, type.scale), ({ out }, value) =>
        out.ascii(`"${value}"`),
      );
    case 'utf8':
      return written(stringReader(path), ({ out }, node, tape) => {
        // Write one form of a string for all its escaped spellings: the size must depend on the value alone.
        if (((tape.nodes[node] as number) & ESCAPED) !== 0) out.text(JSON.stringify(tape.string(node)));
        else out.copy(tape.bytes, tape.start(node), tape.end(node));
      });
    case 'json':
      return ({ out }, tape, node) => {
        out.quoted(tape.bytes, tape.start(node), tape.end(node));
        return true;
      };
    case 'timestamp':
      return written(timeReader(path), ({ out }, value) => out.ascii(`"${value.text()}"`));
    case 'list':
      return listEncoder(type.items, path);
    case 'struct':
      return structEncoder(type.fields, path);
  }
}

/** An encoder from a reader and a writer. */
export function written<Value>(
  read: ValueReader<Value>,
  write: (context: RowContext, value: Value, tape: Tape) => void,
): ValueEncoder {
  return (context, tape, node) => {
    const value = read(context, tape, node);
    if (value === false) return false;
    write(context, value, tape);
    return true;
  };
}

function listEncoder(items: Field, path: string): ValueEncoder {
  const element = jsonEncoder(items.type, `${path}[]`);
  return (context, tape, node) => {
    if (tape.kind(node) !== ARRAY) return mismatch(context, tape, node, path, 'list');
    const { out } = context;
    const end = tape.next(node);
    out.byte(91);
    for (let at = node + NODE; at < end; at = tape.next(at)) {
      if (at > node + NODE) out.byte(44);
      if (tape.kind(at) !== NULL) {
        if (!element(context, tape, at)) return false;
      } else if (items.nullable) out.ascii('null');
      else return refuse(context, 'NULL_VALUE', `${path}[]`, `Elements of ${path} can't be null.`);
    }
    out.byte(93);
    return true;
  };
}

/** Writes exactly the struct's members, since DuckDB's cast requires it. Other keys may only have nulls. */
function structEncoder(fields: readonly Field[], path: string): ValueEncoder {
  const keys = new KeyTable(fields.map((field) => field.key ?? field.name));
  const members = fields.map((field) => ({
    nullable: field.nullable,
    path: `${path}.${field.name}`,
    prefix: Buffer.from(`${JSON.stringify(field.name)}:`),
    encode: jsonEncoder(field.type, `${path}.${field.name}`),
  }));
  /** For each member the number of the object that last had it. */
  const seen = new Int32Array(members.length);
  let objects = 0;
  return (context, tape, node) => {
    if (tape.kind(node) !== OBJECT) return mismatch(context, tape, node, path, 'struct');
    const { out } = context;
    const end = tape.next(node);
    const object = (objects = (objects + 1) | 0);
    let first = true;
    out.byte(123);
    for (let key = node + NODE; key < end; key = tape.next(key + NODE)) {
      if (tape.kind(key + NODE) === NULL) continue;
      const index = keys.find(tape, key);
      const member = members[index];
      if (member === undefined) return unknownKey(context, tape, key, path);
      if (!first) out.byte(44);
      first = false;
      seen[index] = object;
      out.copy(member.prefix, 0, member.prefix.length);
      if (!member.encode(context, tape, key + NODE)) return false;
    }
    for (let index = 0; index < members.length; index += 1) {
      if (seen[index] === object) continue;
      const { nullable, prefix, path: missing } = members[index] as (typeof members)[number];
      if (!nullable) return refuse(context, 'NULL_VALUE', missing, `${missing} can't be null.`);
      if (!first) out.byte(44);
      first = false;
      out.copy(prefix, 0, prefix.length);
      out.ascii('null');
    }
    out.byte(125);
    return true;
  };
}

/** Records that the schema has no column for a key of the object at `path`, or of the message itself. */
export function unknownKey(context: RowContext, tape: Tape, key: number, path: string | undefined): false {
  const name = tape.string(key).slice(0, 100);
  const where = path === undefined ? '' : ` in ${path}`;
  return refuse(
    context,
    'UNKNOWN_COLUMN',
    path === undefined ? name : `${path}.${name}`,
    `The schema has no column for the key ${JSON.stringify(name)}${where}.`,
    path === undefined ? 'no such column' : 'no such member',
    tape.kindName(key + NODE),
  );
}
