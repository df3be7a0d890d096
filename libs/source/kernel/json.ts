// Strict JSON (RFC 8259) in valid UTF-8. Every function returns the address after what it read, or 0.
import { KEYS } from './layout';

const MAX_DEPTH: i32 = 200;
/** Objects with more keys are left to the scanner, which finds duplicates with a set. */
const MAX_KEYS: usize = 24;
/** Keys of all objects around a value: addresses and lengths. */
const KEY_SIZE: usize = 8;
const KEY_ROOM: usize = 4096 * KEY_SIZE;

let keyTop: usize = 0;

/** Clears the keys of the previous line. */
export function beginKeys(): void {
  keyTop = 0;
}

/** The byte at which a run of ordinary string bytes ends: a quote, a backslash or a control character. */
// @ts-ignore: decorator
@inline
export function plainEnd(from: usize, end: usize): usize {
  const quote = i8x16.splat(34);
  const slash = i8x16.splat(92);
  const space = i8x16.splat(32);
  let at = from;
  while (at < end) {
    const bytes = v128.load(at);
    const found = i8x16.bitmask(
      v128.or(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, slash)), i8x16.lt_u(bytes, space)),
    );
    if (found != 0) return at + (ctz(found) as usize);
    at += 16;
  }
  return at;
}

/** A string without escapes, from its opening quote. */
// @ts-ignore: decorator
@inline
export function plainString(start: usize, end: usize): usize {
  const at = plainEnd(start + 1, end);
  return at < end && load<u8>(at) == 34 ? at + 1 : 0;
}

/** Any string, from its opening quote; lone surrogates are left to the scanner. */
function anyString(start: usize, end: usize): usize {
  let at = start + 1;
  while (true) {
    at = plainEnd(at, end);
    if (at >= end) return 0;
    const byte = load<u8>(at);
    if (byte == 34) return at + 1;
    if (byte != 92 || at + 1 >= end) return 0;
    const next = load<u8>(at + 1);
    if (next == 117) {
      if (at + 6 > end) return 0;
      const unit = hex4(at + 2);
      if (unit < 0 || (unit >= 0xd800 && unit <= 0xdfff)) return 0;
      at += 6;
    } else if (
      next == 34 || next == 92 || next == 47 || next == 98 || next == 102 || next == 110 || next == 114 || next == 116
    )
      at += 2;
    else return 0;
  }
}

function hex4(at: usize): i32 {
  let unit: i32 = 0;
  for (let index: usize = 0; index < 4; index++) {
    const byte = load<u8>(at + index) as i32;
    const lower = byte | 32;
    let digit: i32 = -1;
    if (byte >= 48 && byte <= 57) digit = byte - 48;
    else if (lower >= 97 && lower <= 102) digit = lower - 87;
    if (digit < 0) return -1;
    unit = (unit << 4) | digit;
  }
  return unit;
}

// @ts-ignore: decorator
@inline
function digits(from: usize, end: usize): usize {
  let at = from;
  while (at < end && ((load<u8>(at) - 48) as u8) <= 9) at++;
  return at;
}

/** The byte after a number's whole part, or 0. */
// @ts-ignore: decorator
@inline
export function wholePart(start: usize, end: usize): usize {
  let at = start;
  if (load<u8>(at) == 45) at++;
  if (at >= end) return 0;
  if (load<u8>(at) == 48) return at + 1;
  const after = digits(at, end);
  return after == at ? 0 : after;
}

/** The byte after a number's optional fraction and exponent, or 0. */
export function numberEnd(whole: usize, end: usize): usize {
  let at = whole;
  if (at < end && load<u8>(at) == 46) {
    const after = digits(at + 1, end);
    if (after == at + 1) return 0;
    at = after;
  }
  if (at < end && (load<u8>(at) | 32) == 101) {
    at++;
    if (at < end && (load<u8>(at) == 43 || load<u8>(at) == 45)) at++;
    const after = digits(at, end);
    if (after == at) return 0;
    at = after;
  }
  return at;
}

export function literalEnd(at: usize, end: usize): usize {
  const byte = load<u8>(at);
  if (byte == 116) return at + 4 <= end && load<u32>(at) == 0x65757274 ? at + 4 : 0;
  if (byte == 110) return at + 4 <= end && load<u32>(at) == 0x6c6c756e ? at + 4 : 0;
  return at + 5 <= end && load<u32>(at) == 0x736c6166 && load<u8>(at + 4) == 101 ? at + 5 : 0;
}

// @ts-ignore: decorator
@inline
function space(from: usize, end: usize): usize {
  let at = from;
  while (at < end) {
    const byte = load<u8>(at);
    if (byte != 32 && byte != 9 && byte != 13) break;
    at++;
  }
  return at;
}

/** Any value, nested `depth` deep. */
export function anyValue(start: usize, end: usize, depth: i32): usize {
  if (start >= end) return 0;
  const byte = load<u8>(start);
  if (byte == 34) return anyString(start, end);
  if (byte == 123) return anyObject(start, end, depth + 1);
  if (byte == 91) return anyArray(start, end, depth + 1);
  if (byte == 45 || ((byte - 48) as u8) <= 9) {
    const whole = wholePart(start, end);
    return whole == 0 ? 0 : numberEnd(whole, end);
  }
  return byte == 116 || byte == 102 || byte == 110 ? literalEnd(start, end) : 0;
}

function anyArray(start: usize, end: usize, depth: i32): usize {
  if (depth > MAX_DEPTH) return 0;
  let at = space(start + 1, end);
  if (at < end && load<u8>(at) == 93) return at + 1;
  while (true) {
    at = anyValue(at, end, depth);
    if (at == 0) return 0;
    at = space(at, end);
    if (at >= end) return 0;
    const byte = load<u8>(at++);
    if (byte == 93) return at;
    if (byte != 44) return 0;
    at = space(at, end);
  }
}

function anyObject(start: usize, end: usize, depth: i32): usize {
  if (depth > MAX_DEPTH) return 0;
  const base = keyTop;
  let at = space(start + 1, end);
  if (at < end && load<u8>(at) == 125) return at + 1;
  while (true) {
    if (at >= end || load<u8>(at) != 34) return 0;
    const after = plainString(at, end);
    if (after == 0 || !newKey(base, at + 1, after - at - 2)) return 0;
    at = space(after, end);
    if (at >= end || load<u8>(at) != 58) return 0;
    at = anyValue(space(at + 1, end), end, depth);
    if (at == 0) return 0;
    at = space(at, end);
    if (at >= end) return 0;
    const byte = load<u8>(at++);
    if (byte == 125) break;
    if (byte != 44) return 0;
    at = space(at, end);
  }
  keyTop = base;
  return at;
}

/** Adds a key of the object whose keys begin at `base`; false if it is repeated or there are too many. */
function newKey(base: usize, start: usize, size: usize): bool {
  if (keyTop - base >= MAX_KEYS * KEY_SIZE || keyTop >= KEY_ROOM) return false;
  const keys = load<u32>(KEYS) as usize;
  for (let key = base; key < keyTop; key += KEY_SIZE)
    if (
      (load<u32>(keys + key, 4) as usize) == size &&
      memory.compare(load<u32>(keys + key) as usize, start, size) == 0
    )
      return false;
  store<u32>(keys + keyTop, start as u32);
  store<u32>(keys + keyTop, size as u32, 4);
  keyTop += KEY_SIZE;
  return true;
}
