import { MAX_LEDGER } from '@parquetry/core';
import * as schema from '@parquetry/schema';
import type { Tape, TimeReader } from '@parquetry/schema';

// Local copies: in CommonJS each use of a re-exported name is a call.
const { decimalShape, ESCAPED, FRACTION, KIND, NUMBER, plainDecimal, STRING, TIME_BAD, TIME_OK, TIME_RANGE } =
  schema;

/** Close times are Unix microseconds, which are safe integers until the year 2255. */
const MAX_CLOSE_SECONDS = 9_007_199_253;

/** Reads a ledger from a whole number or a string of digits; 0 if the value is not a ledger. */
export function ledgerAt(tape: Tape, node: number): number {
  const value = wholeNumber(tape, node, 10);
  return value >= 1 && value <= MAX_LEDGER ? value : 0;
}

/** Reads a whole number of at most `maxDigits` digits in any spelling (`5`, `5.0`, `50e-1`, `"5"`); else -1. */
function wholeNumber(tape: Tape, node: number, maxDigits: number): number {
  const head = tape.nodes[node] as number;
  const start = tape.start(node);
  const end = tape.end(node);
  if ((head & KIND) === STRING) {
    if ((head & ESCAPED) === 0) return digitsOf(tape.bytes, start + 1, end - 1, maxDigits);
    const text = tape.decoded(node);
    return digitsOf(text, 0, text.length, maxDigits);
  }
  if ((head & KIND) !== NUMBER) return -1;
  if ((head & FRACTION) === 0 && tape.bytes[start] !== 45) return digitsOf(tape.bytes, start, end, maxDigits);
  const { negative, digits, integerDigits, scale } = decimalShape(tape.bytes, start, end);
  if (digits === 0) return 0;
  return negative || scale > 0 || integerDigits > maxDigits
    ? -1
    : Number(plainDecimal(tape.bytes, start, end));
}

function digitsOf(bytes: Uint8Array, start: number, end: number, maxDigits: number): number {
  if (end === start || end - start > maxDigits) return -1;
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Reads a close time: RFC 3339, or Unix seconds or milliseconds as a whole number or digits. */
export function readTime(time: TimeReader, tape: Tape, node: number): number {
  const unix = wholeNumber(tape, node, 15);
  let outcome = TIME_BAD;
  if (unix >= 0) outcome = time.readUnix(unix);
  else if (tape.kind(node) === STRING) outcome = time.readText(tape, node);
  if (outcome !== TIME_OK) return outcome;
  return time.seconds < 0 || time.seconds > MAX_CLOSE_SECONDS ? TIME_RANGE : TIME_OK;
}
