import path from 'node:path';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox, TEST_DATA, HAS_TEST_DATA } from '../support/cli';
import { PYTHON, python } from '../support/python';

interface Compared {
  readonly rows: number;
  readonly expected: number;
  readonly missing: number;
  readonly extra: number;
  readonly copies: number;
  readonly example: unknown;
}

interface Seen {
  readonly rows: number;
  readonly files: number;
  readonly pyarrow: string;
  readonly deltalake: string;
  readonly polars: string;
}

const FOUR = ['ledgers', 'transactions', 'contract_data', 'contract_events'];
const PUBNET = 'pubnet-63092982-63092991';
/** Contract events that stellar-etl writes twice: under their operation and again from the diagnostic list. */
const COPIES: Readonly<Record<string, number>> = { [PUBNET]: 99, 'pubnet-63092984-63092991': 74 };

const CASES: readonly (readonly [
  lake: string,
  goldens: string,
  first: number,
  last: number,
  types: readonly string[],
])[] = [
  ['pubnet-1x64000', PUBNET, 63092982, 63092991, FOUR],
  ['pubnet-2x8', PUBNET, 63092982, 63092991, FOUR],
  ['pubnet-4x1', PUBNET, 63092984, 63092991, FOUR],
  ['pubnet-old', 'pubnet-53312000', 53312000, 53312000, FOUR],
  ['testnet-997-999', 'testnet-997-999', 997, 999, ['ledgers', 'transactions']],
];

const ready = HAS_TEST_DATA && PYTHON !== undefined;
const why = HAS_TEST_DATA ? 'no Python with pyarrow' : 'no test data; set PARQUETRY_TEST_DATA';

(ready ? describe : describe.skip)(
  `real lakes against the goldens${ready ? '' : ` [skipped: ${why}]`}`,
  () => {
    const sandbox = new Sandbox();
    beforeAll(async () => void (await sandbox.dev()), 60_000);
    afterAll(() => sandbox.dispose());

    it.each(CASES)(
      '%s: every row and value, read with pyarrow, equals %s',
      async (lake, goldens, first, last, types) => {
        const archive = sandbox.path(lake);
        const { code, document } = await sandbox.json<BackfillResult>([
          'backfill',
          '--source',
          `galexie:${path.join(TEST_DATA, 'lakes', lake)}`,
          '--archive',
          archive,
          '--ledgers',
          `${first}-${last}`,
          '--types',
          types.join(','),
          '--partition-size',
          '5',
        ]);
        expect(code).toBe(0);
        expect(document.datasets.map(({ dataset }) => dataset).sort()).toEqual([...types].sort());
        const folder = path.join(TEST_DATA, 'goldens', goldens);
        const found = python<Record<string, Compared>>('goldens.py', [
          archive,
          folder,
          String(first),
          String(last),
          ...types,
        ]);
        for (const type of types) {
          const copies =
            type === 'contract_events'
              ? (COPIES[goldens === PUBNET && first !== 63092982 ? `pubnet-${first}-${last}` : goldens] ?? 0)
              : 0;
          expect({ type, ...found[type] }).toEqual({
            type,
            rows: (found[type]?.expected ?? 0) - copies,
            expected: found[type]?.expected,
            missing: 0,
            extra: 0,
            copies,
            example: null,
          });
          expect(found[type]?.expected).toBeGreaterThan(0);
          expect(document.datasets.find(({ dataset }) => dataset === type)?.rows).toBe(found[type]?.rows);
        }
        const seen = python<Record<string, Seen>>('tables.py', [archive]);
        expect(Object.keys(seen).sort()).toEqual([...types].sort());
        for (const table of Object.values(seen)) {
          expect(table.deltalake).toBe(table.pyarrow);
          expect(table.polars).toBe(table.pyarrow);
        }
      },
      180_000,
    );
  },
);
