import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_WRITE_SETTINGS, LEDGER_TYPES } from '@parquetry/core';
import type { DataType } from '@parquetry/schema';
import { type Row, type RowValue, stellarSchemas } from '@parquetry/stellar';
import type { Host } from '../../apps/worker/src/host';
import { runAll, testHost } from '../../apps/worker/src/testing/host';
import { goldenLakes, goldenLedgers } from '../../libs/stellar/src/testing/golden';
import { compareTable, tallyLines } from '../../libs/stellar/src/testing/goldentables';
import type { Tally } from '../../libs/stellar/src/testing/rowcompare';
import { PYTHON, python } from '../support/python';

/** A value of a row from the text that the Python reader made of it. */
function valueOf(type: DataType, value: unknown): RowValue {
  if (value === null || value === undefined) return null;
  switch (type.type) {
    case 'bool':
    case 'utf8':
    case 'json':
      return value as RowValue;
    case 'int32':
    case 'uint32':
    case 'float64':
    case 'timestamp':
      return Number(value);
    case 'int64':
    case 'uint64':
      return BigInt(value as string);
    case 'decimal128':
      return BigInt((value as string).replace('.', ''));
    case 'list':
      return (value as unknown[]).map((item) => valueOf(type.items.type, item));
    case 'struct':
      return Object.fromEntries(
        type.fields.flatMap((field) => {
          const member = valueOf(field.type, (value as Record<string, unknown>)[field.name]);
          return member === null ? [] : [[field.name, member]];
        }),
      );
  }
}

const lakes = goldenLakes();
const ready = lakes.length > 0 && PYTHON !== undefined;

(ready ? describe : describe.skip)(
  `archives of the lakes with goldens${ready ? '' : ' [skipped: needs the test data and pyarrow]'}`,
  () => {
    let dir: string;
    let archives: string;
    let host: Host;
    let end: () => Promise<void>;
    beforeAll(async () => {
      ({ dir, host, end } = await testHost('goldens'));
      archives = path.join(dir, 'archives');
      mkdirSync(archives);
    });
    afterAll(() => end());

    it(
      'hold, as pyarrow reads them, every row and value of every golden',
      async () => {
        const ledgers = await Promise.all(lakes.map((lake) => goldenLedgers(lake)));
        for (const [index, lake] of lakes.entries()) {
          const sequences = (ledgers[index] ?? []).map(({ sequence }) => sequence);
          await runAll(host, {
            source: { uri: `galexie:${lake.lake}` },
            archive: path.join(archives, lake.name),
            range: { start: Math.min(...sequences), end: Math.max(...sequences) },
            ...{ partitionSize: 10_000_000, types: LEDGER_TYPES, settings: DEFAULT_WRITE_SETTINGS },
            ...{ maxRejects: 0, verify: 'ledger' },
          });
        }
        const read = python<{ archives: number; rows: number }>('dump.py', [archives, ...LEDGER_TYPES]);
        expect(read.archives).toBe(lakes.length);

        const tally: Tally = new Map();
        const found: Record<string, readonly string[]> = {};
        let [tables, golden, rows] = [0, 0, 0];
        for (const [index, lake] of lakes.entries())
          for (const type of LEDGER_TYPES) {
            const fields = stellarSchemas.get(type)?.fields ?? [];
            const text = readFileSync(path.join(archives, `${lake.name}.rows`, `${type}.ndjson`), 'utf8');
            const own = text
              .split('\n')
              .filter((line) => line !== '')
              .map((line): Row => {
                const values = JSON.parse(line) as Record<string, unknown>;
                return Object.fromEntries(
                  fields.map((field) => [field.name, valueOf(field.type, values[field.name])]),
                );
              });
            rows += own.length;
            const compared = await compareTable(lake, type, own, ledgers[index] ?? [], tally);
            if (compared === undefined) continue;
            [tables, golden] = [tables + 1, golden + compared.rows];
            if (compared.differences.length > 0) found[`${lake.name} ${type}`] = compared.differences;
          }
        process.stdout.write(
          `archives and goldens: ${lakes.length} lakes, ${tables} tables, ${golden} golden rows compared; exceptions (values or rows):\n${tallyLines(tally)}`,
        );
        expect(found).toEqual({});
        expect(rows).toBe(read.rows);
        expect(golden).toBeGreaterThanOrEqual(68_000);
      },
      20 * 60_000,
    );
  },
);
