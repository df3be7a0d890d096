import type { DataType, Field, RegisteredSchema } from '@parquetry/schema';
import { icebergSchema } from './schema';

/** A schema whose third column has the type. */
function withType(type: DataType): RegisteredSchema {
  const timestamp: DataType = { type: 'timestamp', unit: 'us', timezone: 'UTC' };
  return {
    subject: 'events',
    version: 3,
    fingerprint: 'f'.repeat(64),
    schema: {
      messageType: 'events',
      origin: 'predefined',
      ledgerColumn: 'ledger',
      closeTimeColumn: 'closed_at',
      fields: [
        { id: 1, name: 'ledger', type: { type: 'int64' }, nullable: false },
        { id: 2, name: 'closed_at', type: timestamp, nullable: false },
        { id: 3, name: 'value', type, nullable: true },
      ],
    },
  };
}

const field = (id: number, name: string, type: DataType): Field => ({ id, name, type, nullable: true });

describe('the Iceberg type of', () => {
  it.each<[DataType, unknown]>([
    [{ type: 'bool' }, 'boolean'],
    [{ type: 'int32' }, 'int'],
    [{ type: 'int64' }, 'long'],
    // The greatest uint64 has 20 digits.
    [{ type: 'uint64' }, 'decimal(20, 0)'],
    [{ type: 'float64' }, 'double'],
    [{ type: 'decimal128', precision: 38, scale: 7 }, 'decimal(38, 7)'],
    [{ type: 'decimal128', precision: 9, scale: 0 }, 'decimal(9, 0)'],
    [{ type: 'utf8' }, 'string'],
    [{ type: 'json' }, 'string'],
    [{ type: 'timestamp', unit: 'us', timezone: 'UTC' }, 'timestamptz'],
    [
      { type: 'list', items: field(4, 'element', { type: 'uint64' }) },
      { type: 'list', 'element-id': 4, 'element-required': false, element: 'decimal(20, 0)' },
    ],
    [
      { type: 'struct', fields: [field(4, 'a', { type: 'int32' })] },
      { type: 'struct', fields: [{ id: 4, name: 'a', required: false, type: 'int' }] },
    ],
  ])('%j', (type, expected) => {
    expect(icebergSchema(withType(type))).toMatchObject({
      'schema-id': 3,
      fields: [{ required: true }, { type: 'timestamptz' }, { id: 3, required: false, type: expected }],
    });
  });

  it.each<[string, DataType]>([
    ['value', { type: 'uint32' }],
    ['value.element', { type: 'list', items: field(4, 'element', { type: 'uint32' }) }],
    ['value.a', { type: 'struct', fields: [field(4, 'a', { type: 'uint32' })] }],
    [
      'value.element.a',
      {
        type: 'list',
        items: field(4, 'element', { type: 'struct', fields: [field(5, 'a', { type: 'uint32' })] }),
      },
    ],
  ])('an unsigned 32-bit column is refused: %s', (name, type) => {
    const refused = expect.objectContaining({
      code: 'ICEBERG_UNSUPPORTED',
      message: expect.stringContaining(`1 unsigned 32-bit columns (${name})`),
      hint: expect.stringContaining('--portable-integers'),
      details: { dataset: 'events', version: 3, columns: [name] },
    }) as Error;
    expect(() => icebergSchema(withType(type))).toThrow(refused);
  });
});
