// Finds the shape of a line: literals from the shape table's tree, with a value between each two.
import { same } from './bytes';
import { anyValue, beginKeys, literalEnd, numberEnd, plainString, wholePart } from './json';
import {
  ANY, BOOLEAN, INTEGER, MARKS, OTHER_NUMBER, PLAIN_STRING, ROOTS, STEP_ANY, STEP_DEPTH, STEP_LITERAL, STEP_NEXT,
  STEP_SHAPE, STEP_SIZE,
} from './layout';

/** The byte after the text of the last line. */
export let textEnd: usize = 0;

/** Maximum number of values in a line. */
const MAX_VALUES: usize = 4096;

/** The shape of the line at `start`, with the span of value k at marks[2k], marks[2k+1]; 0 if it is not known. */
export function walk(start: usize, end: usize): usize {
  const marks = load<u32>(MARKS) as usize;
  let siblings = load<u32>(ROOTS) as usize;
  let at = start;
  beginKeys();
  for (let value: usize = 0; value < MAX_VALUES; value++) {
    const step = pick(siblings, at, end);
    if (step == 0) return 0;
    at += load<u32>(step, STEP_SIZE) as usize;
    const shape = load<u32>(step, STEP_SHAPE) as usize;
    if (shape != 0) {
      textEnd = at;
      return shape;
    }
    store<u32>(marks + value * 8, at as u32);
    const byte = load<u8>(at);
    let found = ANY;
    let after: usize = 0;
    if (load<u32>(step, STEP_ANY) != 0) after = anyValue(at, end, load<u32>(step, STEP_DEPTH) as i32);
    else if (byte == 34) {
      found = PLAIN_STRING;
      after = plainString(at, end);
    } else if (byte == 116 || byte == 102) {
      found = BOOLEAN;
      after = literalEnd(at, end);
    } else {
      found = INTEGER;
      const whole = wholePart(at, end);
      if (whole == 0) return 0;
      after = numberEnd(whole, end);
      if (after != whole) found = OTHER_NUMBER;
    }
    if (after == 0) return 0;
    at = after;
    store<u32>(marks + value * 8, at as u32, 4);
    siblings = load<u32>(step + ((found as usize) << 2), STEP_NEXT) as usize;
  }
  return 0;
}

/** The step whose literal is at `at`, followed by a value of its class or the end of the line; 0 if there is none. */
// @ts-ignore: decorator
@inline
function pick(siblings: usize, at: usize, end: usize): usize {
  if (siblings == 0) return 0;
  const count = load<u32>(siblings) as usize;
  for (let index: usize = 0; index < count; index++) {
    const step = load<u32>(siblings + (index << 2), 4) as usize;
    const size = load<u32>(step, STEP_SIZE) as usize;
    const after = at + size;
    if (after > end || !same(load<u32>(step, STEP_LITERAL) as usize, at, size)) continue;
    if (load<u32>(step, STEP_SHAPE) != 0) {
      if (after == end || load<u8>(after) == 10) return step;
    } else if (after < end && startsValue(load<u8>(after), load<u32>(step, STEP_ANY) != 0)) return step;
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function startsValue(byte: u8, any: bool): bool {
  if (byte == 34 || byte == 45 || ((byte - 48) as u8) <= 9 || byte == 116 || byte == 102) return true;
  return any && (byte == 123 || byte == 91);
}
