// Where things lie in the kernel's memory. `npm run kernel` makes libs/source/src/ndjson/kernel/layout.ts from this file.

/** The control block: what a run is told, then what it answers. */
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
/** Not 0: rows of all targets and places are taken, and only counted. */
export const COUNTING: usize = CONTROL + 56;
/** The column whose dictionary is full, when a run ended so. */
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

/** What is done with the lines of a shape. */
export const KIND_SKIP: i32 = 1;
export const KIND_KEEP: i32 = 2;

/** Operations: what, which value, column, bounds. */
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
/** Text that is the same in every line of the shape: address and size instead of bounds. */
export const CONSTANT: i32 = 7;
/** A whole number of which only the bounds are kept, and at once. */
export const WATCH: i32 = 8;
/** A time that has to be one that the kernel reads; nothing of it is kept. */
export const WATCH_TIME: i32 = 9;

/** Targets: the place that was approved, rows since the columns were emptied, and where their shapes are noted. */
export const TARGET_APPROVED: usize = 0;
export const TARGET_LEDGER: usize = 4;
export const TARGET_TIME: usize = 8;
export const TARGET_ROWS: usize = 16;
export const TARGET_LIMIT: usize = 20;
export const TARGET_SHAPES: usize = 24;

/**
 * Columns: memory, bytes in it, bytes with the row under way, whether there are bounds, bounds; then the dictionary, 0 for
 * none: its values lie in the column as codes of eight bits, and how many bytes they stand for is counted, in all and with
 * the row under way.
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
 * Dictionaries: a hash table of codes from 1 on (16 bits; 0: free), the places of the values, and the values as a Parquet
 * page has them, a length of 32 bits before each; how many values and bytes there may be and are.
 */
export const DICTIONARY_TABLE: usize = 0;
export const DICTIONARY_MASK: usize = 4;
export const DICTIONARY_PLACES: usize = 8;
export const DICTIONARY_BYTES: usize = 12;
export const DICTIONARY_ROOM: usize = 16;
export const DICTIONARY_LIMIT: usize = 20;
export const DICTIONARY_USED: usize = 24;
export const DICTIONARY_COUNT: usize = 28;
