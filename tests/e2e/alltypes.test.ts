import path from 'node:path';
import type { BackfillResult } from '@parquetry/workflows';
import { stellarSchemas } from '@parquetry/stellar';
import { HAS_TEST_DATA, Sandbox, TEST_DATA } from '../support/cli';
import { itWithPython, pythonAsk } from '../support/python';

/** What `verify --deep` proved from the rows. */
interface Verified {
  readonly rows: Readonly<Record<string, unknown>>;
}

/** What an engine read: rows, and a digest of every value of one ledger. */
interface Read {
  readonly rows: number;
  readonly sample: number;
  readonly digest: string | null;
}

/** Real ledgers, and ledgers of a new protocol with offers, restores and upgrades. Their values: `goldenarchives`. */
const LAKES: readonly (readonly [folder: string, first: number, last: number])[] = [
  ['lakes/pubnet-1x64000', 63092982, 63092991],
  ['core/lakes/InvokeHostFunctionTests-9de975c631418bb4', 2, 45],
  ['core/lakes/HerderTests-370dd5e0af5cfa8d', 5, 5],
];

(HAS_TEST_DATA ? describe : describe.skip)(
  `all tables of an archive${HAS_TEST_DATA ? '' : ' [skipped: needs the test data]'}`,
  () => {
    const sandbox = new Sandbox();
    afterAll(() => sandbox.dispose());

    it.each(LAKES)(
      '%s: are proved from their rows, across partitions',
      async (folder, first, last) => {
        const archive = sandbox.path(path.basename(folder));
        const { code } = await sandbox.json<BackfillResult>([
          ...['backfill', '--source', `galexie:${path.join(TEST_DATA, folder)}`, '--archive', archive],
          ...['--types', 'all', '--ledgers', `${first}-${last}`, '--partition-size', '25'],
        ]);
        expect(code).toBe(0);
        const count = last - first + 1;
        const references = { effects: count, trades: count, contract_events: count, token_transfers: count };
        const verified = await sandbox.json<Verified>(['verify', '--archive', archive, '--deep']);
        expect(verified).toMatchObject({
          code: 0,
          document: {
            rows: {
              ...{ headers: count, results: count, sets: count, operations: count, references },
              lumens: { proved: count - 1, unchecked: 1 },
            },
          },
        });
      },
      300_000,
    );

    itWithPython(
      'are opened by delta-rs, polars and DuckDB, with the rows and values that pyarrow reads',
      async () => {
        const tables = Object.fromEntries(
          [...stellarSchemas].map(([name, { ledgerColumn }]) => [name, ledgerColumn]),
        );
        const archive = sandbox.path('pubnet-1x64000');
        const found = pythonAsk<Record<string, Record<string, Read>>>('engines.py', { archive, tables });
        expect(Object.keys(found)).toHaveLength(20);
        let full = 0;
        for (const [name, readers] of Object.entries(found)) {
          const { pyarrow, ...others } = readers;
          for (const [reader, read] of Object.entries(others))
            expect({ name, reader, ...read }).toEqual({ name, reader, ...pyarrow });
          if (pyarrow?.rows === 0) continue;
          full += 1;
          expect(Object.keys(others)).toEqual(['delta-rs', 'polars', 'duckdb']);
          expect(pyarrow?.sample).toBeGreaterThan(0);
        }
        expect(full).toBeGreaterThan(15);
      },
      120_000,
    );
  },
);
