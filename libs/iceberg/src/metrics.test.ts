import type { TableSchema } from '@parquetry/schema';
import { fileMetrics } from './metrics';

const SCHEMA: TableSchema = {
  messageType: 'events',
  origin: 'predefined',
  ledgerColumn: 'ledger',
  closeTimeColumn: 'closed_at',
  fields: [
    { id: 1, name: 'ledger', type: { type: 'int64' }, nullable: false },
    { id: 2, name: 'closed_at', type: { type: 'timestamp', unit: 'us', timezone: 'UTC' }, nullable: true },
    { id: 3, name: 'change', type: { type: 'int32' }, nullable: true },
    { id: 4, name: 'a "1": 2', type: { type: 'utf8' }, nullable: true },
  ],
};

it('keeps 64-bit bounds exact, and takes no number in a name for a value', () => {
  const stats =
    '{"numRecords":3,"minValues":{"ledger":-9223372036854775808,"closed_at":"1969-12-31T23:59:59.999Z","change":-2},' +
    '"maxValues":{"ledger":9223372036854775807,"closed_at":"2025-07-13T00:00:00.000Z","change":7},' +
    '"nullCount":{"ledger":0,"closed_at":1,"change":0,"a \\"1\\": 2":3}}';
  const metrics = fileMetrics(SCHEMA, stats);
  expect(metrics?.rows).toBe(3);
  const [ledger, closed, change, text] = metrics?.columns ?? [];
  expect(ledger?.lower?.readBigInt64LE()).toBe(-(2n ** 63n));
  expect(ledger?.upper?.readBigInt64LE()).toBe(2n ** 63n - 1n);
  expect(closed?.lower?.readBigInt64LE()).toBe(-1000n);
  expect(closed?.upper?.readBigInt64LE()).toBe(BigInt(Date.UTC(2025, 6, 13)) * 1000n);
  expect([change?.lower?.readInt32LE(), change?.upper?.length]).toEqual([-2, 4]);
  expect(text).toEqual({ id: 4, nulls: 3 });
});

it('leaves out bounds that do not fit the column, and files without a row count', () => {
  const wide =
    '{"numRecords":1,"minValues":{"change":2147483648},"maxValues":{"change":2147483648},"nullCount":{"change":0}}';
  expect(fileMetrics(SCHEMA, wide)?.columns).toEqual([{ id: 3, nulls: 0 }]);
  for (const stats of [undefined, '{}', 'not JSON', '{"numRecords":-1}'])
    expect(fileMetrics(SCHEMA, stats)).toBeUndefined();
});
