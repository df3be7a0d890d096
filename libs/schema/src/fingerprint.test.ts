import fc from 'fast-check';
import { canonicalJson, schemaFingerprint } from './fingerprint';
import type { TableSchema } from './types';

const schema: TableSchema = {
  messageType: 'contract_data',
  origin: 'predefined',
  fields: [{ id: 1, name: 'ledger_sequence', type: { type: 'uint32' }, nullable: false }],
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
};

describe('canonical JSON', () => {
  it('has sorted keys, no white space and no undefined members', () => {
    expect(canonicalJson({ b: [1, 'é"', null], a: { d: true, c: undefined } })).toBe(
      '{"a":{"d":true},"b":[1,"é\\"",null]}',
    );
  });

  it('is JSON of the same value, whatever the order of the keys', () => {
    fc.assert(
      fc.property(
        fc.object({ values: [fc.integer(), fc.string(), fc.boolean(), fc.constant(null)] }),
        (value) => {
          const text = canonicalJson(value);
          expect(canonicalJson(JSON.parse(text))).toBe(text);
          expect(canonicalJson(Object.fromEntries(Object.entries(value).reverse()))).toBe(text);
        },
      ),
    );
  });

  it.each([1e300, Number.MAX_SAFE_INTEGER + 1, Number.NaN, 5n, () => 1])('refuses %p', (value) => {
    expect(() => canonicalJson({ value })).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});

describe('schemaFingerprint', () => {
  it('is equal for equal schemas and differs after any change', () => {
    const { fields, ...rest } = schema;
    expect(schemaFingerprint({ fields, ...rest })).toBe(schemaFingerprint(schema));
    expect(schemaFingerprint(schema)).toMatch(/^[0-9a-f]{64}$/);
    expect(schemaFingerprint({ ...schema, doc: 'x' })).not.toBe(schemaFingerprint(schema));
  });
});
