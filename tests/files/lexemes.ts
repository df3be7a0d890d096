import type { DataType } from '@parquetry/schema';

/** JSON texts that JSON readers read differently, with a name if the text is not clear. */
export const LEXEMES: readonly (readonly [name: string, text: string])[] = [
  ...[
    '1',
    '-1',
    '-0',
    '-0.0',
    '0.1',
    '1.5',
    '1.0',
    '1.10',
    '1e2',
    '1E+2',
    '1e400',
    '5e-324',
    '0e999999999999',
  ],
  ...[
    '9007199254740993',
    '4294967296',
    '9223372036854775808',
    '18446744073709551615',
    '18446744073709551616',
  ],
  ...[
    '170141183460469231731687303715884105728',
    '0.30000000000000004441',
    '123456789012345678901234567890.12',
  ],
  ...['true', 'null', '"5"', '"true"', '""', '"a"', '"1.10"', '"1e3"', '"NaN"'],
  ...['"2025-07-13T09:36:17Z"', '"2025-07-13T11:36:17.5+02:00"', '"2025-07-13T09:36:17.123456789Z"'],
  ...['"2025-07-13T09:36:17"', '"2025-07-13"', '"infinity"', '1752399377'],
  ...[
    '{"a":1}',
    '{"A":1}',
    '{"a":1,"b":2}',
    '{"a":1,"a":2}',
    '{}',
    '[]',
    '[1]',
    '[null]',
    '["1"]',
    '{"x": 1.10}',
  ],
].map((text) => [text, text] as const);

/** Texts whose bytes need a name. */
export const NAMED: readonly (readonly [name: string, text: string])[] = [
  ['NUL', '"a\\u0000b"'],
  ['lone surrogate', '"\\ud800"'],
  ['surrogate pair', '"\\ud83d\\ude00"'],
  ['long decimal in an array', '[1234567890.12345678901234567890]'],
];

/** The column types of the table, by name. */
export const TYPES: Readonly<Record<string, DataType>> = {
  bool: { type: 'bool' },
  int32: { type: 'int32' },
  uint32: { type: 'uint32' },
  int64: { type: 'int64' },
  uint64: { type: 'uint64' },
  float64: { type: 'float64' },
  decimal: { type: 'decimal128', precision: 38, scale: 7 },
  timestamp: { type: 'timestamp', unit: 'us', timezone: 'UTC' },
  utf8: { type: 'utf8' },
  json: { type: 'json' },
  list: { type: 'list', items: { id: 10, name: 'element', type: { type: 'int64' }, nullable: true } },
  struct: { type: 'struct', fields: [{ id: 10, name: 'a', type: { type: 'int64' }, nullable: true }] },
};
