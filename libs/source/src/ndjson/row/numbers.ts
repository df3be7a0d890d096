import * as schema from '@parquetry/schema';
import { mismatch, refuse, type RowContext } from './context';
import type { ValueReader } from './reader';

// Local copies: in CommonJS each use of a re-exported name is a call.
const {
  decimalShape,
  ESCAPED,
  FITS_NONE,
  FITS_UINT64,
  FRACTION,
  integerFit,
  KIND,
  NUMBER,
  plainDecimal,
  STRING,
  survivesDouble,
} = schema;

/** Accepts whole numbers in a range, also as `1.0` and `1e2`, but not text. */
export function integerReader(
  path: string,
  name: string,
  min: bigint,
  max: bigint,
): ValueReader<number | bigint> {
  const safeMin = Number(min < -(2n ** 53n) ? -(2n ** 53n) : min);
  const safeMax = Number(max > 2n ** 53n ? 2n ** 53n : max);
  const outside = (context: RowContext, actual: string) =>
    refuse(
      context,
      'INT_OUT_OF_RANGE',
      path,
      `The number does not fit ${name} of ${path}.`,
      `${min}..${max}`,
      actual,
    );
  return (context, tape, node) => {
    const head = tape.nodes[node] as number;
    if ((head & KIND) !== NUMBER) return mismatch(context, tape, node, path, name);
    const start = tape.start(node);
    const end = tape.end(node);
    const { bytes } = tape;
    if ((head & FRACTION) === 0 && end - start <= 15) {
      const value = smallInteger(bytes, start, end);
      if (value < safeMin || value > safeMax) return outside(context, tape.text(node));
      // -0 is the integer 0.
      return value === 0 ? 0 : value;
    }
    let text: string;
    if ((head & FRACTION) === 0) {
      const fit = integerFit(bytes, start, end);
      if (fit === FITS_NONE || (fit === FITS_UINT64 && max < 2n ** 64n - 1n))
        return outside(context, tape.text(node, 60));
      text = tape.text(node);
    } else {
      // 1.0 and 1e2 are whole numbers too.
      const { integerDigits, scale } = decimalShape(bytes, start, end);
      if (scale > 0)
        return refuse(
          context,
          'NOT_INTEGER',
          path,
          `${path} takes whole numbers.`,
          name,
          tape.text(node, 60),
        );
      if (integerDigits > 20) return outside(context, tape.text(node, 60));
      text = plainDecimal(bytes, start, end);
    }
    const value = BigInt(text);
    return value < min || value > max ? outside(context, text) : value;
  };
}

function smallInteger(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === 45;
  let value = 0;
  for (let at = negative ? start + 1 : start; at < end; at += 1)
    value = value * 10 + (bytes[at] as number) - 48;
  return negative ? 0 - value : value;
}

/** Accepts numbers that a double holds exactly. */
export function floatReader(path: string): ValueReader<number> {
  return (context, tape, node) => {
    if (tape.kind(node) !== NUMBER) return mismatch(context, tape, node, path, 'float64');
    const start = tape.start(node);
    const end = tape.end(node);
    if (!survivesDouble(tape.bytes, start, end))
      return refuse(
        context,
        'NOT_EXACT',
        path,
        `No double holds the number of ${path} exactly.`,
        'float64',
        tape.text(node, 60),
      );
    const value = Number(tape.text(node));
    if (Object.is(value, -0)) context.negativeZero = true;
    return value;
  };
}

/** Accepts numbers and decimal text (common for amounts) that fit precision and scale; writes decimal digits. */
export function decimalReader(path: string, precision: number, scale: number): ValueReader<string> {
  const name = `decimal(${precision}, ${scale})`;
  return (context, tape, node) => {
    let { bytes } = tape;
    let start = tape.start(node);
    let end = tape.end(node);
    if (tape.kind(node) === STRING) {
      if (((tape.nodes[node] as number) & ESCAPED) !== 0) {
        bytes = tape.decoded(node);
        start = 0;
        end = bytes.length;
      } else {
        start += 1;
        end -= 1;
      }
      if (!isNumber(bytes, start, end))
        return refuse(
          context,
          'NOT_DECIMAL',
          path,
          `The text of ${path} is not a decimal number.`,
          name,
          tape.text(node, 60),
        );
    } else if (tape.kind(node) !== NUMBER) return mismatch(context, tape, node, path, name);
    const shape = decimalShape(bytes, start, end);
    if (shape.integerDigits > precision - scale || shape.scale > scale)
      return refuse(
        context,
        'DECIMAL_OUT_OF_RANGE',
        path,
        `The number does not fit ${name} of ${path}.`,
        name,
        tape.text(node, 100),
      );
    return plainDecimal(bytes, start, end);
  };
}

/** Whether text is decimal digits with an optional minus sign and fraction. */
function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  let at = bytes[start] === 45 ? start + 1 : start;
  let digits = 0;
  let points = 0;
  for (; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 48 && byte <= 57) digits += 1;
    else if (byte === 46 && digits > 0 && points === 0 && at + 1 < end) points = 1;
    else return false;
  }
  return digits > 0;
}
