import type { DataType } from '@parquetry/schema';
import type { RowValue } from '@parquetry/stellar';
import { refuse } from './refuse';

/** Returns the value when the type holds it exactly. @throws ParquetryError SCHEMA_CONFLICT */
export type Check<Value> = (value: RowValue) => Value;

const INTEGERS = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const;

/** Integers of a type; -0 is 0. */
export function integerCheck(type: keyof typeof INTEGERS, path: string): Check<number | bigint> {
  const [least, most] = INTEGERS[type];
  const safeLeast = Math.max(Number(least), Number.MIN_SAFE_INTEGER);
  const safeMost = Math.min(Number(most), Number.MAX_SAFE_INTEGER);
  const wide = type === 'int64' || type === 'uint64';
  return (value) => {
    if (typeof value === 'number') {
      if (Number.isInteger(value) && value >= safeLeast && value <= safeMost) return value === 0 ? 0 : value;
    } else if (wide && typeof value === 'bigint' && value >= least && value <= most) return value;
    return refuse(path, type, value);
  };
}

// The years 1 to 9999, which RFC 3339 and all readers support.
const MIN_TIME = -62_135_596_800_000_000n;
const MAX_TIME = 253_402_300_800_000_000n;

/** Unix microseconds. */
export function timeCheck(path: string): Check<number | bigint> {
  return (value) => {
    const whole = typeof value === 'bigint' || Number.isSafeInteger(value);
    const time = value as number | bigint;
    return whole && time >= MIN_TIME && time < MAX_TIME ? time : refuse(path, 'timestamp', value);
  };
}

/** Finite doubles: JSON and the archive's statistics support no others. */
export function floatCheck(path: string): Check<number> {
  return (value) =>
    typeof value === 'number' && Number.isFinite(value) ? value : refuse(path, 'float64', value);
}

/** Booleans. */
export function boolCheck(path: string): Check<boolean> {
  return (value) => (typeof value === 'boolean' ? value : refuse(path, 'bool', value));
}

/** Strings without lone surrogates, which UTF-8 can't hold. */
export function textCheck(path: string): Check<string> {
  return (value) => (typeof value === 'string' && isWellFormed(value) ? value : refuse(path, 'utf8', value));
}

/** ES2024: Node supports it, TypeScript's ES2023 library does not declare it. */
function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

/** Unscaled decimals: 15000000n of decimal128(19, 7) is 1.5. */
export function decimalCheck(
  { precision, scale }: Extract<DataType, { type: 'decimal128' }>,
  path: string,
): Check<bigint> {
  const limit = 10n ** BigInt(precision);
  return (value) =>
    typeof value === 'bigint' && value < limit && value > -limit
      ? value
      : refuse(path, `decimal128(${precision}, ${scale})`, value);
}

/** The plain digits of an unscaled decimal: no zeros at the end of the fraction. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const negative = unscaled < 0n;
  const digits = String(negative ? -unscaled : unscaled).padStart(scale + 1, '0');
  let end = digits.length;
  const point = end - scale;
  while (end > point && digits.charCodeAt(end - 1) === 48) end -= 1;
  const text =
    end === point ? digits.slice(0, point) : `${digits.slice(0, point)}.${digits.slice(point, end)}`;
  return negative ? `-${text}` : text;
}

/** Length of `decimalText`. */
export function decimalLength(unscaled: bigint, scale: number): number {
  let rest = Math.abs(Number(unscaled));
  if (rest > Number.MAX_SAFE_INTEGER) return decimalText(unscaled, scale).length;
  let fraction = scale;
  while (fraction > 0 && rest % 10 === 0) {
    rest /= 10;
    fraction -= 1;
  }
  const digits = Math.max(String(rest).length, fraction + 1);
  return digits + (fraction > 0 ? 1 : 0) + (unscaled < 0n ? 1 : 0);
}
