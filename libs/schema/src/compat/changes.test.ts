import fc from 'fast-check';
import { schemaFingerprint } from '../fingerprint';
import type { DataType } from '../types';
import { compareSchemas, describeChange } from './changes';
import { field, schemaArbitrary, schemaOf } from './testing/schemas';

const struct = (...fields: ReturnType<typeof field>[]): DataType => ({ type: 'struct', fields });
const list = (items: ReturnType<typeof field>): DataType => ({ type: 'list', items });
const lines = (older: ReturnType<typeof schemaOf>, newer: ReturnType<typeof schemaOf>): string[] =>
  compareSchemas(older, newer).map((change) => `${describeChange(change)} [${change.rule}]`);

describe('compareSchemas', () => {
  it('describes every change in one line', () => {
    const older = schemaOf(
      field(3, 'fee', 'int64'),
      field(4, 'memo', 'utf8'),
      field(5, 'gone', 'bool'),
      field(6, 'asset', struct(field(7, 'code', 'utf8'), field(8, 'issuer', 'utf8', false))),
      field(9, 'ops', list(field(10, 'element', struct(field(11, 'kind', 'utf8'))))),
      field(12, 'hash', 'utf8', false),
    );
    const newer = schemaOf(
      field(3, 'fee', 'float64'),
      field(4, 'memo_text', 'utf8'),
      field(
        6,
        'asset',
        struct(field(7, 'Code', 'utf8'), field(8, 'issuer', 'utf8'), field(13, 'native', 'bool')),
      ),
      field(
        9,
        'ops',
        list(field(10, 'element', struct(field(11, 'kind', 'json'), field(14, 'source', 'utf8')), false)),
      ),
      { ...field(12, 'hash', 'utf8', false), doc: 'sha256' },
      field(15, 'must', 'int64', false),
    );
    expect(lines(older, newer)).toEqual([
      '- gone: bool, nullable [drop_column]',
      '~ fee: int64 → float64 [integer_float]',
      '~ memo_text: renamed from memo [rename]',
      '~ asset.Code: renamed from code [rename_case]',
      '~ asset.issuer: not nullable → nullable [to_nullable]',
      '+ asset.native: bool, nullable [add_member]',
      '~ ops.element: nullable → not nullable [to_required]',
      '~ ops.element.kind: utf8 → json [text_meaning]',
      '+ ops.element.source: utf8, nullable [add_list_member]',
      '~ hash: its documentation [neutral]',
      '+ must: int64, not nullable [add_required]',
    ]);
  });

  it('distinguishes a moved field id from a rename, and reports keys and table properties', () => {
    const older = { ...schemaOf(field(3, 'a', 'utf8'), field(4, 'b', 'utf8')), doc: 'one' };
    const newer = {
      ...schemaOf({ ...field(5, 'b', 'utf8'), key: 'B!' }, field(3, 'a', 'utf8')),
      messageType: 'other',
      uniqueKey: ['a', 'b'],
    };
    expect(lines(older, newer)).toEqual([
      '~ message type payment → other [meaning]',
      '~ unique key none → a, b [neutral]',
      '~ the documentation of the table [neutral]',
      '~ b: field id 4 → 5 [field_id]',
      '~ b: message key "b" → "B!" [meaning]',
      '~ the order of the columns [neutral]',
    ]);
  });

  it.each([
    ['int32', 'int64', 'int32_int64'],
    ['uint32', 'int64', 'uint32_int64'],
    ['int64', 'uint32', 'integer_narrower'],
    ['int64', 'uint64', 'integer_decimal'],
    ['uint64', 'int64', 'integer_decimal'],
    ['uint64', 'float64', 'integer_float'],
    ['float64', 'int64', 'float_integer'],
    ['int64', 'utf8', 'scalar_text'],
    ['json', 'int64', 'text_scalar'],
    ['json', 'utf8', 'text_meaning'],
    ['bool', 'int64', 'other_scalar'],
  ] as const)('%s → %s is %s', (before, after, rule) => {
    const [change] = compareSchemas(schemaOf(field(3, 'a', before)), schemaOf(field(3, 'a', after)));
    expect(change?.rule).toBe(rule);
  });

  it.each([
    [[10, 2], [20, 2], 'decimal_wider'],
    [[20, 2], [10, 2], 'decimal_other'],
    [[20, 2], [20, 4], 'decimal_other'],
  ] as const)('decimal(%j) → decimal(%j) is %s', ([p1, s1], [p2, s2], rule) => {
    const decimal = (precision: number, scale: number): DataType => ({
      type: 'decimal128',
      precision,
      scale,
    });
    const [change] = compareSchemas(
      schemaOf(field(3, 'a', decimal(p1, s1))),
      schemaOf(field(3, 'a', decimal(p2, s2))),
    );
    expect(change?.rule).toBe(rule);
  });

  it('uint64 and decimal(20, 0) are stored alike; timestamps and structs differ from other scalars', () => {
    const rule = (before: DataType, after: DataType): string | undefined =>
      compareSchemas(schemaOf(field(3, 'a', before)), schemaOf(field(3, 'a', after)))[0]?.rule;
    expect(rule({ type: 'uint64' }, { type: 'decimal128', precision: 20, scale: 0 })).toBe('same_bytes');
    expect(rule({ type: 'timestamp', unit: 'us', timezone: 'UTC' }, { type: 'utf8' })).toBe('time_text');
    expect(rule({ type: 'utf8' }, struct(field(4, 'x', 'utf8')))).toBe('scalar_nested');
    expect(rule(list(field(4, 'element', 'utf8')), struct(field(4, 'x', 'utf8')))).toBe('scalar_nested');
  });

  it('finds no change exactly when the fingerprints are equal', () => {
    fc.assert(
      fc.property(schemaArbitrary, schemaArbitrary, (older, newer) => {
        const same = schemaFingerprint(older) === schemaFingerprint(newer);
        expect(compareSchemas(older, newer).length === 0).toBe(same);
        expect(compareSchemas(older, structuredClone(older))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
