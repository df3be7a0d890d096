import type { DataType, Field } from '@parquetry/schema';
import type { RowValue } from '@parquetry/stellar';
import type { PlainColumn } from '../plain/column';
import type { StructColumn } from '../plain/struct';
import { TextCodes } from './codes';
import { nullMember } from './nested';
import { refuse } from './refuse';
import { decimalLength } from './scalars';
import { valueWriter } from './values';

/** Bytes of the JSON text of a value that has `size` bytes in its column: what `jsonWriter` would write. */
type TextSize = (value: RowValue, size: number) => number;

interface Member {
  readonly index: number;
  /** Keeps a value as the next row of the member and returns the bytes of its JSON text. */
  readonly keep: (value: RowValue) => number;
}

const NULL_BYTES = 'null'.length;
/** Size of the length before each string. */
const LENGTH_BYTES = 4;

/**
 * Returns a function that keeps a value as the next row of a struct column. It also counts the bytes of the value as
 * JSON text with every member: messages are staged as that text, and `StagedDataset.bytes` must be the same for both.
 */
export function structKeeper(
  column: StructColumn,
  path: string,
  negativeZero: () => void,
): (value: RowValue) => void {
  const { fields } = column.type;
  // Braces: the opening one replaces the first comma.
  const empty =
    LENGTH_BYTES + Buffer.byteLength(fields.map(nullMember).join('')) + (fields.length > 0 ? 1 : 2);
  const members = new Map(
    fields.map(({ name, type }: Field, index): [string, Member] => {
      const keep = memberKeeper(type, `${path}.${name}`, column.member(index), negativeZero);
      return [name, { index, keep }];
    }),
  );
  const required = fields.filter(({ nullable }) => !nullable).map(({ name }) => name);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'struct', value);
    const struct = value as Readonly<Record<string, RowValue | undefined>>;
    let bytes = empty;
    for (const name of Object.keys(struct)) {
      const member = members.get(name);
      if (member === undefined)
        return refuse(path, `struct without a member ${JSON.stringify(name.slice(0, 60))}`, value);
      const item = struct[name] ?? null;
      if (item === null) continue;
      column.member(member.index);
      bytes += member.keep(item) - NULL_BYTES;
    }
    for (const name of required)
      if ((struct[name] ?? null) === null) refuse(`${path}.${name}`, 'not nullable', null);
    column.keepStruct(bytes);
  };
}

function memberKeeper(
  type: DataType,
  path: string,
  column: PlainColumn,
  negativeZero: () => void,
): Member['keep'] {
  const write = valueWriter(type, path, negativeZero);
  const size = textSize(type);
  if (type.type === 'utf8' || type.type === 'json') {
    const codes = new TextCodes(column, write, size);
    return (value) => codes.keep(value);
  }
  return (value) => {
    const { out } = column;
    const start = out.length;
    write(out, value);
    column.keep();
    return size(value, out.length - start);
  };
}

const ESCAPED = /["\\\u0000-\u001f]/;

function textSize(type: DataType): TextSize {
  switch (type.type) {
    case 'bool':
      return (value) => (value === true ? 4 : 5);
    case 'int32':
    case 'uint32':
    case 'int64':
    case 'uint64':
      return (value) => String(value).length;
    case 'float64':
      return (value) => (Object.is(value, -0) ? 4 : String(value).length);
    case 'timestamp':
      return (value) => (BigInt(value as number | bigint) % 1_000_000n === 0n ? 22 : 29);
    case 'decimal128':
      return (value) => decimalLength(value as bigint, type.scale) + 2;
    case 'utf8':
    case 'json':
      return (value, size) =>
        ESCAPED.test(value as string) ? Buffer.byteLength(JSON.stringify(value)) : size - LENGTH_BYTES + 2;
    case 'list':
    case 'struct':
      return (_, size) => size - LENGTH_BYTES;
  }
}
