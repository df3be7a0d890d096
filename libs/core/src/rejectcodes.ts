/** Why a message can't be stored, by its stable code. `docs/errors.md` is generated from this table. */
export const REJECT_CODES = {
  // the line
  NOT_JSON: 'The line is not JSON (RFC 8259).',
  NOT_UTF8: 'The line is not UTF-8.',
  NOT_OBJECT: 'The line is JSON, but not an object.',
  TOO_DEEP: 'Values are nested too deeply.',
  TOO_MANY_VALUES: 'The message has too many values.',
  LINE_TOO_LONG: 'The line is longer than a message may be; only its beginning is kept.',
  // the ledger of a lake or node
  UNKNOWN_XDR: 'The ledger has an XDR value that this version does not know; --unknown keep kept its XDR.',
  // the type
  NO_MESSAGE_TYPE: 'The message names no type and no default type is set.',
  BAD_MESSAGE_TYPE: 'The message type can’t name a dataset, or differs from another type in case only.',
  // the ledger
  NO_LEDGER: 'The message has no ledger.',
  BAD_LEDGER: 'The ledger is not a whole number from 1 to 4294967295.',
  LEDGER_CONFLICT: 'The ledger column and the message name different ledgers.',
  // the close time
  NO_CLOSE_TIME: 'The message has no close time.',
  BAD_CLOSE_TIME: 'The close time is not a time.',
  TIME_PRECISION: 'The time has more than six digits after the second.',
  TIME_OUT_OF_RANGE: 'The time is outside years 1 to 9999.',
  CLOSE_TIME_CONFLICT:
    'By its close time, the row belongs to a different folder from the first row of its ledger.',
  LATE_MESSAGE: 'A tail already committed the message’s ledger.',
  // keys and text
  DUPLICATE_KEY: 'A key occurs twice in one object.',
  KEY_TOO_LONG: 'A key is too long for a column name.',
  TOO_MANY_KEYS: 'The message has more top-level keys than a dataset can have columns.',
  LONE_SURROGATE: 'A text contains half of a surrogate pair, which is not valid Unicode.',
  // values
  UNKNOWN_COLUMN: 'The registered schema has no column for a key, and the contract does not let it grow.',
  TYPE_MISMATCH: 'The column takes another type.',
  NULL_VALUE: 'The column takes no nulls.',
  INT_OUT_OF_RANGE: 'The integer is outside the column’s range.',
  NOT_INTEGER: 'The column takes integers; the number has a fraction.',
  NOT_EXACT: 'The column can’t hold the number exactly.',
  NOT_DECIMAL: 'The column takes decimals; the value is not one.',
  DECIMAL_OUT_OF_RANGE: 'The number has more digits than the decimal column.',
  BAD_TIME: 'The text is not a time with an offset (RFC 3339).',
} as const satisfies Record<string, string>;

/** The stable reason of a reject. */
export type RejectCode = keyof typeof REJECT_CODES;
