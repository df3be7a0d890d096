import { SKIPPED, hasData } from '../testing/data';
import { goldenLakes, goldenLedgers, goldenRows } from '../testing/golden';
import { type GoldenRow, type Tally, differences } from '../testing/rowcompare';
import { eventOf } from '../testing/rowexceptions';
import { stellarSchemas } from '../schemas';
import type { LedgerContext } from './context';
import { stellarRows } from './index';
import type { Row } from './row';
import type { StellarType } from './types';

/** The tables whose rows hold structs have tests of their own, with the same goldens. */
const STRUCTS: readonly string[] = ['operations', 'effects', 'trades'];
const TYPES = ([...stellarSchemas.keys()] as StellarType[]).filter((type) => !STRUCTS.includes(type));

const tally: Tally = new Map();
const counts = { lakes: 0, tables: 0, rows: 0 };

function note(name: string, count: number): void {
  if (count > 0) tally.set(name, (tally.get(name) ?? 0) + count);
}

/** stellar-etl's events without the copies that it makes from the diagnostic list (see DEVIATIONS). */
function withoutCopies(rows: readonly GoldenRow[]): GoldenRow[] {
  const left = new Map<string, number>();
  const key = (row: GoldenRow): string =>
    `${String(row['transaction_hash'])} ${eventOf(row['contract_event_xdr'])}`;
  for (const row of rows)
    if (typeof row['operation_id'] === 'string') left.set(key(row), (left.get(key(row)) ?? 0) + 1);
  const kept = rows.filter((row) => {
    if (typeof row['operation_id'] === 'string' || row['type'] === '#2') return true;
    const copies = left.get(key(row)) ?? 0;
    if (copies > 0) left.set(key(row), copies - 1);
    return copies === 0;
  });
  note('contract_events: copies from the diagnostic list', rows.length - kept.length);
  return kept;
}

/** Transfers of ledgers whose meta has no events of fees: stellar-etl makes no rows at all of such ledgers. */
function withoutOldMeta(rows: readonly Row[], ledgers: readonly LedgerContext[]): Row[] {
  const old = new Set(
    ledgers
      .filter(({ transactions }) =>
        transactions.some(
          ({ processing: { txApplyProcessing: meta } }) => meta.type !== 4 || meta.value.events.length === 0,
        ),
      )
      .map(({ sequence }) => sequence),
  );
  const kept = rows.filter((row) => !old.has(row['ledger_sequence'] as number));
  note('token_transfers: ledgers without events of fees', rows.length - kept.length);
  return kept;
}

(hasData ? describe : describe.skip)(`rows and goldens${SKIPPED}`, () => {
  it.each(goldenLakes())(
    'of $name are the same, value for value',
    async (lake) => {
      const ledgers = await goldenLedgers(lake);
      const found: Record<string, string[]> = {};
      for (const type of TYPES) {
        const schema = stellarSchemas.get(type);
        if (schema === undefined) continue;
        let rows = ledgers.flatMap((context) => [...stellarRows(context, type)]);
        // stellar-etl leaves out assets that an earlier ledger of the same export named; our rows are a ledger's own.
        let golden: GoldenRow[] = await goldenRows(lake, type === 'assets' ? 'assets_per_ledger' : type);
        if (type === 'contract_events') golden = withoutCopies(golden);
        if (type === 'token_transfers') rows = withoutOldMeta(rows, ledgers);
        // The pubnet and testnet goldens have no file of assets.
        if (type === 'assets' && !lake.goldens.includes('core')) continue;
        counts.tables += 1;
        counts.rows += golden.length;
        const texts = differences(schema, rows, golden, tally);
        if (texts.length > 0) found[type] = texts;
      }
      counts.lakes += 1;
      expect(found).toEqual({});
    },
    120_000,
  );

  afterAll(() => {
    const lines = [...tally].map(([name, count]) => `  ${count} × ${name}`);
    process.stdout.write(
      `goldens: ${counts.lakes} lakes, ${counts.tables} tables, ${counts.rows} rows compared; exceptions (values or rows):\n${lines.join('\n')}\n`,
    );
  });
});
