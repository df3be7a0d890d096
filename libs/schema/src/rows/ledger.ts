import type { DataType, TableSchema } from '../types';
import { EMPTY_LEDGER, isWholeFloat, PART_TAGS, partHead, partPath, sha256 } from './format';
import { canonicalText, type Unscaled } from './text';

/** The values of a column in some order of rows, ready to be hashed. */
interface Part {
  readonly path: Buffer;
  readonly tag: number;
  /** Between null bits and values. */
  readonly shape: Buffer;
  /** The bytes of each value; undefined where it is null. */
  readonly cells: readonly (Buffer | undefined)[];
  /** The values of whole numbers. */
  readonly whole?: readonly (bigint | undefined)[];
}

const NOTHING = Buffer.alloc(0);

/**
 * The hash of a ledger's rows from their values: `columns` by name, each with a value per row. Decimals are what `unscaled`
 * takes; times are Unix microseconds.
 */
export function ledgerHash(
  { fields }: TableSchema,
  rows: number,
  columns: (name: string) => readonly unknown[] | undefined,
  unscaled: Unscaled,
): Buffer {
  if (rows === 0) return EMPTY_LEDGER;
  const parts = fields
    .flatMap(({ name, type }) => columnParts(name, type, columns(name) ?? [], unscaled))
    .sort((a, b) => Buffer.compare(a.path, b.path));
  const order = rowOrder(parts, rows);
  return sha256(Buffer.concat(parts.map((part) => partHash(part, order))));
}

function columnParts(name: string, type: DataType, values: readonly unknown[], unscaled: Unscaled): Part[] {
  if (values.every((value) => (value ?? null) === null)) return [];
  if (type.type !== 'struct') return [scalarPart(partPath(name), type, values, unscaled)];
  const cells = values.map((value) => ((value ?? null) === null ? undefined : NOTHING));
  const members = type.fields.flatMap((member) => {
    const own = values.map(
      (value) => (value as Readonly<Record<string, unknown>> | null | undefined)?.[member.name],
    );
    if (own.every((value) => (value ?? null) === null)) return [];
    return [scalarPart(partPath(name, member.name), member.type, own, unscaled)];
  });
  return [{ path: partPath(name), tag: PART_TAGS.struct, shape: NOTHING, cells }, ...members];
}

function scalarPart(path: Buffer, type: DataType, values: readonly unknown[], unscaled: Unscaled): Part {
  const map = (tag: number, cell: (value: unknown) => Buffer): Part => ({
    path,
    tag,
    shape: NOTHING,
    cells: values.map((value) => ((value ?? null) === null ? undefined : cell(value))),
  });
  const numbers = (scale: number, whole: (value: unknown) => bigint): Part =>
    numberPart(
      path,
      scale,
      values.map((value) => ((value ?? null) === null ? undefined : whole(value))),
    );
  switch (type.type) {
    case 'bool':
      return map(PART_TAGS.bool, (value) => Buffer.of(value === true ? 1 : 0));
    case 'int32':
    case 'uint32':
    case 'int64':
      return numbers(0, (value) => BigInt(value as number | bigint));
    case 'uint64':
      return numbers(0, unscaled);
    case 'decimal128':
      return numbers(type.scale, unscaled);
    case 'float64':
      if (values.every((value) => (value ?? null) === null || isWholeFloat(value as number)))
        return numbers(0, (value) => BigInt(value as number));
      return map(PART_TAGS.float, (value) => {
        const cell = Buffer.alloc(8);
        cell.writeDoubleLE(value as number);
        return cell;
      });
    case 'timestamp':
      return map(PART_TAGS.time, (value) => integer(BigInt(value as number | bigint), 8));
    case 'utf8':
    case 'json':
      return map(PART_TAGS.text, (value) => sized(value as string));
    case 'list':
    case 'struct':
      return map(PART_TAGS.nested, (value) => sized(canonicalText(type, value, unscaled)));
  }
}

/** Numbers with the least scale and width that hold all of them. */
function numberPart(path: Buffer, scale: number, values: readonly (bigint | undefined)[]): Part {
  let [own, places] = [values, scale];
  while (places > 0 && own.every((value) => value === undefined || value % 10n === 0n)) {
    own = own.map((value) => (value === undefined ? undefined : value / 10n));
    places -= 1;
  }
  const fits = own.every((value) => value === undefined || BigInt.asIntN(64, value) === value);
  const width = fits ? 8 : 16;
  return {
    path,
    tag: PART_TAGS.number,
    shape: Buffer.of(places, width),
    cells: own.map((value) => (value === undefined ? undefined : integer(value, width))),
    ...(places === 0 ? { whole: own } : {}),
  };
}

function integer(value: bigint, width: number): Buffer {
  const cell = Buffer.alloc(width);
  cell.writeBigUInt64LE(BigInt.asUintN(64, value));
  if (width === 16) cell.writeBigInt64LE(BigInt.asIntN(64, value >> 64n), 8);
  return cell;
}

function sized(text: string): Buffer {
  const cell = Buffer.alloc(4 + Buffer.byteLength(text));
  cell.writeUInt32LE(cell.length - 4);
  cell.write(text, 4);
  return cell;
}

/**
 * The canonical order of the rows: by whole numbers, parts without nulls before others and then the part with the greatest
 * value first, then by the other parts.
 * Nulls come first; whole numbers are compared as numbers, other values as bytes.
 */
function rowOrder(parts: readonly Part[], rows: number): readonly number[] {
  const greatest = (whole: readonly (bigint | undefined)[]): bigint => {
    let found: bigint | undefined;
    for (const value of whole)
      if (value !== undefined && (found === undefined || value > found)) found = value;
    return found ?? 0n;
  };
  const whole = parts
    .flatMap((part) =>
      part.whole === undefined
        ? []
        : [{ whole: part.whole, nulls: Number(part.whole.includes(undefined)), most: greatest(part.whole) }],
    )
    // The sort is stable: equal ones stay in the order of their paths.
    .sort((a, b) => a.nulls - b.nulls || (a.most === b.most ? 0 : a.most > b.most ? -1 : 1));
  const others = parts.filter((part) => part.whole === undefined);
  const compare = (a: number, b: number): number => {
    for (const { whole: values } of whole) {
      const [left, right] = [values[a], values[b]];
      if (left === right) continue;
      if (left === undefined) return -1;
      if (right === undefined) return 1;
      return left < right ? -1 : 1;
    }
    for (const { cells } of others) {
      const [left, right] = [cells[a], cells[b]];
      if (left === undefined || right === undefined) {
        if (left !== right) return left === undefined ? -1 : 1;
        continue;
      }
      const found = Buffer.compare(left, right);
      if (found !== 0) return found;
    }
    return 0;
  };
  return Array.from({ length: rows }, (_, row) => row).sort(compare);
}

function partHash({ path, tag, shape, cells }: Part, order: readonly number[]): Buffer {
  const ordered = order.map((row) => cells[row]);
  const present = Uint8Array.from(ordered, (cell) => (cell === undefined ? 0 : 1));
  return sha256(
    Buffer.concat([partHead(path, tag, present), shape, ...ordered.filter((cell) => cell !== undefined)]),
  );
}
