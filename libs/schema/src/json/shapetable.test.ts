import fc from 'fast-check';
import { JsonScanner } from './scan';
import { ShapeTable } from './shapetable';
import { ARRAY, KIND, NODE, OBJECT, STRING, type Tape } from './tape';

const scanner = new JsonScanner();

function nodes(tape: Tape): number[] {
  const found: number[] = [];
  // A key's fourth number is its hash, so all nodes are taken by their place.
  for (let node = 0; node < tape.length; node += NODE) found.push(node);
  return found;
}

function learn(table: ShapeTable<string>, text: string, any: (node: number) => boolean = () => false): void {
  const bytes = Buffer.from(text);
  if (!scanner.scan(bytes, 0, bytes.length) || scanner.tape.duplicateKey >= 0) return;
  const { tape } = scanner;
  table.learn(tape, 0, bytes.length, { plan: text, wanted: nodes(tape), any });
}

/** Whether the text is of a known shape; if so the tape must be the one that a scan gives. */
function matches(table: ShapeTable<string>, bytes: Buffer): boolean {
  const shape = table.match(bytes, 0, bytes.length);
  if (shape === undefined) return false;
  expect(scanner.scan(bytes, 0, bytes.length)).toBe(true);
  expect(scanner.tape.duplicateKey).toBe(-1);
  expect(table.tape.length).toBe(scanner.tape.length);
  expect([...table.tape.nodes.subarray(0, table.tape.length)]).toEqual([
    ...scanner.tape.nodes.subarray(0, scanner.tape.length),
  ]);
  return true;
}

describe('a known shape', () => {
  const table = new ShapeTable<string>();
  const first = '{"a":"x","b":{"c":[1,-2.5],"é":null},"d":true,"e":"\\n"}';
  learn(table, first);

  it.each([
    [first, true],
    ['{"a":"","b":{"c":[0,1e5],"é":null},"d":false,"e":"\\u00e9"}', true],
    ['{"a":"é😀","b":{"c":[-0,0.10],"é":null},"d":false,"e":"\\ud83d\\ude00"}', true],
    ['{"a":"x","b":{"c":[1.0,-2.5],"é":null},"d":true,"e":"\\n"}', false],
    ['{"a":"x","b":{"c":[1,-2],"é":null},"d":true,"e":"\\n"}', false],
    ['{"a":"x","b":{"c":[1,-2.5],"é":1},"d":true,"e":"\\n"}', false],
    ['{"a":null,"b":{"c":[1,-2.5],"é":null},"d":true,"e":"\\n"}', false],
    ['{"a":"x","b":{"c":[1,-2.5],"é":null},"d":true,"e":"\\ud800"}', false],
    ['{"a":"x","b":{"c":[01,-2.5],"é":null},"d":true,"e":"\\n"}', false],
    ['{"a":"x\u0001","b":{"c":[1,-2.5],"é":null},"d":true,"e":"\\n"}', false],
    ['{"a":"x","b":{"c":[1,-2.5],"é":null},"d":true,"e":"\\n"} ', false],
    ['{"a":"x","b":{"c":[1,-2.5],"é":null},"d":true,"e":"\\n"', false],
    ['{"a":"x","b":{"c":[1,-2.5],"é":null},"d":tru,"e":"\\n"}', false],
    ['', false],
  ])('%s: %s', (text, known) => {
    expect(matches(table, Buffer.from(text))).toBe(known);
  });

  it('never matches text that is not UTF-8', () => {
    const bytes = Buffer.from(first);
    bytes[bytes.indexOf(120)] = 0xff;
    expect(matches(table, bytes)).toBe(false);
  });

  it('accepts any value but null where the plan allows it, with a full check', () => {
    const anything = new ShapeTable<string>();
    learn(anything, '{"a":[1],"b":2}', (node) => node === 2 * NODE);
    const known = (text: string): boolean =>
      anything.match(Buffer.from(text), 0, Buffer.byteLength(text)) !== undefined;
    for (const value of ['1', '"x"', '{"x":{"y":[null]}}', '[]', '"\\ud800"', 'true'])
      expect([value, known(`{"a":${value},"b":2}`)]).toEqual([value, true]);
    for (const value of [
      'null',
      '{"x":1,"x":2}',
      '[1,]',
      '{"x":1',
      '"\n"',
      '['.repeat(200) + ']'.repeat(200),
      '',
    ])
      expect([value, known(`{"a":${value},"b":2}`)]).toEqual([value, false]);
  });

  const json = fc.json({ maxDepth: 3, noUnicodeString: false });
  it('matches only where a full scan finds the same, for any mutation of the bytes', () => {
    fc.assert(
      fc.property(
        fc.array(json, { minLength: 1, maxLength: 4 }),
        fc.array(
          fc.tuple(fc.nat(200), fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[]",:\\0-.eE9tn')))),
          {
            maxLength: 2,
          },
        ),
        (texts, edits) => {
          const all = new ShapeTable<string>();
          for (const text of texts) learn(all, text);
          for (const text of texts) {
            const bytes = Buffer.from(text);
            const learnt =
              scanner.scan(bytes, 0, bytes.length) && scanner.tape.duplicateKey < 0 && !hasLone(scanner.tape);
            expect(matches(all, bytes)).toBe(learnt);
            for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
            matches(all, bytes);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('stops learning at a limit', () => {
    const many = new ShapeTable<string>();
    for (let count = 0; count < 20_000; count += 1) learn(many, `{"k${count}":1}`);
    expect(many.open).toBe(false);
    expect(matches(many, Buffer.from('{"k1":7}'))).toBe(true);
    expect(matches(many, Buffer.from('{"k19999":7}'))).toBe(false);
  });
});

function hasLone(tape: Tape): boolean {
  return nodes(tape).some((node) => {
    const kind = (tape.nodes[node] as number) & KIND;
    return kind !== OBJECT && kind !== ARRAY && kind === STRING && ((tape.nodes[node] as number) & 32) !== 0;
  });
}
