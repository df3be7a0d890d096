import { ESCAPED, type Tape } from './tape';

/** Results of reading a time. */
export const TIME_OK = 0;
export const TIME_BAD = 1;
/** It has non-zero digits beyond microseconds. */
export const TIME_FINE = 2;
/** Outside the years 0001–9999 in UTC. */
export const TIME_RANGE = 3;

const MIN_SECONDS = -62_135_596_800;
const MAX_SECONDS = 253_402_300_799;

/** Reads RFC 3339 times from bytes. The result stays in the reader until the next call. */
export class TimeReader {
  /** Unix seconds, floored. */
  seconds = 0;
  /** Microseconds within the second, 0–999999. */
  micros = 0;

  /**
   * Reads `bytes[start, end)` (without quotes): a date, `T`, a time, up to any number of fraction digits, and `Z` or an
   * offset. Leap seconds (`:60`) have no Unix time and are TIME_BAD.
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < 20) return TIME_BAD;
    const year = number4(bytes, start);
    const month = number2(bytes, start + 5);
    const day = number2(bytes, start + 8);
    const hour = number2(bytes, start + 11);
    const minute = number2(bytes, start + 14);
    const second = number2(bytes, start + 17);
    const separator = (bytes[start + 10] as number) | 32;
    if (bytes[start + 4] !== 45 || bytes[start + 7] !== 45 || separator !== 116) return TIME_BAD;
    if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return TIME_BAD;
    if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return TIME_BAD;
    if (!(hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59))
      return TIME_BAD;
    let at = start + 19;
    let micros = 0;
    let fine = false;
    if (bytes[at] === 46) {
      at += 1;
      const first = at;
      for (; at < end; at += 1) {
        const digit = (bytes[at] as number) - 48;
        if (digit < 0 || digit > 9) break;
        if (at - first < 6) micros = micros * 10 + digit;
        else if (digit !== 0) fine = true;
      }
      if (at === first) return TIME_BAD;
      for (let count = at - first; count < 6; count += 1) micros *= 10;
    }
    const offset = offsetSeconds(bytes, at, end);
    if (Number.isNaN(offset)) return TIME_BAD;
    const seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    if (seconds < MIN_SECONDS || seconds > MAX_SECONDS) return TIME_RANGE;
    this.seconds = seconds;
    this.micros = micros;
    return fine ? TIME_FINE : TIME_OK;
  }

  /** Reads the text of a STRING, with its escapes decoded. */
  readText(tape: Tape, node: number): number {
    if (((tape.nodes[node] as number) & ESCAPED) === 0)
      return this.read(tape.bytes, tape.start(node) + 1, tape.end(node) - 1);
    const text = tape.decoded(node);
    return this.read(text, 0, text.length);
  }

  /** Takes Unix time: seconds below 10^11, else milliseconds. */
  readUnix(value: number): number {
    const millis = value >= 100_000_000_000;
    const seconds = millis ? Math.floor(value / 1000) : value;
    if (value < 0 || seconds > MAX_SECONDS) return TIME_RANGE;
    this.seconds = seconds;
    this.micros = millis ? (value % 1000) * 1000 : 0;
    return TIME_OK;
  }

  /** Unix microseconds: a number if it is a safe integer, else a bigint. */
  unixMicros(): number | bigint {
    const micros = this.seconds * 1_000_000 + this.micros;
    return Number.isSafeInteger(micros) ? micros : BigInt(this.seconds) * 1_000_000n + BigInt(this.micros);
  }

  /** `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`. */
  text(): string {
    const text = new Date(this.seconds * 1000).toISOString().slice(0, 19);
    return this.micros === 0 ? `${text}Z` : `${text}.${String(this.micros).padStart(6, '0')}Z`;
  }
}

function number2(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 48;
  const ones = (bytes[at + 1] as number) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

function number4(bytes: Uint8Array, at: number): number {
  return number2(bytes, at) * 100 + number2(bytes, at + 2);
}

function offsetSeconds(bytes: Uint8Array, at: number, end: number): number {
  const sign = bytes[at] as number;
  if (at + 1 === end) return (sign | 32) === 122 ? 0 : NaN;
  if (at + 6 !== end || (sign !== 43 && sign !== 45) || bytes[at + 3] !== 58) return NaN;
  const hours = number2(bytes, at + 1);
  const minutes = number2(bytes, at + 4);
  if (!(hours <= 23 && minutes <= 59)) return NaN;
  return (sign === 45 ? -1 : 1) * (hours * 3600 + minutes * 60);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar; years start in March so that leap days come last. */
function days(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return (
    era * 146_097 +
    yearOfEra * 365 +
    Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) +
    dayOfYear -
    719_468
  );
}
