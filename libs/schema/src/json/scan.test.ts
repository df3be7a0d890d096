import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { JsonScanner, MAX_DEPTH, MAX_NODES } from './scan';
import { ARRAY, FALSE, LONE, NODE, NULL, NUMBER, OBJECT, STRING, type Tape, TRUE } from './tape';

function rebuild(tape: Tape, node: number): unknown {
  switch (tape.kind(node)) {
    case OBJECT: {
      const entries: [string, unknown][] = [];
      for (let key = node + NODE; key < tape.next(node); key = tape.next(key + NODE))
        entries.push([tape.string(key), rebuild(tape, key + NODE)]);
      return Object.fromEntries(entries);
    }
    case ARRAY: {
      const items: unknown[] = [];
      for (let at = node + NODE; at < tape.next(node); at = tape.next(at)) items.push(rebuild(tape, at));
      return items;
    }
    case STRING:
      return tape.string(node);
    case NUMBER:
      return Number(tape.text(node));
    case TRUE:
      return true;
    case FALSE:
      return false;
    case NULL:
      return null;
    default:
      throw new Error('not a value');
  }
}

function oracle(bytes: Buffer): boolean {
  if (!isUtf8(bytes) || bytes[0] === 0xef) return false;
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

const scanner = new JsonScanner();
/** Scans text that lies between other bytes, as a line in a block does. */
const scan = (text: string | Buffer) => {
  const bytes = Buffer.from(text);
  return scanner.scan(Buffer.concat([Buffer.from('0"\n'), bytes, Buffer.from('1"}]')]), 3, 3 + bytes.length);
};

describe('JsonScanner', () => {
  it.each([
    '{}',
    '[]',
    ' [ ] ',
    '0',
    '-0',
    '1.5e+10',
    '1E5',
    '"\\u0000"',
    '"\\ud83d\\ude00"',
    '"é😀"',
    '{"a":{"b":[1,null,true,false,"x"]}}',
    '\t{"a" :\r\n1 , "b":2}',
    '""',
    '{"":0}',
  ])('accepts %j', (text) => {
    expect(scan(text)).toBe(true);
    expect(rebuild(scanner.tape, 0)).toEqual(JSON.parse(text));
  });

  it.each([
    '',
    ' ',
    '{',
    '[',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '[1,]',
    '[,1]',
    '{,}',
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
    'NaN',
    'Infinity',
    'tru',
    'nulll',
    'True',
    '"',
    '"\\',
    '"\\x"',
    '"\\u12g4"',
    '"\\u12',
    '"\u0001"',
    '"a\tb"',
    "'a'",
    '{a:1}',
    '{"a":1}}',
    '1 2',
    '[1 2]',
    '{"a" 1}',
    '{1:2}',
    '\uFEFF{}',
    '//x',
    '"\n"',
  ])('refuses %j with an offset inside the text', (text) => {
    expect(scan(text)).toBe(false);
    expect(scanner.fault?.code).toBe('NOT_JSON');
    expect(scanner.fault?.offset).toBeGreaterThanOrEqual(3);
    expect(scanner.fault?.offset).toBeLessThanOrEqual(3 + Buffer.byteLength(text));
  });

  it('agrees with JSON.parse on every mutation of a message', () => {
    const seed = Buffer.from(
      '{"a":[1,-2.5e3,"x\\u00e9\\"é"],"b":{"c":null,"d":true},"":false,"é":"\\ud83d\\ude00"}',
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255), fc.constantFrom('set', 'cut', 'insert')), {
          maxLength: 3,
        }),
        (mutations) => {
          let bytes = Buffer.from(seed);
          for (const [at, byte, how] of mutations) {
            if (how === 'set') bytes[Math.min(at, bytes.length - 1)] = byte;
            else {
              const tail =
                how === 'cut'
                  ? bytes.subarray(at + 1)
                  : Buffer.concat([Buffer.from([byte]), bytes.subarray(at)]);
              bytes = Buffer.concat([bytes.subarray(0, at), tail]);
            }
          }
          expect(scan(bytes)).toBe(oracle(bytes));
        },
      ),
      { numRuns: 20_000 },
    );
  });

  it('returns every JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.nat(3), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(scan(text)).toBe(true);
        expect(JSON.stringify(rebuild(scanner.tape, 0))).toBe(JSON.stringify(JSON.parse(text)));
        expect(scanner.tape.text(0)).toBe(text);
      }),
    );
  });

  it('refuses bytes that are not UTF-8, with their position', () => {
    expect(scan(Buffer.from([0x22, 0x61, 0xff, 0x22]))).toBe(false);
    expect(scanner.fault).toMatchObject({ code: 'NOT_UTF8', offset: 5 });
    expect(scan(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toBe(false);
    expect(scan(Buffer.from('{"\xff":1}', 'latin1'))).toBe(false);
  });

  it('accepts 200 levels and refuses 201', () => {
    expect(scan('['.repeat(MAX_DEPTH) + ']'.repeat(MAX_DEPTH))).toBe(true);
    expect(scan('['.repeat(MAX_DEPTH + 1) + ']'.repeat(MAX_DEPTH + 1))).toBe(false);
    expect(scanner.fault?.code).toBe('TOO_DEEP');
    const objects = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    expect(scan(objects(MAX_DEPTH))).toBe(true);
    expect(scan(objects(MAX_DEPTH + 1))).toBe(false);
    expect(scanner.fault?.code).toBe('TOO_DEEP');
    expect(scan('{"a":'.repeat(100_000))).toBe(false);
    expect(scanner.fault?.code).toBe('TOO_DEEP');
  });

  it('bounds the values of one text', () => {
    expect(scan(`[${'1,'.repeat(MAX_NODES)}1]`)).toBe(false);
    expect(scanner.fault?.code).toBe('TOO_MANY_VALUES');
  });

  it('marks duplicate keys, also when escaped differently or among many', () => {
    const many = Array.from({ length: 500 }, (_, index) => `"k${index}":1`).join();
    for (const [text, duplicate] of [
      ['{"a":1,"b":2}', false],
      ['{"a":1,"a":2}', true],
      ['{"a":1,"\\u0061":2}', true],
      ['[{"a":1},{"a":1}]', false],
      ['{"a":{"a":1}}', false],
      ['{"x":{"b":1,"c":{"q":1},"b":1}}', true],
      [`{${many}}`, false],
      [`{${many},"k77":0}`, true],
      ['{"\\ud800":1,"\\ud801":1}', false],
    ] as const) {
      expect(scan(text)).toBe(true);
      expect([text, scanner.tape.duplicateKey >= 0]).toEqual([text, duplicate]);
    }
  });

  it('marks lone surrogates', () => {
    const lone = (text: string) => scan(text) && ((scanner.tape.nodes[0] as number) & LONE) !== 0;
    expect(lone('"\\ud800"')).toBe(true);
    expect(lone('"\\udc00\\ud800"')).toBe(true);
    expect(lone('"\\ud800\\u0041"')).toBe(true);
    for (const second of ['ud800', 'udbff', 'ue000', 'uffff'])
      expect(lone(`"\\ud800\\${second}"`)).toBe(true);
    for (const second of ['udc00', 'udfff']) expect(lone(`"\\udbff\\${second}"`)).toBe(false);
    expect(lone('"\\ud83d\\ude00"')).toBe(false);
    expect(lone('"\\\\ud800"')).toBe(false);
  });
});
