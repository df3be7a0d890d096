import * as schema from '@parquetry/schema';
import { DECIMAL_BYTES } from '../plain/column';
import { scratch, wordsOf } from './scratch';

// Local copies: in CommonJS an imported name costs a lookup at each use.
const { isWholeFloat } = schema;

/** Numbers in the form in which they are hashed. */
export interface NumberForm {
  readonly bytes: Buffer;
  readonly scale: number;
  readonly width: 8 | 16;
  /** The greatest value. */
  readonly most: bigint;
  /** All values are equal. */
  readonly constant: boolean;
}

/** Staged integers of 4 bytes. */
export function fromInts(staged: Buffer, signed: boolean): NumberForm {
  const own = wordsOf(staged);
  const bytes = scratch(staged.length * 2);
  const words = wordsOf(bytes);
  let most = (signed ? own[0] : (own[0] as number) >>> 0) as number;
  let constant = true;
  for (let index = 0; index < own.length; index += 1) {
    const word = own[index] as number;
    const value = signed ? word : word >>> 0;
    words[index * 2] = word;
    words[index * 2 + 1] = value < 0 ? -1 : 0;
    if (value !== most) constant = false;
    if (value > most) most = value;
  }
  return { bytes, scale: 0, width: 8, most: BigInt(most), constant };
}

/** Staged integers of 8 bytes: they are hashed as they are, unless an unsigned one needs more. */
export function fromLongs(bytes: Buffer, signed: boolean): NumberForm {
  const words = wordsOf(bytes);
  let [high, low, constant] = [-Infinity, 0, true];
  for (let at = 0; at < words.length; at += 2) {
    const top = words[at + 1] as number;
    const one = signed ? top : top >>> 0;
    const other = (words[at] as number) >>> 0;
    if (one === high && other === low) continue;
    constant = at === 0;
    if (one > high || (one === high && other > low)) [high, low] = [one, other];
  }
  const most = BigInt(high) * 2n ** 32n + BigInt(low);
  const wide = most >= 2n ** 63n;
  return { bytes: wide ? widened(bytes) : bytes, scale: 0, width: wide ? 16 : 8, most, constant };
}

/** Unsigned numbers of 8 bytes with 16. */
function widened(bytes: Buffer): Buffer {
  const wide = scratch(bytes.length * 2).fill(0);
  for (let at = 0; at < bytes.length; at += 8) bytes.copy(wide, at * 2, at, at + 8);
  return wide;
}

/** Staged decimals: 16 bytes, big-endian, with the scale of their column. */
export function fromDecimals(staged: Buffer, scale: number): NumberForm {
  const view = new DataView(staged.buffer, staged.byteOffset, staged.length);
  const numbers = new Float64Array(staged.length / DECIMAL_BYTES);
  for (let index = 0, at = 0; at < staged.length; index += 1, at += DECIMAL_BYTES) {
    const high = view.getInt32(at + 8);
    const sign = high >> 31;
    // At most 2^52, so that a double holds it.
    if (view.getInt32(at) !== sign || view.getInt32(at + 4) !== sign || high >> 20 !== sign)
      return fromWide(staged, scale);
    numbers[index] = high * 2 ** 32 + view.getUint32(at + 12);
  }
  return fromSafe(numbers, scale);
}

/** Decimals that a double holds; overwrites them. */
function fromSafe(numbers: Float64Array, scale: number): NumberForm {
  const count = numbers.length;
  let places = scale;
  while (places > 0 && numbers.every((value) => value % 10 === 0)) {
    for (let index = 0; index < count; index += 1) numbers[index] = (numbers[index] as number) / 10;
    places -= 1;
  }
  const bytes = scratch(count * 8);
  const words = wordsOf(bytes);
  let most = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index += 1) {
    const value = numbers[index] as number;
    words[index * 2] = value;
    words[index * 2 + 1] = Math.floor(value / 2 ** 32);
    if (value > most) most = value;
  }
  return { bytes, scale: places, width: 8, most: BigInt(most), constant: false };
}

/** Decimals of any size. */
function fromWide(staged: Buffer, scale: number): NumberForm {
  let numbers: bigint[] = [];
  for (let at = 0; at < staged.length; at += DECIMAL_BYTES)
    numbers.push((staged.readBigInt64BE(at) << 64n) | staged.readBigUInt64BE(at + 8));
  let places = scale;
  while (places > 0 && numbers.every((value) => value % 10n === 0n)) {
    numbers = numbers.map((value) => value / 10n);
    places -= 1;
  }
  const narrow = numbers.every((value) => BigInt.asIntN(64, value) === value);
  const width = narrow ? 8 : 16;
  const bytes = scratch(numbers.length * width);
  for (const [index, value] of numbers.entries()) {
    bytes.writeBigInt64LE(BigInt.asIntN(64, value), index * width);
    if (!narrow) bytes.writeBigInt64LE(value >> 64n, index * width + 8);
  }
  const most = numbers.reduce((found, value) => (value > found ? value : found));
  return { bytes, scale: places, width, most, constant: false };
}

/** Floats that are all whole numbers; undefined for others, which are hashed as they are. */
export function fromFloats(staged: Buffer): NumberForm | undefined {
  for (let at = 0; at < staged.length; at += 8) if (!isWholeFloat(staged.readDoubleLE(at))) return undefined;
  const bytes = scratch(staged.length);
  let most = -(2n ** 63n);
  for (let at = 0; at < staged.length; at += 8) {
    const value = BigInt(staged.readDoubleLE(at));
    if (value > most) most = value;
    bytes.writeBigInt64LE(value, at);
  }
  return { bytes, scale: 0, width: 8, most, constant: false };
}
