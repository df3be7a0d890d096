import { SKIPPED, hasData } from '../testing/data';
import { goldenLakes, goldenLedgers } from '../testing/golden';
import { EFFECTS_WITHOUT_COPY, OPERATION_EXCEPTION_NAMES } from '../testing/goldendetails';
import { compareTable, tallyLines } from '../testing/goldentables';
import type { Tally } from '../testing/rowcompare';
import { stellarSchemas } from '../schemas';
import { stellarRows } from './index';
import type { StellarType } from './types';

const TYPES = [...stellarSchemas.keys()] as StellarType[];

const tally: Tally = new Map();
const rows = new Map<StellarType, number>();
const counts = { lakes: 0, tables: 0 };

(hasData ? describe : describe.skip)(`rows and goldens${SKIPPED}`, () => {
  it.each(goldenLakes())(
    'of $name are the same, value for value',
    async (lake) => {
      const ledgers = await goldenLedgers(lake);
      const found: Record<string, readonly string[]> = {};
      for (const type of TYPES) {
        const own = ledgers.flatMap((context) => [...stellarRows(context, type)]);
        const compared = await compareTable(lake, type, own, ledgers, tally);
        if (compared === undefined) continue;
        counts.tables += 1;
        rows.set(type, (rows.get(type) ?? 0) + compared.rows);
        if (compared.differences.length > 0) found[type] = compared.differences;
      }
      counts.lakes += 1;
      expect(found).toEqual({});
    },
    120_000,
  );

  it('were compared, and every exception applied', () => {
    expect(counts.lakes).toBe(87);
    expect(rows.get('operations')).toBeGreaterThanOrEqual(8205);
    expect(rows.get('effects')).toBeGreaterThanOrEqual(10638);
    expect(rows.get('trades')).toBeGreaterThanOrEqual(735);
    for (const name of [...OPERATION_EXCEPTION_NAMES, EFFECTS_WITHOUT_COPY])
      expect([name, tally.get(name)]).toEqual([name, expect.any(Number)]);
  });

  afterAll(() => {
    const all = [...rows.values()].reduce((sum, count) => sum + count, 0);
    process.stdout.write(
      `goldens: ${counts.lakes} lakes, ${counts.tables} tables, ${all} rows compared; exceptions (values or rows):\n${tallyLines(tally)}`,
    );
  });
});
