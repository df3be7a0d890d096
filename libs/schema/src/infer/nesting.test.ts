import fc from 'fast-check';
import { JsonScanner, NODE } from '../json';
import type { TableSchema } from '../types';
import { describeType } from '../columns';
import type { Nesting } from './nesting';
import { inferSchema, messageEvidence } from './schema';

const scanner = new JsonScanner();

function infer(rows: readonly object[], nesting: Nesting, base?: TableSchema): TableSchema {
  const evidence = messageEvidence();
  for (const row of rows) {
    const bytes = Buffer.from(JSON.stringify(row));
    expect(scanner.scan(bytes, 0, bytes.length)).toBe(true);
    const { tape } = scanner;
    for (let key = NODE; key < tape.next(0); key = tape.next(key + NODE))
      evidence.member(tape, key)?.observe(tape, key + NODE);
  }
  return inferSchema('t', evidence, base, nesting);
}

function columns(schema: TableSchema): string[] {
  return schema.fields
    .filter(({ name }) => name !== 'ledger_sequence' && name !== 'closed_at')
    .map(
      ({ name, type, path, key }) =>
        `${name}${path ? `<${path.join('/')}>` : ''}${key === undefined ? '' : `(${key})`}: ${describeType(type)}`,
    );
}

const ROWS = [
  {
    id: 1,
    asset: { code: 'XLM', issuer: { key: 'G', n: 1 } },
    tags: ['a'],
    legs: [{ n: 1 }],
    empty: {},
    mixed: { a: 1 },
  },
  { id: 2, asset: null, asset_code: 7, mixed: 'text', 'odd key': { 'a b': true } },
];

describe('nested values', () => {
  it('as structs and lists', () => {
    expect(columns(infer(ROWS, 'struct'))).toEqual([
      'asset: struct<code: utf8, issuer: struct<key: utf8, n: int64>>',
      'asset_code: int64',
      'empty: json',
      'id: int64',
      'legs: list<struct<n: int64>>',
      'mixed: json',
      'odd_key(odd key): json',
      'tags: list<utf8>',
    ]);
  });

  it('as columns of their members', () => {
    expect(columns(infer(ROWS, 'flatten'))).toEqual([
      'asset_code: int64',
      'asset_code_2<asset/code>: utf8',
      'asset_issuer_key<asset/issuer/key>: utf8',
      'asset_issuer_n<asset/issuer/n>: int64',
      'empty: json',
      'id: int64',
      'legs: json',
      'mixed: json',
      'odd_key_a_b<odd key/a b>: bool',
      'tags: list<utf8>',
    ]);
  });

  it('whose members never have a value are JSON text, also when flattened, and add no columns', () => {
    const rows = [{ a: { b: null }, c: { d: { e: null }, f: 1 }, g: null }];
    expect(columns(infer(rows, 'struct'))).toEqual(['a: json', 'c: struct<d: json, f: int64>']);
    expect(columns(infer(rows, 'flatten'))).toEqual(['a: json', 'c_d<c/d>: json', 'c_f<c/f>: int64']);
    expect(columns(infer(rows, 'json'))).toEqual(['a: json', 'c: json']);
    const base = infer([{ c: { f: 1 } }], 'flatten');
    expect(infer([{ c: { h: null, f: 2 } }, { c: { h: null } }], 'flatten', base)).toEqual(base);
  });

  it('as JSON text', () => {
    const types = columns(infer(ROWS, 'json'));
    expect(types).toContain('asset: json');
    expect(types).toContain('tags: json');
    expect(types).toContain('legs: json');
    expect(types).toContain('id: int64');
  });

  it('that were split before stay split: new members are new columns, other values get a separate column', () => {
    const base = infer([{ asset: { code: 'a' } }], 'flatten');
    const grown = infer([{ asset: { code: 'a', issuer: 'b' } }, { asset: 5 }], 'flatten', base);
    expect(grown.fields.slice(0, base.fields.length)).toEqual(base.fields);
    expect(columns(grown)).toEqual([
      'asset_code<asset/code>: utf8',
      'asset_issuer<asset/issuer>: utf8',
      'asset: json',
    ]);
  });

  it('give one schema for any order, in every style', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Nesting>('struct', 'flatten', 'json'),
        fc.array(fc.object({ maxDepth: 3, maxKeys: 4 }), { maxLength: 5 }),
        (style, rows) => {
          expect(infer([...rows].reverse(), style)).toEqual(infer(rows, style));
        },
      ),
      { numRuns: 300 },
    );
  });
});
