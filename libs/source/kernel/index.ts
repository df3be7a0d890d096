// Processes NDJSON lines of known structure: finds their shape, checks their values, writes them into columns.
// Leaves every other line to its caller, without having stored anything of it.
import {
  BOOL, BREAK, CONSTANT, COLUMN_BASE, COLUMN_BOUNDED, COLUMN_DICTIONARY, COLUMN_MAX, COLUMN_MIN, COLUMN_PENDING, COLUMN_PLAIN,
  COLUMN_PLAIN_PENDING, COLUMN_USED, COUNTING, CROWDED, CROWDED_COLUMN, END, FIRST_LEDGER, FULL,
  INT32, INT64, KIND_KEEP, KIND_SKIP, LAST_LEDGER, LEDGER, LINES, MARKS, NEXT, OP_CODE, OP_COLUMN, OP_HIGH, OP_LOW,
  OP_SIZE, OP_VALUE, PLACE, RAW, ROOM, ROWS, SHAPE_FIRST_OP, SHAPE_KIND, SHAPE_LEDGER, SHAPE_LEDGER_COLUMN,
  SHAPE_LEDGER_TWIN, SHAPE_LEDGER_WIDTH, SHAPE_NUMBER, SHAPE_OPS, SHAPE_TARGET, SHAPE_TIME, SHAPE_TIME_COLUMN,
  SHAPE_TIME_TWIN, TARGET, TARGET_APPROVED, TARGET_LEDGER, TARGET_LIMIT, TARGET_ROWS, TARGET_SHAPES, TARGET_TIME, TEXT,
  TIME, TIMESTAMP, UNKNOWN, WATCH, WATCH_TIME,
} from './layout';
import { codeOf, NO_CODE } from './dictionary';
import { micros, readTime, readWhole, whole } from './scalars';
import { textEnd, walk } from './walk';

/** Latest close time: 2255, the last whose microseconds are a safe integer. */
const MAX_CLOSE_MICROS: i64 = 9007199253999999;
const NONE: u32 = 0xffffffff;
/** Bytes that a row may add to a column in addition to those of its line. */
const ROW_SLACK: u32 = 16;

/**
 * Processes the lines of `[start, end)` while they are of one kind: rows of one target, ledger and close time, or
 * lines to skip. Writes where it stopped to the control block, and returns the reason.
 */
export function run(start: usize, end: usize): i32 {
  let at = start;
  let lines: u32 = 0;
  let rows: u32 = 0;
  let target: usize = 0;
  let skipping = false;
  let status = END;
  const counting = load<u32>(COUNTING) != 0;
  while (at < end) {
    const shape = walk(at, end);
    const kind = shape == 0 ? 0 : (load<u32>(shape, SHAPE_KIND) as i32);
    if (kind == 0) {
      status = UNKNOWN;
      break;
    }
    let keep = kind == KIND_KEEP;
    let ledger: u32 = 0;
    if (keep) {
      if (!readPlace(shape)) {
        status = UNKNOWN;
        break;
      }
      ledger = placeLedger;
      keep = ledger >= load<u32>(FIRST_LEDGER) && ledger <= load<u32>(LAST_LEDGER);
    }
    if (!keep) {
      if (rows > 0 && !counting) {
        status = BREAK;
        break;
      }
      skipping = true;
    } else {
      const own = load<u32>(shape, SHAPE_TARGET) as usize;
      if (!counting && (skipping || (rows > 0 && own != target))) {
        status = BREAK;
        break;
      }
      if (own == 0 || !readClose(shape)) {
        status = UNKNOWN;
        break;
      }
      if (counting) {
        if (!count(shape, ledger)) {
          status = UNKNOWN;
          break;
        }
        rows++;
        lines++;
        at = textEnd < end ? textEnd + 1 : end;
        continue;
      }
      if (
        load<u32>(own, TARGET_APPROVED) == 0 || load<u32>(own, TARGET_LEDGER) != ledger ||
        load<i64>(own, TARGET_TIME) != placeMicros
      ) {
        status = PLACE;
        target = own;
        store<u32>(LEDGER, ledger);
        store<i64>(TIME, placeMicros);
        break;
      }
      const size = ((textEnd - at) as u32) + ROW_SLACK;
      if (load<u32>(own, TARGET_ROWS) >= load<u32>(own, TARGET_LIMIT) || size > load<u32>(ROOM)) {
        status = FULL;
        break;
      }
      crowded = 0;
      if (!emit(shape, ledger)) {
        status = crowded == 0 ? UNKNOWN : CROWDED;
        store<u32>(CROWDED_COLUMN, crowded as u32);
        break;
      }
      store<u32>(ROOM, load<u32>(ROOM) - size);
      target = own;
      rows++;
    }
    lines++;
    at = textEnd < end ? textEnd + 1 : end;
  }
  store<u32>(NEXT, at as u32);
  store<u32>(LINES, lines);
  store<u32>(ROWS, rows);
  store<u32>(TARGET, target as u32);
  return status;
}

/** The column whose dictionary was full for a value of the line. */
let crowded: usize = 0;
let placeLedger: u32 = 0;
let placeMicros: i64 = 0;

// @ts-ignore: decorator
@inline
function valueStart(value: u32): usize {
  return load<u32>((load<u32>(MARKS) as usize) + ((value as usize) << 3)) as usize;
}

// @ts-ignore: decorator
@inline
function valueEnd(value: u32): usize {
  return load<u32>((load<u32>(MARKS) as usize) + ((value as usize) << 3), 4) as usize;
}

function readLedger(value: u32): bool {
  const start = valueStart(value);
  const end = valueEnd(value);
  return end - start <= 10 && readWhole(start, end) && whole >= 1 && whole <= 0xffffffff;
}

/** Reads the line's ledger; a second value must be equal. */
function readPlace(shape: usize): bool {
  if (!readLedger(load<u32>(shape, SHAPE_LEDGER))) return false;
  placeLedger = whole as u32;
  const twin = load<u32>(shape, SHAPE_LEDGER_TWIN);
  return twin == NONE || (readLedger(twin) && (whole as u32) == placeLedger);
}

/** A time as RFC 3339 text, or Unix seconds or milliseconds. */
function readInstant(value: u32): bool {
  const start = valueStart(value);
  const end = valueEnd(value);
  if (load<u8>(start) == 34) return readTime(start + 1, end - 1);
  if (end - start > 15 || load<u8>(start) == 45 || !readWhole(start, end)) return false;
  instant = whole >= 100000000000 ? whole * 1000 : whole * 1000000;
  return true;
}

let instant: i64 = 0;

/** Reads the line's close time; a second value must be equal. */
function readClose(shape: usize): bool {
  const first = load<u32>(shape, SHAPE_TIME);
  if (!readInstant(first)) return false;
  placeMicros = load<u8>(valueStart(first)) == 34 ? micros : instant;
  if (placeMicros < 0 || placeMicros > MAX_CLOSE_MICROS) return false;
  const twin = load<u32>(shape, SHAPE_TIME_TWIN);
  if (twin == NONE) return true;
  if (!readInstant(twin)) return false;
  return (load<u8>(valueStart(twin)) == 34 ? micros : instant) == placeMicros;
}

/**
 * Counts a line of its target and updates the bounds of its ledger and of watched numbers; false if a value is not
 * simple enough. Bounds updated by such a line are harmless: the caller observes all its values.
 */
function count(shape: usize, ledger: u32): bool {
  const operations = load<u32>(shape, SHAPE_OPS) as usize;
  const first = shape + SHAPE_FIRST_OP;
  for (let index: usize = 0; index < operations; index++) if (!write(first + index * OP_SIZE)) return false;
  keepWhole(load<u32>(shape, SHAPE_LEDGER_COLUMN) as usize, ledger as i64);
  const target = load<u32>(shape, SHAPE_TARGET) as usize;
  store<u32>(target, load<u32>(target, TARGET_ROWS) + 1, TARGET_ROWS);
  return true;
}

/** Writes a line's values; false, with nothing stored, if one of them is not simple enough. */
function emit(shape: usize, ledger: u32): bool {
  const count = load<u32>(shape, SHAPE_OPS) as usize;
  const first = shape + SHAPE_FIRST_OP;
  for (let index: usize = 0; index < count; index++) if (!write(first + index * OP_SIZE)) return false;
  for (let index: usize = 0; index < count; index++) {
    const column = load<u32>(first + index * OP_SIZE, OP_COLUMN) as usize;
    store<u32>(column, load<u32>(column, COLUMN_PENDING), COLUMN_USED);
    store<u32>(column, load<u32>(column, COLUMN_PLAIN_PENDING), COLUMN_PLAIN);
  }
  const ledgerColumn = load<u32>(shape, SHAPE_LEDGER_COLUMN) as usize;
  if (load<u32>(shape, SHAPE_LEDGER_WIDTH) == 8) put64(ledgerColumn, ledger as i64);
  else put32(ledgerColumn, ledger as i64);
  keepWhole(ledgerColumn, ledger as i64);
  const timeColumn = load<u32>(shape, SHAPE_TIME_COLUMN) as usize;
  put64(timeColumn, placeMicros);
  keepWhole(timeColumn, placeMicros);
  store<u32>(ledgerColumn, load<u32>(ledgerColumn, COLUMN_PENDING), COLUMN_USED);
  store<u32>(timeColumn, load<u32>(timeColumn, COLUMN_PENDING), COLUMN_USED);
  // Update the bounds only for stored rows.
  for (let index: usize = 0; index < count; index++) {
    const op = first + index * OP_SIZE;
    const code = load<u32>(op, OP_CODE) as i32;
    if (code == INT32 || code == INT64 || code == TIMESTAMP) {
      const column = load<u32>(op, OP_COLUMN) as usize;
      const end = (load<u32>(column, COLUMN_BASE) + load<u32>(column, COLUMN_USED)) as usize;
      if (code != INT32) keepWhole(column, load<i64>(end - 8));
      else keepWhole(column, load<i64>(op, OP_LOW) < 0 ? (load<i32>(end - 4) as i64) : (load<u32>(end - 4) as i64));
    }
  }
  const target = load<u32>(shape, SHAPE_TARGET) as usize;
  const row = load<u32>(target, TARGET_ROWS);
  store<u16>((load<u32>(target, TARGET_SHAPES) as usize) + ((row as usize) << 1), load<u32>(shape, SHAPE_NUMBER) as u16);
  store<u32>(target, row + 1, TARGET_ROWS);
  return true;
}

function write(op: usize): bool {
  const value = load<u32>(op, OP_VALUE);
  const column = load<u32>(op, OP_COLUMN) as usize;
  if ((load<u32>(op, OP_CODE) as i32) == CONSTANT) {
    const text = load<i64>(op, OP_LOW) as usize;
    return putBytes(column, text, text + (load<i64>(op, OP_HIGH) as usize));
  }
  const start = valueStart(value);
  const end = valueEnd(value);
  switch (load<u32>(op, OP_CODE) as i32) {
    case TEXT:
      return putBytes(column, start + 1, end - 1);
    case RAW:
      return putBytes(column, start, end);
    case INT32:
    case INT64:
      if (!readWhole(start, end) || whole < load<i64>(op, OP_LOW) || whole > load<i64>(op, OP_HIGH)) return false;
      if ((load<u32>(op, OP_CODE) as i32) == INT32) put32(column, whole);
      else put64(column, whole);
      return true;
    case WATCH:
      if (!readWhole(start, end)) return false;
      keepWhole(column, whole);
      return true;
    case WATCH_TIME:
      return readTime(start + 1, end - 1);
    case BOOL:
      putByte(column, load<u8>(start) == 116 ? 1 : 0);
      return true;
    case TIMESTAMP:
      if (!readTime(start + 1, end - 1)) return false;
      put64(column, micros);
      return true;
    default:
      return false;
  }
}

// @ts-ignore: decorator
@inline
function room(column: usize): usize {
  return (load<u32>(column, COLUMN_BASE) + load<u32>(column, COLUMN_USED)) as usize;
}

// @ts-ignore: decorator
@inline
function pend(column: usize, size: u32): void {
  store<u32>(column, load<u32>(column, COLUMN_USED) + size, COLUMN_PENDING);
}

function putBytes(column: usize, start: usize, end: usize): bool {
  const size = end - start;
  const to = room(column);
  const dictionary = load<u32>(column, COLUMN_DICTIONARY) as usize;
  if (dictionary != 0) {
    const code = codeOf(dictionary, start, size as u32);
    if (code == NO_CODE) {
      crowded = column;
      return false;
    }
    store<u8>(to, code as u8);
    pend(column, 1);
    store<u32>(column, load<u32>(column, COLUMN_PLAIN) + (size as u32) + 4, COLUMN_PLAIN_PENDING);
    return true;
  }
  store<u32>(to, size as u32);
  // Copies whole vectors: columns have padding after the value.
  for (let done: usize = 0; done < size; done += 16) v128.store(to + 4 + done, v128.load(start + done));
  pend(column, (size as u32) + 4);
  return true;
}

function put32(column: usize, value: i64): void {
  store<u32>(room(column), value as u32);
  pend(column, 4);
}

function put64(column: usize, value: i64): void {
  store<i64>(room(column), value);
  pend(column, 8);
}

function putByte(column: usize, value: u8): void {
  store<u8>(room(column), value);
  pend(column, 1);
}

function keepWhole(column: usize, value: i64): void {
  if (load<u32>(column, COLUMN_BOUNDED) == 0) {
    store<u32>(column, 1, COLUMN_BOUNDED);
    store<i64>(column, value, COLUMN_MIN);
    store<i64>(column, value, COLUMN_MAX);
    return;
  }
  if (value < load<i64>(column, COLUMN_MIN)) store<i64>(column, value, COLUMN_MIN);
  if (value > load<i64>(column, COLUMN_MAX)) store<i64>(column, value, COLUMN_MAX);
}
