const INT64_MAX = Buffer.from('9223372036854775807');
const INT64_MIN = Buffer.from('9223372036854775808');
const UINT64_MAX = Buffer.from('18446744073709551615');
const SAFE_MAX = Buffer.from('9007199254740992');

/** The decimal value of a number lexeme: `0.d1…dn × 10^point`, first and last digit not zero; n = 0 for zero. */
export interface DecimalShape {
  negative: boolean;
  /** Significant digits. */
  digits: number;
  /** Digits before the decimal point; negative when zeros follow the point. */
  point: number;
  /** Digits of the integer part. */
  integerDigits: number;
  /** Digits of the fraction, without trailing zeros. */
  scale: number;
}

const shape: DecimalShape = { negative: false, digits: 0, point: 0, integerDigits: 0, scale: 0 };
const EXPONENT_LIMIT = 1_000_000_000;

/**
 * Measures a JSON number lexeme. The result is one shared object, valid until the next call. Exponents are clipped to
 * ±10^9, far outside every type.
 */
export function decimalShape(bytes: Uint8Array, start: number, end: number): DecimalShape {
  let at = start;
  shape.negative = bytes[at] === 45;
  if (shape.negative) at += 1;
  let point = 0;
  let digits = 0;
  let zeros = 0;
  let fraction = false;
  for (; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte === 46) {
      fraction = true;
      continue;
    }
    if (byte < 48 || byte > 57) break;
    if (byte === 48) {
      if (digits === 0) {
        if (fraction) point -= 1;
        continue;
      }
      zeros += 1;
    } else {
      digits += zeros + 1;
      zeros = 0;
    }
    if (!fraction) point += 1;
  }
  if (digits > 0 && at < end) point += exponentOf(bytes, at + 1, end);
  if (digits === 0) point = 0;
  shape.digits = digits;
  shape.point = point;
  shape.integerDigits = Math.max(point, 0);
  shape.scale = Math.max(digits - point, 0);
  return shape;
}

function exponentOf(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === 45;
  if (negative || bytes[at] === 43) at += 1;
  let exponent = 0;
  for (; at < end; at += 1)
    if (exponent < EXPONENT_LIMIT) exponent = exponent * 10 + (bytes[at] as number) - 48;
  exponent = Math.min(exponent, EXPONENT_LIMIT);
  return negative ? -exponent : exponent;
}

/** The significant digits of a lexeme that `decimalShape` measured. */
function significantDigits(bytes: Uint8Array, start: number, end: number, digits: number): string {
  let text = '';
  for (let at = start; at < end && text.length < digits; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 49 && byte <= 57) text += String.fromCharCode(byte);
    else if (byte === 48 && text !== '') text += '0';
  }
  return text;
}

/**
 * Plain digits of a number's value: no exponent, no trailing zeros, no sign on zero. For values of at most a few dozen
 * digits.
 */
export function plainDecimal(bytes: Uint8Array, start: number, end: number): string {
  const { negative, digits, point } = decimalShape(bytes, start, end);
  if (digits === 0) return '0';
  const text = significantDigits(bytes, start, end, digits);
  const sign = negative ? '-' : '';
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${text}`;
  if (point >= digits) return sign + text + '0'.repeat(point - digits);
  return `${sign}${text.slice(0, point)}.${text.slice(point)}`;
}

/** Maximum decimal digits of an exact double: 767 significant ones, and 1074 after the point. */
const DOUBLE_DIGITS = 767;
const DOUBLE_SCALE = 1_074;

/** Digits of the widest exact type, decimal128. */
const EXACT_DIGITS = 38;

/**
 * Whether a double represents the number, by its value. A whole number must equal the double exactly. A number with a
 * fraction may also be the shortest decimal that identifies the double, as programs print it. So may a number of more
 * than 38 digits with an exponent, since no other type can store it. True for 0.1, 1e22, 1e300 and 1152921504606846976;
 * false for 1e23, 1152921504606847000, 9007199254740993, 1e400 and 0.12345678901234567890.
 */
export function survivesDouble(bytes: Uint8Array, start: number, end: number): boolean {
  const { digits, point, scale } = decimalShape(bytes, start, end);
  if (digits === 0) return true;
  // A double keeps any 15 digits in its normal range (DBL_DIG), and any whole number of 15 digits is one.
  if (digits <= 15 && (scale === 0 ? point <= 15 : point > -290)) return true;
  if (digits > DOUBLE_DIGITS || scale > DOUBLE_SCALE || point > 400) return false;
  const value = Number(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1'));
  if (!Number.isFinite(value) || value === 0) return false;
  const text = significantDigits(bytes, start, end, digits);
  if (scale === 0) {
    const shortest = point > EXACT_DIGITS && hasExponent(bytes, start, end) && isShortest(value, text, point);
    return shortest || BigInt(text) * 10n ** BigInt(point - digits) === BigInt(Math.abs(value));
  }
  return isShortest(value, text, point) || isExact(Math.abs(value), text, scale);
}

function hasExponent(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = end - 1; at > start; at -= 1) if (((bytes[at] as number) | 32) === 101) return true;
  return false;
}

/** Whether the digits and their point equal the printed form of a double. */
function isShortest(value: number, text: string, point: number): boolean {
  if (text.length > 17) return false;
  const printed = Buffer.from(String(value));
  const other = decimalShape(printed, 0, printed.length);
  return (
    other.digits === text.length &&
    other.point === point &&
    significantDigits(printed, 0, printed.length, text.length) === text
  );
}

/** Whether `text` / 10^scale is a positive double's own value. */
function isExact(value: number, text: string, scale: number): boolean {
  // A fraction of `scale` digits must be a multiple of 2^-scale to be a double.
  const whole = scaled(value, scale);
  return whole !== undefined && whole * 5n ** BigInt(scale) === BigInt(text);
}

/** `value` × 2^power; undefined if that is not an integer. */
function scaled(value: number, power: number): bigint | undefined {
  let left = power;
  let product = value;
  for (; left > 0 && product < 2 ** 52; left -= 1) product *= 2;
  return Number.isInteger(product) ? BigInt(product) << BigInt(left) : undefined;
}

/** The class of an integer lexeme, by its size. */
export const FITS_DOUBLE = 0;
export const FITS_INT64 = 1;
export const FITS_UINT64 = 2;
export const FITS_NONE = 3;

/**
 * The narrowest of: an integer that a double represents exactly (at most 2^53 in size), int64, uint64, or none of them.
 * `start` is the lexeme's first byte, a sign included.
 */
export function integerFit(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === 45;
  const at = negative ? start + 1 : start;
  const size = end - at;
  if (size < SAFE_MAX.length) return FITS_DOUBLE;
  if (atMost(bytes, at, size, SAFE_MAX)) return FITS_DOUBLE;
  if (atMost(bytes, at, size, negative ? INT64_MIN : INT64_MAX)) return FITS_INT64;
  return !negative && atMost(bytes, at, size, UINT64_MAX) ? FITS_UINT64 : FITS_NONE;
}

function atMost(bytes: Uint8Array, start: number, size: number, limit: Uint8Array): boolean {
  if (size !== limit.length) return size < limit.length;
  for (let index = 0; index < size; index += 1) {
    const difference = (bytes[start + index] as number) - (limit[index] as number);
    if (difference !== 0) return difference < 0;
  }
  return true;
}
