import { MAX_LEDGER } from '@parquetry/core';
import * as schema from '@parquetry/schema';
import type { Tape, TimeReader } from '@parquetry/schema';

// Local copies: in CommonJS a re-exported name costs a call at each use.
const { FRACTION, NUMBER, STRING, TIME_BAD, TIME_OK, TIME_RANGE } = schema;

/** Close times are counted in Unix microseconds as safe integers: until the year 2255. */
const MAX_CLOSE_SECONDS = 9_007_199_253;

/** A ledger from a number or a string of digits; 0 when it is none. */
export function ledgerAt(tape: Tape, node: number): number {
  const value = wholeNumber(tape, node, 10);
  return value >= 1 && value <= MAX_LEDGER ? value : 0;
}

/** A number or string of at most `maxDigits` digits, or -1. */
function wholeNumber(tape: Tape, node: number, maxDigits: number): number {
  const kind = tape.kind(node);
  let at = tape.start(node);
  let end = tape.end(node);
  if (kind === STRING) {
    at += 1;
    end -= 1;
  } else if (kind !== NUMBER || ((tape.nodes[node] as number) & FRACTION) !== 0) return -1;
  if (end === at || end - at > maxDigits) return -1;
  let value = 0;
  for (; at < end; at += 1) {
    const digit = (tape.bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Reads a close time: RFC 3339, or Unix seconds or milliseconds as a number or digits. */
export function readTime(time: TimeReader, tape: Tape, node: number): number {
  const unix = wholeNumber(tape, node, 15);
  let outcome = TIME_BAD;
  if (unix >= 0) outcome = time.readUnix(unix);
  else if (tape.kind(node) === STRING)
    outcome = time.read(tape.bytes, tape.start(node) + 1, tape.end(node) - 1);
  if (outcome !== TIME_OK) return outcome;
  return time.seconds < 0 || time.seconds > MAX_CLOSE_SECONDS ? TIME_RANGE : TIME_OK;
}
