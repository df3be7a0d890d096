import type { DataType, Field } from '@parquetry/schema';
import type { RowValue } from '@parquetry/stellar';
import type { StructColumn } from '../plain/struct';
import { type ValueWriter, nullMember, presentReader } from './nested';
import { valueWriter } from './values';

/** Bytes of the JSON text of a value that has `written` bytes in its column: what `jsonWriter` would write. */
type TextSize = (value: RowValue, written: number) => number;

interface Member {
  readonly name: string;
  readonly write: ValueWriter;
  readonly size: TextSize;
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
  const presentOf = presentReader(fields, path);
  // Braces: the opening one replaces the first comma.
  const empty =
    LENGTH_BYTES + Buffer.byteLength(fields.map(nullMember).join('')) + (fields.length > 0 ? 1 : 2);
  const members = fields.map(({ name, type }: Field): Member => ({
    name,
    write: valueWriter(type, `${path}.${name}`, negativeZero),
    size: textSize(type),
  }));
  return (value) => {
    let bytes = empty;
    for (const index of presentOf(value)) {
      const { name, write, size } = members[index] as Member;
      const member = column.member(index);
      const { out } = member;
      const before = out.length;
      const item = (value as Readonly<Record<string, RowValue>>)[name] as RowValue;
      write(out, item);
      member.keep();
      bytes += size(item, out.length - before) - NULL_BYTES;
    }
    column.keepStruct(bytes);
  };
}

// Control characters, too.
// eslint-disable-next-line no-control-regex
const ESCAPED = /["\\\u0000-\u001f]/;

function textSize({ type }: DataType): TextSize {
  switch (type) {
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
      return (_, written) => written - LENGTH_BYTES + 2;
    case 'utf8':
    case 'json':
      return (value, written) =>
        ESCAPED.test(value as string) ? Buffer.byteLength(JSON.stringify(value)) : written - LENGTH_BYTES + 2;
    case 'list':
    case 'struct':
      return (_, written) => written - LENGTH_BYTES;
  }
}
