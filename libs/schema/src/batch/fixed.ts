import {
  Bool,
  type Data,
  type Decimal,
  Float64,
  Int32,
  type Int64,
  type Timestamp,
  Uint32,
  makeData,
} from 'apache-arrow';
import type { CellValue } from './cell';
import { ColumnBuilder } from './column';
import { decimalLength } from './digits';
import { refuse } from './refuse';

/** Booleans, one bit each. */
export class BoolBuilder extends ColumnBuilder {
  protected readonly width = 1;
  private bits = new Uint8Array(this.capacity >> 3);
  private trues = 0;

  get bytes(): number {
    return this.length >> 3;
  }

  override clear(): void {
    super.clear();
    this.bits.fill(0);
    this.trues = 0;
  }

  textBytes(): number {
    return 4 * this.trues + 5 * (this.length - this.nulls - this.trues);
  }

  finish(): Data<Bool> {
    const { length, nulls: nullCount, validity: nullBitmap, bits } = this;
    return makeData({
      type: new Bool(),
      length,
      nullCount,
      nullBitmap,
      data: bits.subarray(0, (length + 7) >> 3),
    });
  }

  protected put(value: CellValue, at: number): void {
    if (typeof value !== 'boolean') refuse('bool', value);
    if (!value) return;
    this.bits[at >> 3] = (this.bits[at >> 3] as number) | (1 << (at & 7));
    this.trues += 1;
  }

  protected grow(capacity: number): void {
    const bits = new Uint8Array(capacity >> 3);
    bits.set(this.bits);
    this.bits = bits;
  }
}

/** Values whose text is counted while they are put. */
abstract class CountedBuilder extends ColumnBuilder {
  protected text = 0;

  override clear(): void {
    super.clear();
    this.text = 0;
  }

  textBytes(): number {
    return this.text;
  }
}

/** 32-bit integers. */
export class Int32Builder extends CountedBuilder {
  protected readonly width = 4;
  private values: Int32Array | Uint32Array;

  constructor(private readonly signed: boolean) {
    super();
    this.values = signed ? new Int32Array(this.capacity) : new Uint32Array(this.capacity);
  }

  get bytes(): number {
    return 4 * this.length;
  }

  finish(): Data<Int32 | Uint32> {
    const { length, nulls: nullCount, validity: nullBitmap } = this;
    const data = this.values.subarray(0, length);
    return this.signed
      ? makeData({ type: new Int32(), length, nullCount, nullBitmap, data })
      : makeData({ type: new Uint32(), length, nullCount, nullBitmap, data });
  }

  protected put(value: CellValue, at: number): void {
    this.values[at] = value as number;
    if (this.values[at] !== value) refuse(this.signed ? 'int32' : 'uint32', value);
    this.text += decimalLength(value);
  }

  protected grow(capacity: number): void {
    const values = this.signed ? new Int32Array(capacity) : new Uint32Array(capacity);
    values.set(this.values);
    this.values = values;
  }
}

const MAX_TIME = 253_402_300_800_000_000n;
const MIN_TIME = -62_135_596_800_000_000n;

/** 64-bit integers, or timestamps in microseconds. */
export class Int64Builder extends CountedBuilder {
  protected readonly width = 8;
  private words = new Int32Array(this.capacity * 2);
  private longs = new BigInt64Array(this.words.buffer);

  constructor(
    private readonly type: Int64 | Timestamp,
    private readonly isTime: boolean,
  ) {
    super();
  }

  get bytes(): number {
    return 8 * this.length;
  }

  finish(): Data<Int64 | Timestamp> {
    const { length, nulls: nullCount, validity: nullBitmap } = this;
    const data = this.longs.subarray(0, length);
    return makeData({ type: this.type as Int64, length, nullCount, nullBitmap, data });
  }

  protected put(value: CellValue, at: number): void {
    if (typeof value === 'number' && Number.isSafeInteger(value)) {
      const high = Math.floor(value / 0x1_0000_0000);
      this.words[2 * at] = value - high * 0x1_0000_0000;
      this.words[2 * at + 1] = high;
    } else if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) this.longs[at] = value;
    else refuse(this.isTime ? 'timestamp' : 'int64', value);
    if (!this.isTime) this.text += decimalLength(value);
    else {
      if (value < MIN_TIME || value >= MAX_TIME) refuse('timestamp', value);
      const whole = typeof value === 'number' ? value % 1_000_000 === 0 : value % 1_000_000n === 0n;
      this.text += whole ? WHOLE_SECOND : FRACTION;
    }
  }

  protected grow(capacity: number): void {
    const words = new Int32Array(capacity * 2);
    words.set(this.words);
    this.words = words;
    this.longs = new BigInt64Array(words.buffer);
  }
}

/** Length of `"YYYY-MM-DDTHH:MM:SSZ"` and of `"YYYY-MM-DDTHH:MM:SS.ffffffZ"`. */
const WHOLE_SECOND = 22;
const FRACTION = 29;

/** Floating-point numbers; infinities and NaN are refused, JSON has none. */
export class Float64Builder extends CountedBuilder {
  protected readonly width = 8;
  private values = new Float64Array(this.capacity);

  get bytes(): number {
    return 8 * this.length;
  }

  finish(): Data<Float64> {
    const { length, nulls: nullCount, validity: nullBitmap } = this;
    return makeData({
      type: new Float64(),
      length,
      nullCount,
      nullBitmap,
      data: this.values.subarray(0, length),
    });
  }

  protected put(value: CellValue, at: number): void {
    if (typeof value !== 'number' || !Number.isFinite(value)) refuse('float64', value);
    this.values[at] = value;
    this.text += Object.is(value, -0) ? 4 : String(value).length;
  }

  protected grow(capacity: number): void {
    const values = new Float64Array(capacity);
    values.set(this.values);
    this.values = values;
  }
}

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/** 128-bit decimals: of decimal text, or of unsigned 64-bit integers. */
export class DecimalBuilder extends CountedBuilder {
  protected readonly width: number;
  private words = new BigUint64Array(this.capacity * 2);
  private readonly limit: bigint;

  /** `unsigned64`: values are unsigned 64-bit integers, not decimal text. */
  constructor(
    private readonly type: Decimal,
    private readonly unsigned64: boolean,
  ) {
    super();
    this.limit = 10n ** BigInt(type.precision);
    this.width = unsigned64 ? 8 : 16;
  }

  get bytes(): number {
    return 16 * this.length;
  }

  finish(): Data<Decimal> {
    const { length, nulls: nullCount, validity: nullBitmap } = this;
    const data = new Uint32Array(this.words.buffer, 0, 4 * length);
    return makeData({ type: this.type, length, nullCount, nullBitmap, data });
  }

  protected put(value: CellValue, at: number): void {
    const unscaled = this.unsigned64 ? this.integer(value) : this.decimal(value);
    this.words[2 * at] = BigInt.asUintN(64, unscaled);
    this.words[2 * at + 1] = BigInt.asUintN(64, unscaled >> 64n);
  }

  protected grow(capacity: number): void {
    const words = new BigUint64Array(capacity * 2);
    words.set(this.words);
    this.words = words;
  }

  private integer(value: CellValue): bigint {
    const whole = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
    if (typeof whole !== 'bigint' || BigInt.asUintN(64, whole) !== whole) refuse('uint64', value);
    this.text += decimalLength(whole);
    return whole;
  }

  private decimal(value: CellValue): bigint {
    const { precision, scale } = this.type;
    const match = typeof value === 'string' ? DECIMAL.exec(value) : null;
    const [, sign = '', whole = '', fraction = ''] = match ?? [];
    if (match === null || fraction.length > scale) refuse(`decimal128(${precision}, ${scale})`, value);
    const size = BigInt(whole + fraction.padEnd(scale, '0'));
    if (size >= this.limit) refuse(`decimal128(${precision}, ${scale})`, value);
    this.text += plainLength(sign, whole, fraction) + 2;
    return sign === '' ? size : -size;
  }
}

/** Length of a decimal's plain digits: no zeros that say nothing, no sign on zero. */
function plainLength(sign: string, whole: string, fraction: string): number {
  const left = whole.replace(/^0+(?=\d)/, '').length;
  const right = fraction.replace(/0+$/, '').length;
  const zero = right === 0 && /^0+$/.test(whole);
  return (zero ? 0 : sign.length) + left + (right === 0 ? 0 : right + 1);
}
