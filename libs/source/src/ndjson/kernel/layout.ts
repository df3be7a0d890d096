// Layout of the kernel's memory. Generated from libs/source/kernel/layout.ts by `npm run kernel`.

/** The control block: inputs of a run, then its results. */
export const CONTROL = 1024;
export const ROOTS = CONTROL;
export const MARKS = CONTROL + 4;
export const KEYS = CONTROL + 8;
export const FIRST_LEDGER = CONTROL + 12;
export const LAST_LEDGER = CONTROL + 16;
export const ROOM = CONTROL + 20;
export const NEXT = CONTROL + 24;
export const LINES = CONTROL + 28;
export const ROWS = CONTROL + 32;
export const TARGET = CONTROL + 36;
export const LEDGER = CONTROL + 40;
export const TIME = CONTROL + 48;
/** Not 0: rows of all targets, ledgers and close times are counted but not stored. */
export const COUNTING = CONTROL + 56;
/** The column whose dictionary is full, if that ended the run. */
export const CROWDED_COLUMN = CONTROL + 60;

/** How a run ended. */
export const END = 0;
export const UNKNOWN = 1;
export const FULL = 2;
export const PLACE = 3;
export const BREAK = 4;
export const CROWDED = 5;

/** Steps: literal, its size, flags, depth, shape, then the siblings after a value of each class. */
export const STEP_LITERAL = 0;
export const STEP_SIZE = 4;
export const STEP_ANY = 8;
export const STEP_DEPTH = 12;
export const STEP_SHAPE = 16;
export const STEP_NEXT = 20;

/** Classes of values, as in the shape table. */
export const PLAIN_STRING = 0;
export const INTEGER = 2;
export const OTHER_NUMBER = 3;
export const BOOLEAN = 4;
export const ANY = 5;

/** Shapes. */
export const SHAPE_KIND = 0;
export const SHAPE_TARGET = 4;
export const SHAPE_NUMBER = 8;
export const SHAPE_LEDGER = 12;
export const SHAPE_LEDGER_TWIN = 16;
export const SHAPE_TIME = 20;
export const SHAPE_TIME_TWIN = 24;
export const SHAPE_LEDGER_COLUMN = 28;
export const SHAPE_TIME_COLUMN = 32;
export const SHAPE_LEDGER_WIDTH = 36;
export const SHAPE_OPS = 40;
export const SHAPE_FIRST_OP = 48;

/** How lines of a shape are processed. */
export const KIND_SKIP = 1;
export const KIND_KEEP = 2;

/** Operations: kind, value, column, bounds. */
export const OP_CODE = 0;
export const OP_VALUE = 4;
export const OP_COLUMN = 8;
export const OP_LOW = 16;
export const OP_HIGH = 24;
export const OP_SIZE = 32;

export const TEXT = 1;
export const RAW = 2;
export const INT32 = 3;
export const INT64 = 4;
export const BOOL = 5;
export const TIMESTAMP = 6;
/** Text that is equal in every line of the shape: address and size instead of bounds. */
export const CONSTANT = 7;
/** An integer of which only the bounds are updated, at once. */
export const WATCH = 8;
/** A time that the kernel must be able to read; it is not stored. */
export const WATCH_TIME = 9;

/** Targets: the approved ledger and close time, rows since the columns were flushed, and the notes of their shapes. */
export const TARGET_APPROVED = 0;
export const TARGET_LEDGER = 4;
export const TARGET_TIME = 8;
export const TARGET_ROWS = 16;
export const TARGET_LIMIT = 20;
export const TARGET_SHAPES = 24;

/**
 * Columns: memory, its used bytes, used bytes with the current row, whether there are bounds, bounds; the dictionary (0:
 * none), with which values are stored as 8-bit codes; the bytes of the values behind the codes, in total and with
 * the current row.
 */
export const COLUMN_BASE = 0;
export const COLUMN_USED = 4;
export const COLUMN_PENDING = 8;
export const COLUMN_BOUNDED = 12;
export const COLUMN_MIN = 16;
export const COLUMN_MAX = 24;
export const COLUMN_DICTIONARY = 32;
export const COLUMN_PLAIN = 36;
export const COLUMN_PLAIN_PENDING = 40;

/**
 * Dictionaries: a hash table of codes from 1 (16 bits; 0: free), the offsets of the values, and the values in the form of
 * a Parquet page, each after its 32-bit length; maximum and actual numbers of values and bytes.
 */
export const DICTIONARY_TABLE = 0;
export const DICTIONARY_MASK = 4;
export const DICTIONARY_PLACES = 8;
export const DICTIONARY_BYTES = 12;
export const DICTIONARY_ROOM = 16;
export const DICTIONARY_LIMIT = 20;
export const DICTIONARY_USED = 24;
export const DICTIONARY_COUNT = 28;
