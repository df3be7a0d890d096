import { COMPATIBILITY_MODES, type CompatibilityMode, parseMode } from '@parquetry/core';
import fc from 'fast-check';
import type { Field, TableSchema } from '../types';
import { describeChange } from './changes';
import { checkCompatibility } from './check';
import { field, schemaArbitrary, schemaOf } from './testing/schemas';

const V1 = schemaOf(field(3, 'a', 'int64'));
const ADDED = schemaOf(field(3, 'a', 'int64'), field(4, 'b', 'utf8'));
const REQUIRED = schemaOf(field(3, 'a', 'int64'), field(4, 'b', 'utf8', false));
const DROPPED = schemaOf();
const RETYPED = schemaOf(field(3, 'a', 'utf8'));
const TIGHT = schemaOf(field(3, 'a', 'int64', false));

/** The modes that allow the step. */
const allowed = (history: readonly TableSchema[], candidate: TableSchema): CompatibilityMode[] =>
  COMPATIBILITY_MODES.filter((mode) => checkCompatibility(mode, history, candidate).compatible);

describe('checkCompatibility', () => {
  it('has Confluent’s meaning of the modes', () => {
    expect(allowed([], V1)).toEqual(COMPATIBILITY_MODES);
    expect(allowed([V1], structuredClone(V1))).toEqual(COMPATIBILITY_MODES);
    expect(allowed([V1], ADDED)).toEqual(COMPATIBILITY_MODES);
    expect(allowed([V1], REQUIRED)).toEqual(['NONE', 'FORWARD', 'FORWARD_TRANSITIVE']);
    expect(allowed([V1], TIGHT)).toEqual(['NONE', 'FORWARD', 'FORWARD_TRANSITIVE']);
    expect(allowed([TIGHT], V1)).toEqual(['NONE', 'BACKWARD', 'BACKWARD_TRANSITIVE']);
    expect(allowed([V1], DROPPED)).toEqual(['NONE']);
    expect(allowed([V1], RETYPED)).toEqual(['NONE']);
  });

  it('compares all versions only in the transitive modes', () => {
    const history = [RETYPED, V1];
    expect(allowed(history, ADDED)).toEqual(['NONE', 'BACKWARD', 'FORWARD', 'FULL']);
    const { breaking } = checkCompatibility('BACKWARD_TRANSITIVE', history, ADDED);
    expect(breaking).toMatchObject([{ against: 1, direction: 'backward', change: { rule: 'text_scalar' } }]);
  });

  it('names the change, the reason, and the affected readers', () => {
    const result = checkCompatibility('BACKWARD', [V1], schemaOf(field(3, 'a', 'float64')));
    expect(result.compatible).toBe(false);
    expect(result.breaking).toHaveLength(1);
    expect(result.breaking[0]).toMatchObject({
      change: { kind: 'type', path: 'a', before: 'int64', after: 'float64', rule: 'integer_float' },
      against: 1,
      readers: [
        ...['duckdb', 'duckdb_by_name', 'pyarrow', 'polars', 'pyarrow_newer', 'polars_newer', 'delta'],
        ...['spark', 'spark_merge', 'spark_delta'],
      ],
    });
  });

  it('promotes no type in Delta, and on request what Iceberg promotes', () => {
    const older = schemaOf(field(3, 'a', 'int32'), field(4, 'b', 'uint32'));
    const wider = schemaOf(field(3, 'a', 'int64'), field(4, 'b', 'uint32'));
    const unsigned = schemaOf(field(3, 'a', 'int32'), field(4, 'b', 'int64'));
    const iceberg = { tableFormat: 'iceberg' } as const;
    expect(checkCompatibility('BACKWARD', [older], wider).compatible).toBe(false);
    expect(checkCompatibility('BACKWARD', [older], wider, iceberg).compatible).toBe(true);
    expect(checkCompatibility('FULL', [older], wider, iceberg).compatible).toBe(false);
    expect(checkCompatibility('BACKWARD', [older], unsigned, iceberg).compatible).toBe(false);
  });

  it.each<[string, Field, string]>([
    ['case', field(9, 'A', 'utf8'), '! A: differs from "a" only in case'],
    ['layout', field(9, 'Year', 'utf8'), '! Year: is the name of a layout folder'],
    ['Delta', field(9, 'a b', 'utf8'), '! a b: holds a character that Delta and Spark refuse'],
    [
      'nested',
      field(9, 's', { type: 'struct', fields: [field(10, 'x=', 'utf8')] }),
      '! s.x=: holds a character that Delta and Spark refuse',
    ],
  ])('refuses a name in every mode: %s', (_, bad, line) => {
    const candidate = schemaOf(field(3, 'a', 'int64'), bad);
    for (const history of [[], [V1]]) {
      const { breaking } = checkCompatibility('NONE', history, candidate);
      expect(breaking.map(({ change }) => describeChange(change))).toEqual([line]);
    }
    expect(checkCompatibility('NONE', [candidate], structuredClone(candidate)).compatible).toBe(true);
  });

  it('FULL is BACKWARD and FORWARD; transitive is stricter', () => {
    fc.assert(
      fc.property(fc.array(schemaArbitrary, { maxLength: 3 }), schemaArbitrary, (history, candidate) => {
        const ok = (mode: CompatibilityMode): boolean =>
          checkCompatibility(mode, history, candidate).compatible;
        expect(ok('FULL')).toBe(ok('BACKWARD') && ok('FORWARD'));
        expect(ok('FULL_TRANSITIVE')).toBe(ok('BACKWARD_TRANSITIVE') && ok('FORWARD_TRANSITIVE'));
        for (const mode of ['BACKWARD', 'FORWARD', 'FULL'] as const)
          expect(ok(mode) || !ok(`${mode}_TRANSITIVE`)).toBe(true);
        expect(ok('NONE') || !ok('FULL')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('a history that was BACKWARD at each step is BACKWARD_TRANSITIVE: version n reads 1 to n', () => {
    let steps = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(schemaArbitrary, fc.boolean()), { minLength: 2, maxLength: 8 }),
        (candidates) => {
          const history: TableSchema[] = [];
          for (const [schema, extend] of candidates) {
            const last = history.at(-1);
            const candidate = extend && last !== undefined ? grown(last, schema) : schema;
            if (!checkCompatibility('BACKWARD', history, candidate).compatible) continue;
            expect(checkCompatibility('BACKWARD_TRANSITIVE', history, candidate).breaking).toEqual([]);
            if (history.length > 1) steps += 1;
            history.push(candidate);
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(steps).toBeGreaterThan(100);
  });
});

/** A schema with the columns of another one added under new ids, nullable, and its own columns made nullable. */
function grown(last: TableSchema, more: TableSchema): TableSchema {
  const names = new Set(last.fields.map(({ name }) => name.toLowerCase()));
  const id = 1 + Math.max(...last.fields.map((one) => one.id)) + 100;
  const extra = more.fields
    .filter(
      ({ name, type }) => !names.has(name.toLowerCase()) && type.type !== 'struct' && type.type !== 'list',
    )
    .map((one, index) => ({ ...one, id: id + index, nullable: true }));
  return { ...last, fields: [...last.fields.map((one) => ({ ...one, nullable: true })), ...extra] };
}

describe('parseMode', () => {
  it('reads any case and names the modes otherwise', () => {
    expect(parseMode('full_transitive')).toBe('FULL_TRANSITIVE');
    expect(() => parseMode('sideways')).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
