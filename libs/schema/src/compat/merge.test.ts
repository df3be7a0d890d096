import fc from 'fast-check';
import type { DataType, Field } from '../types';
import { checkCompatibility } from './check';
import { mergeSchemas } from './merge';
import { field, schemaArbitrary, schemaOf } from './testing/schemas';

const struct = (...fields: Field[]): DataType => ({ type: 'struct', fields });
const list = (id: number, type: DataType): DataType => ({ type: 'list', items: field(id, 'element', type) });
const V1 = schemaOf(field(3, 'fee', 'int64'));
const merged = (latest: Field[], own: Field[]) =>
  mergeSchemas(schemaOf(...latest), schemaOf(...own))?.fields.slice(2);

describe('mergeSchemas', () => {
  it('has the columns of both, those of the later one with new ids', () => {
    expect(
      merged(
        [field(3, 'fee', 'int64'), field(4, 'memo', 'utf8')],
        [field(3, 'fee', 'int64'), field(4, 'tip', struct(field(5, 'x', 'bool')))],
      ),
    ).toEqual([
      field(3, 'fee', 'int64'),
      field(4, 'memo', 'utf8'),
      field(5, 'tip', struct(field(6, 'x', 'bool'))),
    ]);
  });

  it('is the registered one itself when that has all columns, with any ids', () => {
    const latest = schemaOf(field(3, 'fee', 'int64'), field(4, 'memo', 'utf8'), field(5, 'tip', 'int64'));
    expect(mergeSchemas(latest, schemaOf(field(3, 'fee', 'int64'), field(4, 'tip', 'int64')))).toBe(latest);
    expect(mergeSchemas(V1, V1)).toBe(V1);
  });

  it('merges structs and lists', () => {
    const ops = (...members: Field[]): Field[] => [field(3, 'ops', list(4, struct(...members)))];
    expect(
      merged(
        ops(field(5, 'kind', 'utf8'), field(6, 'a', 'bool')),
        ops(field(5, 'kind', 'utf8'), field(6, 'b', 'bool')),
      ),
    ).toEqual(ops(field(5, 'kind', 'utf8'), field(6, 'a', 'bool'), field(7, 'b', 'bool')));
  });

  it.each([
    ['the same column of two types', [field(4, 'memo', 'utf8')], [field(4, 'memo', 'int64')]],
    ['a scalar and a struct', [field(4, 'memo', 'utf8')], [field(4, 'memo', struct(field(5, 'a', 'utf8')))]],
    [
      'lists of two types',
      [field(4, 'm', list(5, { type: 'utf8' }))],
      [field(4, 'm', list(5, { type: 'bool' }))],
    ],
    ['names that differ only in case', [field(4, 'memo', 'utf8')], [field(4, 'Memo', 'utf8')]],
    ['a column that is not nullable', [], [field(4, 'memo', 'utf8', false)]],
    ['a column that the rows lack', [field(4, 'memo', 'utf8', false)], []],
    ['nulls where none may be', [field(4, 'memo', 'utf8', false)], [field(4, 'memo', 'utf8')]],
    [
      'one key under two names',
      [{ ...field(4, 'a_b_2', 'utf8'), key: 'a b' }],
      [{ ...field(4, 'a_b', 'utf8'), key: 'a b' }],
    ],
    [
      'two keys under one name',
      [{ ...field(4, 'a_b', 'utf8'), key: 'a b' }],
      [{ ...field(4, 'a_b', 'utf8'), key: 'a.b' }],
    ],
  ])('refuses: %s', (_what, latest, own) => {
    expect(mergeSchemas(schemaOf(...latest), schemaOf(...own))).toBeUndefined();
  });

  it('refuses other message types and ledger columns', () => {
    expect(mergeSchemas(V1, { ...V1, messageType: 'other' })).toBeUndefined();
    expect(mergeSchemas(V1, { ...V1, ledgerColumn: 'fee' })).toBeUndefined();
  });

  it('gives a valid next version in every mode that adds columns, with all columns of the other', () => {
    fc.assert(
      fc.property(schemaArbitrary, schemaArbitrary, (latest, own) => {
        fc.pre([latest, own].every((schema) => checkCompatibility('NONE', [], schema).compatible));
        const found = mergeSchemas(latest, own);
        if (found === undefined) return;
        const { breaking } = checkCompatibility('FULL', [latest], found);
        expect(breaking.filter(({ against }) => against !== 0)).toEqual([]);
        expect(mergeSchemas(found, own)).toBe(found);
        expect(mergeSchemas(found, latest)).toBe(found);
        const ids: number[] = [];
        const collect = (fields: readonly Field[]): void =>
          fields.forEach(({ id, type }) => {
            ids.push(id);
            if (type.type === 'struct') collect(type.fields);
            if (type.type === 'list') collect([type.items]);
          });
        collect(found.fields);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 3_000 },
    );
  });

  it('is found for schemas that extend the same one', () => {
    let count = 0;
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')),
        fc.uniqueArray(fc.constantFrom('c', 'd', 'e')),
        (left, right) => {
          const extend = (names: string[]) =>
            schemaOf(field(3, 'fee', 'int64'), ...names.map((name, index) => field(4 + index, name, 'utf8')));
          const found = mergeSchemas(extend(left), extend(right));
          expect(found?.fields.slice(3).map(({ name }) => name)).toEqual([...new Set([...left, ...right])]);
          count += 1;
        },
      ),
    );
    expect(count).toBe(100);
  });
});
