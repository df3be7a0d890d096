import { isParquetryError } from '@parquetry/core';
import { backfillInput } from '../runspec';
import { backfillOptions } from './options';
import type { RunOptions } from './types';

const required: RunOptions = {
  source: 'galexie:/lake',
  archive: '/archive',
  ledgers: { start: 10, end: 29 },
};

describe('options of the library', () => {
  it('have the defaults of the command', () => {
    expect(backfillInput(backfillOptions(required), { start: 10, end: 29 })).toEqual({
      spec: {
        source: { uri: 'galexie:/lake' },
        archive: '/archive',
        range: { start: 10, end: 29 },
        partitionSize: 1000,
        settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
        maxRejects: 0,
        verify: 'ledger',
      },
      concurrency: 4,
      maxParked: 50,
      onFailure: 'park',
    });
  });

  it('are converted and checked as in a configuration file', () => {
    const { spec, concurrency } = backfillInput(
      backfillOptions({
        ...required,
        ledgers: '10-29',
        types: ['ledgers', 'transactions'],
        partitionSize: 5,
        concurrency: 2,
        compression: 'zstd',
        compressionLevel: 9,
        layout: 'ledger_range',
        ledgersPerFolder: 100,
        sortBy: ['ledger_sequence'],
        portableIntegers: true,
        closeTime: ['payment=at'],
      }),
      { start: 10, end: 29 },
    );
    expect(concurrency).toBe(2);
    expect(spec).toMatchObject({
      range: { start: 10, end: 29 },
      types: ['ledgers', 'transactions'],
      source: { closeTime: { payment: 'at' } },
      settings: {
        compression: 'zstd',
        compressionLevel: 9,
        layout: { kind: 'ledger_range', width: 100 },
        sortBy: ['ledger_sequence'],
        integers: 'signed',
      },
    });
  });

  it.each<[object, RegExp]>([
    [{ archive: undefined }, /^archive: it is missing\.$/],
    [{ partitionSize: 0 }, /^partitionSize: "0" is not valid\. Expected a whole number from 1 to/],
    [{ compression: 'rar' }, /^compression: "rar" is not valid\./],
    [{ layout: 'week' }, /^layout: "week" is not valid\./],
    [{ portableIntegers: 'yes' }, /^portableIntegers: expected true or false\.$/],
    [{ types: [{}] }, /^types: expected text or a number\.$/],
    [{ region: 'us-east-2' }, /^region: there is no such setting/],
    [{ toString: 'x' }, /^toString: there is no such setting/],
  ])('%j is refused', (wrong, message) => {
    let error: unknown;
    try {
      backfillOptions({ ...required, ...wrong });
    } catch (thrown) {
      error = thrown;
    }
    expect(isParquetryError(error) && error.code).toBe('CONFIG_INVALID');
    expect((error as Error).message).toMatch(message);
  });
});
