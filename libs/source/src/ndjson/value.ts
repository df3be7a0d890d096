import * as schema from '@parquetry/schema';
import { type DataType, type Field, KeyTable, type Tape } from '@parquetry/schema';
import { mismatch, refuse, type RowContext, type ValueEncoder } from './context';
import { decimalEncoder, floatEncoder, integerEncoder } from './numbers';
import { textEncoder, timeEncoder } from './strings';

// Local copies: in CommonJS a re-exported name costs a call at each use.
const { ARRAY, FALSE, NODE, NULL, OBJECT, TRUE } = schema;

/** Makes the encoder of a column, struct member or list element. `path` names it in rejects. */
export function valueEncoder(type: DataType, path: string): ValueEncoder {
  switch (type.type) {
    case 'bool':
      return (context, tape, node) => {
        const kind = tape.kind(node);
        if (kind !== TRUE && kind !== FALSE) return mismatch(context, tape, node, path, 'bool');
        context.out.copy(tape.bytes, tape.start(node), tape.end(node));
        return true;
      };
    case 'int32':
      return integerEncoder(path, 'int32', -(2n ** 31n), 2n ** 31n - 1n);
    case 'uint32':
      return integerEncoder(path, 'uint32', 0n, 2n ** 32n - 1n);
    case 'int64':
      return integerEncoder(path, 'int64', -(2n ** 63n), 2n ** 63n - 1n);
    case 'uint64':
      return integerEncoder(path, 'uint64', 0n, 2n ** 64n - 1n);
    case 'float64':
      return floatEncoder(path);
    case 'decimal128':
      return decimalEncoder(path, type.precision, type.scale);
    case 'utf8':
      return textEncoder(path);
    case 'json':
      return ({ out }, tape, node) => {
        out.quoted(tape.bytes, tape.start(node), tape.end(node));
        return true;
      };
    case 'timestamp':
      return timeEncoder(path);
    case 'list':
      return listEncoder(type.items, path);
    case 'struct':
      return structEncoder(type.fields, path);
  }
}

function listEncoder(items: Field, path: string): ValueEncoder {
  const element = valueEncoder(items.type, `${path}[]`);
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

function structEncoder(fields: readonly Field[], path: string): ValueEncoder {
  const keys = new KeyTable(fields.map((field) => field.key ?? field.name));
  const members = fields.map((field) => ({
    nullable: field.nullable,
    path: `${path}.${field.name}`,
    prefix: Buffer.from(`${JSON.stringify(field.name)}:`),
    encode: valueEncoder(field.type, `${path}.${field.name}`),
  }));
  const required = members.flatMap((member, index) =>
    member.nullable ? [] : [{ index, path: member.path }],
  );
  return (context, tape, node) => {
    if (tape.kind(node) !== OBJECT) return mismatch(context, tape, node, path, 'struct');
    const { out } = context;
    const end = tape.next(node);
    const seen = required.length === 0 ? undefined : new Set<number>();
    let first = true;
    out.byte(123);
    for (let key = node + NODE; key < end; key = tape.next(key + NODE)) {
      const index = keys.find(tape, key);
      const member = members[index];
      if (member === undefined) return unknownKey(context, tape, key, path);
      if (tape.kind(key + NODE) === NULL) continue;
      if (!first) out.byte(44);
      first = false;
      seen?.add(index);
      out.copy(member.prefix, 0, member.prefix.length);
      if (!member.encode(context, tape, key + NODE)) return false;
    }
    if (seen !== undefined)
      for (const { index, path: missing } of required)
        if (!seen.has(index)) return refuse(context, 'NULL_VALUE', missing, `${missing} can't be null.`);
    out.byte(125);
    return true;
  };
}

/** Records that the schema has no place for a key. */
export function unknownKey(context: RowContext, tape: Tape, key: number, path: string): false {
  const name = tape.string(key).slice(0, 100);
  const where = path === '' ? '' : ` in ${path}`;
  return refuse(
    context,
    'UNKNOWN_COLUMN',
    path === '' ? name : `${path}.${name}`,
    `The schema has no column for the key ${JSON.stringify(name)}${where}.`,
  );
}
