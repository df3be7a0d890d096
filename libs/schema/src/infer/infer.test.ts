import fc from 'fast-check';
import { JsonScanner } from '../json';
import { Evidence, MAX_MEMBERS } from './evidence';
import { resolveType } from './resolve';

const scanner = new JsonScanner();

function evidenceOf(texts: readonly string[]): Evidence {
  const evidence = new Evidence();
  for (const text of texts) {
    if (!scanner.scan(Buffer.from(text), 0, Buffer.byteLength(text))) throw new Error(text);
    evidence.observe(scanner.tape, 0);
  }
  return evidence;
}

function resolve(evidence: Evidence) {
  let id = 0;
  return resolveType(evidence, () => (id += 1));
}

/** A short form of a type. */
function brief(...texts: string[]): string {
  const show = (type: ReturnType<typeof resolve>): string => {
    if (type.type === 'decimal128') return `decimal(${type.precision},${type.scale})`;
    if (type.type === 'list') return `[${show(type.items.type)}]`;
    if (type.type === 'struct')
      return `{${type.fields.map((field) => `${field.name}:${show(field.type)}`).join()}}`;
    return type.type;
  };
  return show(resolve(evidenceOf(texts)));
}

describe('resolveType', () => {
  it.each<[string, string[]]>([
    ['json', ['null']],
    ['json', []],
    ['bool', ['true', 'null', 'false']],
    ['int64', ['1']],
    ['int64', ['-9223372036854775808', '9223372036854775807']],
    ['uint64', ['9223372036854775808', '0']],
    ['uint64', ['18446744073709551615']],
    ['decimal(38,0)', ['9223372036854775808', '-1']],
    ['decimal(38,0)', ['18446744073709551616']],
    ['decimal(38,0)', ['-9223372036854775809']],
    ['decimal(38,0)', [String(10n ** 38n - 1n)]],
    ['json', [String(10n ** 38n)]],
    ['float64', ['1', '0.5']],
    ['float64', ['0.1', '1e22', '-0']],
    ['decimal(38,1)', ['0.1', '1e23', '-0']],
    ['float64', ['0.5', '1152921504606846976.0', '1e300']],
    ['decimal(38,1)', ['0.5', '1.152921504606847e18']],
    ['int64', ['-0']],
    ['int64', ['1', '-0', '9007199254740993']],
    ['uint64', ['18446744073709551615', '-0']],
    ['float64', ['1', '-0.0']],
    ['float64', ['9007199254740992', '0.5']],
    ['decimal(38,1)', ['9007199254740993', '0.5']],
    ['decimal(38,7)', ['922337203685.4775807']],
    ['decimal(38,0)', ['9007199254740993', '-0.0']],
    ['json', ['1e400']],
    ['json', ['1e30', '0.123456789012345678']],
    ['timestamp', ['"2025-07-13T09:36:17Z"', '"2025-07-13T09:36:17.5+02:00"', 'null']],
    ['timestamp', ['"2025-07-13T09:36:17\\u002B00:00"', '"\\u0032025-07-13T09:36:17Z"']],
    ['utf8', ['"2025-07-13T09:36:17Z"', '""']],
    ['utf8', ['"2025-07-13T09:36:17.1234567Z"']],
    ['utf8', ['"2025-07-13T09:36:17"']],
    ['json', ['"1"', '1']],
    ['json', ['true', '1']],
    ['json', ['{}']],
    ['json', ['[]', '[null]']],
    ['json', ['[1]', '{"a":1}']],
    ['[int64]', ['[]', '[1,null]']],
    ['[json]', ['[1,"a"]']],
    ['[[{a:int64}]]', ['[[{"a":1}]]']],
    ['{a:int64,b:utf8}', ['{"b":"x"}', '{"a":1}', '{}']],
    ['{_Z:int64}', ['{"a":null,"_Z":1}']],
    ['{a:utf8}', ['{"a":null}', '{"a":"hello"}', '{}']],
    ['{a:int64}', ['{"a":1,"A":null,"a b":null,"\\ud800":null}']],
    ['{a:{b:bool}}', ['{"a":{"b":true,"c":null}}', '{"a":null}', '{"a":{"c":null}}']],
    ['json', ['{"a":null}']],
    ['json', ['{"a":null,"b":{"c":null}}', '[]']],
    ['{b:json}', ['{"a":null,"b":{"c":null}}']],
    ['[json]', ['[{"a":null}]', '[{}]']],
    ['[{a:int64}]', ['[{"a":null}]', '[null,{"a":1}]']],
    ['json', ['{"a":1}', '{"A":1}']],
    ['json', ['{"":1}']],
    ['json', ['{"a.b":1}']],
    ['json', ['{"a b":1}']],
    ['json', ['{"__proto__":1,"a":2}']],
    ['json', ['{"__PROTO__":1}']],
    ['json', ['{"\\ud800":1}']],
    ['json', [`{${Array.from({ length: MAX_MEMBERS + 1 }, (_, index) => `"k${index}":1`).join()}}`]],
  ])('%s of %j', (type, texts) => {
    expect(brief(...texts)).toBe(type);
    expect(brief(...texts.toReversed())).toBe(type);
  });

  it('keeps values beyond 16 levels as JSON text', () => {
    expect(brief(`${'['.repeat(30)}1${']'.repeat(30)}`)).toBe(`${'['.repeat(16)}json${']'.repeat(16)}`);
  });
});

const numbers = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.constantFrom(
    '0',
    '-0',
    '1.5',
    '1e400',
    '9007199254740993',
    '18446744073709551615',
    '1e-7',
    '0.1234567890123456789',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);
const texts = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    numbers,
    fc.constantFrom(
      'null',
      'true',
      'false',
      '""',
      '"x"',
      '"2025-07-13T09:36:17Z"',
      '"2025-07-13T09:36:17.1234567Z"',
    ),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'C', 'd.e', '', 'f'), tie('value'), { maxKeys: 4 }).map(
      (object) =>
        `{${Object.entries(object)
          .map(([key, value]) => `${JSON.stringify(key)}:${value}`)
          .join()}}`,
    ),
  ),
})).value;
const manyKeys = fc
  .uniqueArray(fc.nat(300), { minLength: 100, maxLength: 150 })
  .map((keys) => `{${keys.map((key) => `"k${key}":${key % 2 === 0 ? key : '"x"'}`).join()}}`);
const batches = fc.array(fc.oneof({ arbitrary: texts, weight: 6 }, { arbitrary: manyKeys, weight: 1 }), {
  maxLength: 12,
});

describe('Evidence joins values without regard to their order', () => {
  it('does not depend on order or on batch splits', () => {
    fc.assert(
      fc.property(batches, fc.infiniteStream(fc.nat(1_000)), fc.nat(12), (values, random, cut) => {
        const expected = resolve(evidenceOf(values));
        const shuffled = values
          .map((value) => [random.next().value as number, value] as const)
          .sort(([a], [b]) => a - b)
          .map(([, value]) => value);
        expect(resolve(evidenceOf(shuffled))).toEqual(expected);
        // Batches in another order, as files and blocks of a source may come.
        expect(resolve(evidenceOf([...values.slice(cut), ...values.slice(0, cut)]))).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('treats null as neutral: it changes no result', () => {
    const nulls = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'C', 'd.e', '', 'z'), fc.constant(null), {
      maxKeys: 4,
    });
    fc.assert(
      fc.property(batches, fc.array(fc.tuple(fc.nat(12), nulls), { maxLength: 4 }), (values, extra) => {
        const objects = values.filter((value) => value.startsWith('{'));
        fc.pre(objects.length > 0);
        const more = [...objects];
        for (const [at, members] of extra) more.splice(at, 0, 'null', JSON.stringify(members));
        expect(resolve(evidenceOf(more))).toEqual(resolve(evidenceOf(objects)));
      }),
      { numRuns: 500 },
    );
  });

  it('is idempotent: repeated values change nothing', () => {
    fc.assert(
      fc.property(batches, batches, (a, b) => {
        const expected = resolve(evidenceOf([...a, ...b]));
        expect(resolve(evidenceOf([...a, ...a, ...b]))).toEqual(expected);
        expect(resolve(evidenceOf([...a, ...b, ...a, ...b]))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
