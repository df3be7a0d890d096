// Where things lie in the kernel's memory. Made from libs/source/kernel/layout.ts by `npm run kernel`.

/** The control block: what a run is told, then what it answers. */
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
/** Not 0: rows of all targets and places are taken, and only counted. */
export const COUNTING = CONTROL + 56;
/** The column whose dictionary is full, when a run ended so. */
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

/** What is done with the lines of a shape. */
export const KIND_SKIP = 1;
export const KIND_KEEP = 2;

/** Operations: what, which value, column, bounds. */
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
/** Text that is the same in every line of the shape: address and size instead of bounds. */
export const CONSTANT = 7;
/** A whole number of which only the bounds are kept, and at once. */
export const WATCH = 8;
/** A time that has to be one that the kernel reads; nothing of it is kept. */
export const WATCH_TIME = 9;

/** Targets: the place that was approved, rows since the columns were emptied, and where their shapes are noted. */
export const TARGET_APPROVED = 0;
export const TARGET_LEDGER = 4;
export const TARGET_TIME = 8;
export const TARGET_ROWS = 16;
export const TARGET_LIMIT = 20;
export const TARGET_SHAPES = 24;

/**
 * Columns: memory, bytes in it, bytes with the row under way, whether there are bounds, bounds; then the dictionary, 0 for
 * none: its values lie in the column as codes of eight bits, and how many bytes they stand for is counted, in all and with
 * the row under way.
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
 * Dictionaries: a hash table of codes from 1 on (16 bits; 0: free), the places of the values, and the values as a Parquet
 * page has them, a length of 32 bits before each; how many values and bytes there may be and are.
 */
export const DICTIONARY_TABLE = 0;
export const DICTIONARY_MASK = 4;
export const DICTIONARY_PLACES = 8;
export const DICTIONARY_BYTES = 12;
export const DICTIONARY_ROOM = 16;
export const DICTIONARY_LIMIT = 20;
export const DICTIONARY_USED = 24;
export const DICTIONARY_COUNT = 28;
