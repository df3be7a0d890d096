// Layout of the kernel's memory. `npm run kernel` generates libs/source/src/ndjson/kernel/layout.ts from this file.

/** The control block: inputs of a run, then its results. */
export const CONTROL: usize = 1024;
export const ROOTS: usize = CONTROL;
export const MARKS: usize = CONTROL + 4;
export const KEYS: usize = CONTROL + 8;
export const FIRST_LEDGER: usize = CONTROL + 12;
export const LAST_LEDGER: usize = CONTROL + 16;
export const ROOM: usize = CONTROL + 20;
export const NEXT: usize = CONTROL + 24;
export const LINES: usize = CONTROL + 28;
export const ROWS: usize = CONTROL + 32;
export const TARGET: usize = CONTROL + 36;
export const LEDGER: usize = CONTROL + 40;
export const TIME: usize = CONTROL + 48;
/** Not 0: rows of all targets, ledgers and close times are counted but not stored. */
export const COUNTING: usize = CONTROL + 56;
/** The column whose dictionary is full, if that ended the run. */
export const CROWDED_COLUMN: usize = CONTROL + 60;

/** How a run ended. */
export const END: i32 = 0;
export const UNKNOWN: i32 = 1;
export const FULL: i32 = 2;
export const PLACE: i32 = 3;
export const BREAK: i32 = 4;
export const CROWDED: i32 = 5;

/** Steps: literal, its size, flags, depth, shape, then the siblings after a value of each class. */
export const STEP_LITERAL: usize = 0;
export const STEP_SIZE: usize = 4;
export const STEP_ANY: usize = 8;
export const STEP_DEPTH: usize = 12;
export const STEP_SHAPE: usize = 16;
export const STEP_NEXT: usize = 20;

/** Classes of values, as in the shape table. */
export const PLAIN_STRING: i32 = 0;
export const INTEGER: i32 = 2;
export const OTHER_NUMBER: i32 = 3;
export const BOOLEAN: i32 = 4;
export const ANY: i32 = 5;

/** Shapes. */
export const SHAPE_KIND: usize = 0;
export const SHAPE_TARGET: usize = 4;
export const SHAPE_NUMBER: usize = 8;
export const SHAPE_LEDGER: usize = 12;
export const SHAPE_LEDGER_TWIN: usize = 16;
export const SHAPE_TIME: usize = 20;
export const SHAPE_TIME_TWIN: usize = 24;
export const SHAPE_LEDGER_COLUMN: usize = 28;
export const SHAPE_TIME_COLUMN: usize = 32;
export const SHAPE_LEDGER_WIDTH: usize = 36;
export const SHAPE_OPS: usize = 40;
export const SHAPE_FIRST_OP: usize = 48;

/** How lines of a shape are processed. */
export const KIND_SKIP: i32 = 1;
export const KIND_KEEP: i32 = 2;

/** Operations: kind, value, column, bounds. */
export const OP_CODE: usize = 0;
export const OP_VALUE: usize = 4;
export const OP_COLUMN: usize = 8;
export const OP_LOW: usize = 16;
export const OP_HIGH: usize = 24;
export const OP_SIZE: usize = 32;

export const TEXT: i32 = 1;
export const RAW: i32 = 2;
export const INT32: i32 = 3;
export const INT64: i32 = 4;
export const BOOL: i32 = 5;
export const TIMESTAMP: i32 = 6;
/** Text that is equal in every line of the shape: address and size instead of bounds. */
export const CONSTANT: i32 = 7;
/** An integer of which only the bounds are updated, at once. */
export const WATCH: i32 = 8;
/** A time that the kernel must be able to read; it is not stored. */
export const WATCH_TIME: i32 = 9;

/** Targets: the approved ledger and close time, rows since the columns were flushed, and the notes of their shapes. */
export const TARGET_APPROVED: usize = 0;
export const TARGET_LEDGER: usize = 4;
export const TARGET_TIME: usize = 8;
export const TARGET_ROWS: usize = 16;
export const TARGET_LIMIT: usize = 20;
export const TARGET_SHAPES: usize = 24;

/**
 * Columns: memory, its used bytes, used bytes with the current row, whether there are bounds, bounds; the dictionary (0:
 * none), with which values are stored as 8-bit codes; the bytes of the values behind the codes, in total and with
 * the current row.
 */
export const COLUMN_BASE: usize = 0;
export const COLUMN_USED: usize = 4;
export const COLUMN_PENDING: usize = 8;
export const COLUMN_BOUNDED: usize = 12;
export const COLUMN_MIN: usize = 16;
export const COLUMN_MAX: usize = 24;
export const COLUMN_DICTIONARY: usize = 32;
export const COLUMN_PLAIN: usize = 36;
export const COLUMN_PLAIN_PENDING: usize = 40;

/**
 * Dictionaries: a hash table of codes from 1 (16 bits; 0: free), the offsets of the values, and the values in the form of
 * a Parquet page, each after its 32-bit length; maximum and actual numbers of values and bytes.
 */
export const DICTIONARY_TABLE: usize = 0;
export const DICTIONARY_MASK: usize = 4;
export const DICTIONARY_PLACES: usize = 8;
export const DICTIONARY_BYTES: usize = 12;
export const DICTIONARY_ROOM: usize = 16;
export const DICTIONARY_LIMIT: usize = 20;
export const DICTIONARY_USED: usize = 24;
export const DICTIONARY_COUNT: usize = 28;
