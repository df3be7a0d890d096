import fc from 'fast-check';

/** A message's values as JSON texts, by key. */
export type TextRow = Readonly<Record<string, string>>;

/** Values that readers and writers get wrong, as JSON texts by key. */
const NASTY: Readonly<Record<string, readonly string[]>> = {
  int64: [
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '-9223372036854775808',
    '9223372036854775807',
    'null',
  ],
  uint64: ['9223372036854775808', '18446744073709551615', '0'],
  wide: [
    '-18446744073709551616',
    '17014118346046923173168730371588410572',
    '99999999999999999999999999999999999999',
  ],
  // One digit, or half of all digits, more than a decimal holds.
  wider: [
    '170141183460469231731687303715884105727',
    '-170141183460469231731687303715884105728',
    '115792089237316195423570985008687907853269984665640564039457584007913129639935',
  ],
  decimal: ['922337203685.4775807', '-0.0000001', '123456789012345678901234567890'],
  double: ['-0', '-0.0', '0.1', '5e-324', '1.7976931348623157e308', '1e22', '1152921504606846976.0', '1E+2'],
  'whole double': ['0.5', '1e23', '1152921504606847000.0', '-0'],
  zeros: ['-0', '9007199254740993'],
  huge: ['1e400', '-1e400', '1'],
  text: [
    '"\\u0000x\\u0000"',
    '"\\ud83d\\ude00"',
    '"é😀\\n\\t\\"\\\\\\/"',
    '""',
    '"\\u007f"',
    '"NULL"',
    '"null"',
  ],
  time: [
    '"0001-01-01T00:00:00Z"',
    '"9999-12-31T23:59:59.999999Z"',
    '"2025-07-13T09:36:17.000001+05:30"',
    '"1969-12-31T23:59:59.9Z"',
    '"2025-01-01T00:00:00\\u002B00:00"',
    '"\\u0032025-01-01T00:00:00Z"',
  ],
  mixed: [
    '"5"',
    '5',
    '5.00',
    'true',
    '{"a": [1,  2]}',
    '[1e400,"\\ud800"]',
    '"a\\"b"',
    '{"k":1.10}',
    '"\\t"',
  ],
  nested: ['{"a":18446744073709551615,"b":[{"c":"x"},null,{}]}', '{"b":[]}', '{}', 'null', '{"a":null}'],
  'Nested List': ['[[0.1,-0],[],null]', '[]', '[[1152921504606846976.0,1e20,1e22,1e300,-0.0]]'],
  times: ['["2025-01-01T00:00:00\\u002B00:00"]'],
  bool: ['true', 'false'],
  empty: ['[]', '[null]', 'null'],
  year: ['2025'],
  Text: ['"case"'],
};

/** Rows of unusual values; not every row has each key. */
export function unusualRows(): TextRow[] {
  return Array.from({ length: 9 }, (_, row) =>
    Object.fromEntries(
      Object.entries(NASTY).flatMap(([key, values]): [string, string][] =>
        values[row] === undefined ? [] : [[key, values[row]]],
      ),
    ),
  );
}

/** Messages of type `t` with these values, each in another ledger. */
export function messageLines(rows: readonly TextRow[]): string[] {
  return rows.map((row, index) => {
    const fields = Object.entries(row).map(([key, value]) => `,${JSON.stringify(key)}:${value}`);
    return `{"type":"t","n":${index},"ledger_sequence":${index + 1},"closed_at":1752399377${fields.join('')}}`;
  });
}

const integer = fc
  .oneof(fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }), fc.bigInt({ min: -5n, max: 5n }), fc.bigInt())
  .map(String);
const number = fc.oneof(
  integer,
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc
    .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(999_999))
    .map(([whole, part]) => `${whole}.${part}`),
  fc.constantFrom('-0', '-0.0', '1e400', '0e0', '10E-1'),
  // The own value of a double, whatever its shortest form is.
  fc.double({ min: 1, max: 1e40, noNaN: true }).map((size) => `${BigInt(Math.floor(size))}.0`),
);
const text = fc.string({ unit: 'binary', maxLength: 12 }).map((value) => JSON.stringify(value));
const time = fc.constantFrom(
  '"2025-07-13T09:36:17Z"',
  '"2025-07-13T09:36:17.123456-08:00"',
  '"0001-01-01T00:00:00Z"',
  '"2025-07-13T09:36:17\\u002b00:00"',
);
const value = fc.letrec<{ any: string; list: string; object: string }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    number,
    text,
    time,
    fc.constantFrom('null', 'true', 'false'),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('any'), { maxLength: 3 }).map((items) => `[${items.join(' ,')}]`),
  object: fc
    .dictionary(fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.string({ maxLength: 2 })), tie('any'), {
      maxKeys: 3,
    })
    .map(
      (object) =>
        `{${Object.entries(object)
          .map(([key, item]) => `${JSON.stringify(key)} :${item}`)
          .join()}}`,
    ),
}));
// A column keeps to one kind, or mixes all: else nearly every column would be JSON text.
const column = fc.constantFrom(
  integer,
  number,
  text,
  time,
  fc.array(integer, { maxLength: 3 }).map((items) => `[${items.join()}]`),
  fc.array(number, { maxLength: 3 }).map((items) => `[${items.join()}]`),
  value.object,
  value.any,
);

/** Small tables of anything; half surrogates, which are rejects elsewhere, left out. */
export const tables: fc.Arbitrary<TextRow[]> = fc
  .array(fc.tuple(fc.string({ minLength: 0, maxLength: 4 }), column), { minLength: 1, maxLength: 6 })
  .chain((columns) =>
    fc.array(
      fc.record(Object.fromEntries(columns.map(([key, kind]) => [`k${key}`, kind])), {
        requiredKeys: [],
        noNullPrototype: true,
      }),
      { minLength: 1, maxLength: 8 },
    ),
  )
  .map((rows) => rows as TextRow[])
  .filter((rows) => !rows.some((row) => Object.values(row).some((item) => /\\ud[89a-f]/i.test(item))));
