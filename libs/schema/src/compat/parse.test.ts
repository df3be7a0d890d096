import fc from 'fast-check';
import { parseTableSchema } from './parse';
import { field, schemaArbitrary, schemaOf } from './testing/schemas';

const GOOD = schemaOf(
  field(3, 'a', {
    type: 'list',
    items: field(4, 'element', { type: 'struct', fields: [field(5, 'b', 'json')] }),
  }),
  { ...field(6, 'c', { type: 'decimal128', precision: 38, scale: 7 }), doc: 'price', key: 'C!' },
);

describe('parseTableSchema', () => {
  it('reads a schema, and a registered one', () => {
    expect(parseTableSchema(JSON.stringify(GOOD))).toEqual(GOOD);
    expect(parseTableSchema(JSON.stringify({ subject: 'payment', version: 2, schema: GOOD }))).toEqual(GOOD);
  });

  it.each<[string, unknown, string]>([
    ['an array', [], 'expected an object'],
    ['an unknown member', { ...GOOD, extra: 1 }, '"extra" is not known'],
    ['a repeated id', schemaOf(field(1, 'a', 'utf8')), 'field id 1 occurs twice'],
    ['an id out of range', schemaOf(field(0.5, 'a', 'utf8')), 'expected a whole number'],
    ['an unknown type', schemaOf(field(3, 'a', 'uint128' as 'utf8')), 'the type "uint128" is not known'],
    ['a type as text', { ...GOOD, fields: [{ ...GOOD.fields[0], type: 'utf8' }] }, 'expected an object'],
    ['no ledger column', { ...GOOD, ledgerColumn: 'a' }, '"a" is not a uint32 or int64 column'],
    [
      'nothing for nullable',
      { ...GOOD, fields: [{ id: 1, name: 'a', type: { type: 'utf8' } }] },
      'true or false',
    ],
    [
      'another unit',
      schemaOf(field(3, 'a', { type: 'timestamp', unit: 'ns' as 'us', timezone: 'UTC' })),
      'unit',
    ],
  ])('refuses %s', (_, value, why) => {
    expect(() => parseTableSchema(JSON.stringify(value))).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(why) }),
    );
  });

  it('refuses text that is not JSON, and schemas nested too deep', () => {
    expect(() => parseTableSchema('{')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    let deep = field(3, 'a', 'utf8');
    for (let id = 4; id < 500; id += 1) deep = field(id, 'a', { type: 'struct', fields: [deep] });
    expect(() => parseTableSchema(JSON.stringify(schemaOf(deep)))).toThrow(/deeper than 100/);
  });

  it('reads back everything that can be stored, and throws only coded errors', () => {
    fc.assert(
      fc.property(schemaArbitrary, (schema) => {
        try {
          expect(parseTableSchema(JSON.stringify(schema))).toEqual(schema);
        } catch (error) {
          expect(error).toMatchObject({ code: 'SCHEMA_CONFLICT' });
        }
      }),
    );
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(() => parseTableSchema(text)).toThrow(expect.objectContaining({ name: 'ParquetryError' }));
      }),
    );
  });
});
