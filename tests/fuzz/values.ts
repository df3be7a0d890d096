import type { Random } from './random';

/** Makes the JSON text of one value. */
export type Value = (random: Random) => string;

const INTEGERS = [
  ...['0', '-0', '1', '-1', '9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993'],
  ...['9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809'],
  ...['18446744073709551615', '18446744073709551616', '4294967295', '4294967296', '-2147483649'],
  ...['170141183460469231731687303715884105727', '-170141183460469231731687303715884105728'],
  '99999999999999999999999999999999999999',
  '115792089237316195423570985008687907853269984665640564039457584007913129639935',
];
const NUMBERS = [
  ...[
    '-0.0',
    '0.1',
    '1.10',
    '1e2',
    '1E+2',
    '1.0',
    '1e400',
    '-1e400',
    '5e-324',
    '4.9e-325',
    '1e-400',
    '0e999999999999',
  ],
  ...[
    '1.7976931348623157e308',
    '0.30000000000000004',
    '922337203685.4775807',
    '-0.0000001',
    '1e23',
    '1e300',
    '1152921504606846976',
    '1152921504606847000.0',
    '1.152921504606847e18',
    '1152921504606846976.00',
    '123456.789',
  ],
  ...[
    '3.14159265358979323846264338327950288419716939937510',
    '10E-1',
    '2.5',
    '1e22',
    '100000000000000000000000.5',
  ],
];
const TIMES = [
  ...[
    '2025-07-13T09:36:17Z',
    '2025-07-13T09:36:17.123456-08:00',
    '0001-01-01T00:00:00Z',
    '2025-07-13t09:36:17z',
  ],
  ...[
    '9999-12-31T23:59:59.999999Z',
    '1969-12-31T23:59:59.9Z',
    '2024-02-29T23:59:59+14:00',
    '2025-07-13T09:36:17.10Z',
  ],
];
const NOT_TIMES = [
  ...[
    '2025-07-13T09:36:17.123456789Z',
    '2025-02-29T00:00:00Z',
    '2025-07-13T09:36:17',
    '2016-12-31T23:59:60Z',
  ],
  ...['0001-01-01T00:00:00+01:00', '2025-07-13 09:36:17Z', '2025-07-13T24:00:00Z', '2025-07-13'],
];
const TEXTS = [
  ...[
    '""',
    '"a"',
    '"NULL"',
    '"null"',
    '"true"',
    '"5"',
    '"1e5"',
    '"NaN"',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\u00e9"',
  ],
  ...[
    '"é"',
    '"😀"',
    '"\\ud83d\\ude00"',
    '"\\n\\t\\r\\b\\f\\/\\\\\\""',
    '"\\u2028"',
    '"﻿"',
    '"\u007f"',
    '"ﬀ ſ İ"',
    '"{}"',
    '"[1]"',
  ],
];
const LONE = ['"\\ud800"', '"x\\udc00y"', '"\\ud83dx"', '"\\ude00\\ud83d"'];

/** Now and then a JSON string without escapes with one of its characters escaped: the same text in another spelling. */
export function respelled(random: Random, text: string): string {
  if (!random.chance(6) || text.length < 3) return text;
  const at = 1 + random.below(text.length - 2);
  const unit = text.charCodeAt(at).toString(16).padStart(4, '0');
  return `${text.slice(0, at)}\\u${random.chance(2) ? unit : unit.toUpperCase()}${text.slice(at + 1)}`;
}

const integer: Value = (random) =>
  random.chance(2)
    ? random.pick(INTEGERS)
    : (random.chance(2) ? '-' : '') + random.digits(1 + random.below(40));
const small: Value = (random) => String(random.below(2_000_000) - 1_000_000);
const long: Value = (random) =>
  random.pick([
    '9007199254740993',
    '-9223372036854775808',
    '9223372036854775807',
    '-9007199254740993',
    '0',
    '7',
  ]);
const unsigned: Value = (random) =>
  random.pick(['18446744073709551615', '9223372036854775808', '0', random.digits(1 + random.below(19))]);
const decimal: Value = (random) =>
  `${random.chance(2) ? '-' : ''}${random.digits(1 + random.below(20))}.${random.digits(1 + random.below(9))}`;
const double: Value = (random) => {
  if (random.chance(2)) return random.pick(NUMBERS.filter((text) => !/e-?400|e-325|\d{18}/.test(text)));
  return String((random.word() / 2 ** 32) * 10 ** (random.below(40) - 20));
};
const number: Value = (random) =>
  random.chance(2) ? random.pick(NUMBERS) : random.chance(2) ? integer(random) : decimal(random);
const boolean: Value = (random) => random.pick(['true', 'false']);
const time: Value = (random) => respelled(random, JSON.stringify(random.pick(TIMES)));
const anyTime: Value = (random) =>
  respelled(random, JSON.stringify(random.pick(random.chance(8) ? NOT_TIMES : TIMES)));
const text: Value = (random) => {
  if (random.chance(2)) return random.pick(TEXTS);
  let value = '';
  for (let size = random.below(30); size > 0; size -= 1)
    value += String.fromCodePoint(random.chance(8) ? 0x80 + random.below(0x5000) : 32 + random.below(95));
  return JSON.stringify(value);
};
const u256: Value = (random) => `"${random.pick(INTEGERS)}"`;
export const lone: Value = (random) => random.pick(LONE);

/** Values that a column of some type just can't hold, where its type is settled. */
export const nearMiss: Value = (random) =>
  random.pick([
    ...[
      '9223372036854775808',
      '-9223372036854775809',
      '18446744073709551616',
      '-1',
      '1.5',
      '1e400',
      '1e-400',
    ],
    ...[
      '9007199254740993',
      '100000000000000000000000000000000000000',
      '0.123456789012345678901234567890123456789',
    ],
    ...['"2025-07-13T09:36:17.1234567Z"', '"2025-02-29T00:00:00Z"', '"0000-01-01T00:00:00Z"', '"1e3"', '"x"'],
    ...['true', '[]', '{}', '[[]]', '[{"k":1}]', '{"a":"x"}', '{"new":1}'],
  ]);

const SPACE = ['', '', '', ' ', '  ', '\t'];
const KEYS = [
  'a',
  'b',
  'c',
  'B',
  'é',
  '',
  'x y',
  'a.b',
  'Ａ',
  '__duckdb_field_id',
  'year',
  'rowid',
  'a_b',
  'key',
];

function list(item: Value, most = 4): Value {
  return (random) => {
    const items = Array.from({ length: random.below(most + 1) }, () =>
      random.chance(9) ? 'null' : item(random),
    );
    return `[${items.join(`${random.pick(SPACE)},${random.pick(SPACE)}`)}]`;
  };
}

function object(members: readonly (readonly [key: string, value: Value])[]): Value {
  return (random) =>
    `{${members
      .filter(() => !random.chance(4))
      .map(
        ([key, value]) =>
          `${JSON.stringify(key)}${random.pick(SPACE)}:${random.chance(9) ? 'null' : value(random)}`,
      )
      .join()}}`;
}

/** A map whose keys grow without end. */
const openMap: Value = (random) => {
  const keys = new Set(Array.from({ length: random.below(6) }, () => `k${random.word()}`));
  return `{${[...keys].map((key) => `"${key}":${small(random)}`).join()}}`;
};

/** Anything at all, at most `depth` deep. */
export function anything(depth: number): Value {
  const scalars = [integer, number, text, anyTime, boolean, () => 'null', u256];
  if (depth === 0) return (random) => random.pick(scalars)(random);
  const inner = anything(depth - 1);
  return (random) => {
    if (random.chance(2)) return random.pick(scalars)(random);
    if (random.chance(2)) return list(inner)(random);
    return object([...new Set([random.pick(KEYS), random.pick(KEYS)])].map((key) => [key, inner]))(random);
  };
}

/** Nulls, and a value now and then or never. */
const seldom = (value: Value, oneIn: number): Value => {
  return (random) => (random.chance(oneIn) ? value(random) : 'null');
};

/** Kinds of columns: most keep to one kind of value, as messages do. */
export function column(random: Random): Value {
  const kinds: readonly Value[] = [
    ...[small, long, unsigned, integer, decimal, double, number, boolean, time, anyTime, text, u256],
    ...[() => 'null', seldom(text, 12), seldom(time, 12), seldom(anything(1), 30)],
    ...[list(small), list(text), list(time), list(list(double)), openMap, anything(2)],
    object([
      ['a', small],
      ['b', text],
      ['c', list(decimal)],
      [
        'd',
        object([
          ['x', time],
          ['y', boolean],
        ]),
      ],
    ]),
    object([
      ['a', small],
      ['B', unsigned],
      ['a b', text],
    ]),
    object([
      ['a', small],
      ['A', small],
    ]),
    object([
      ['a', () => 'null'],
      ['b', seldom(boolean, 20)],
      ['c', seldom(object([['x', seldom(text, 3)]]), 4)],
    ]),
    list(
      object([
        ['k', text],
        ['v', integer],
      ]),
    ),
  ];
  return random.pick(kinds);
}
