// Parses numbers and times. Results are in the globals; false means that the caller must parse the value.

export let whole: i64 = 0;
export let micros: i64 = 0;

/** The last 20-byte time that was parsed, and its microseconds. */
let lastHead: v128 = i64x2.splat(0);
let lastTail: u32 = 0;
let lastMicros: i64 = 0;
let hasLast = false;

/** A whole number of at most 18 digits in `[start, end)`. */
export function readWhole(start: usize, end: usize): bool {
  const negative = load<u8>(start) == 45;
  let at = negative ? start + 1 : start;
  if (at >= end || end - at > 18) return false;
  let value: i64 = 0;
  for (; at < end; at++) {
    const digit = (load<u8>(at) - 48) as u8;
    if (digit > 9) return false;
    value = value * 10 + (digit as i64);
  }
  whole = negative ? -value : value;
  return true;
}

/** RFC 3339 text in `[start, end)`, at most microseconds. */
export function readTime(start: usize, end: usize): bool {
  const size = end - start;
  if (size == 20 && hasLast && load<u32>(start, 16) == lastTail) {
    if (v128.all_true<u8>(i8x16.eq(v128.load(start), lastHead))) {
      micros = lastMicros;
      return true;
    }
  }
  if (!parseTime(start, end)) return false;
  if (size == 20) {
    lastHead = v128.load(start);
    lastTail = load<u32>(start, 16);
    lastMicros = micros;
    hasLast = true;
  }
  return true;
}

function two(at: usize): i32 {
  const tens = (load<u8>(at) - 48) as u8;
  const ones = (load<u8>(at + 1) - 48) as u8;
  return tens > 9 || ones > 9 ? -1000000 : (tens as i32) * 10 + (ones as i32);
}

function parseTime(start: usize, end: usize): bool {
  if (end - start < 20) return false;
  const year = two(start) * 100 + two(start + 2);
  const month = two(start + 5);
  const day = two(start + 8);
  const hour = two(start + 11);
  const minute = two(start + 14);
  const second = two(start + 17);
  if (
    load<u8>(start + 4) != 45 ||
    load<u8>(start + 7) != 45 ||
    (load<u8>(start + 10) | 32) != 116 ||
    load<u8>(start + 13) != 58 ||
    load<u8>(start + 16) != 58
  )
    return false;
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return false;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  let at = start + 19;
  let fraction: i32 = 0;
  if (load<u8>(at) == 46) {
    at++;
    const first = at;
    for (; at < end; at++) {
      const digit = (load<u8>(at) - 48) as u8;
      if (digit > 9) break;
      if (at - first < 6) fraction = fraction * 10 + (digit as i32);
      else if (digit != 0) return false;
    }
    if (at == first) return false;
    for (let count = at - first; count < 6; count++) fraction *= 10;
  }
  // The caller parses offsets.
  if (at + 1 != end || (load<u8>(at) | 32) != 122) return false;
  const seconds = days(year, month, day) * 86400 + ((hour * 3600 + minute * 60 + second) as i64);
  micros = seconds * 1000000 + (fraction as i64);
  return true;
}

function daysIn(year: i32, month: i32): i32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar; years start in March so that leap days come last. */
function days(year: i32, month: i32, day: i32): i64 {
  const shifted = month <= 2 ? year - 1 : year;
  const era = (shifted >= 0 ? shifted : shifted - 399) / 400;
  const yearOfEra = shifted - era * 400;
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return (era as i64) * 146097 + (dayOfEra as i64) - 719468;
}
