import type { LedgerContext } from '../rows/context';
import type { Row } from '../rows/row';
import type { StellarType } from '../rows/types';
import { stellarSchemas } from '../schemas';
import { type GoldenLake, goldenRows } from './golden';
import { type CompareRows, compareEffects, compareOperations, compareTrades } from './goldendetails';
import { type GoldenRow, type Tally, differences } from './rowcompare';
import { eventOf } from './rowexceptions';

/** The tables whose rows hold structs. */
const DETAILS: Readonly<Partial<Record<StellarType, CompareRows>>> = {
  operations: compareOperations,
  effects: compareEffects,
  trades: compareTrades,
};

/** A table compared with its golden. */
export interface ComparedTable {
  /** Golden rows. */
  readonly rows: number;
  /** At most ten. */
  readonly differences: readonly string[];
}

/**
 * Compares all rows of a table, of all ledgers of a lake, with stellar-etl's: every row and every value. Exceptions are
 * counted by name. Undefined for a table without a golden.
 */
export async function compareTable(
  lake: GoldenLake,
  type: StellarType,
  own: readonly Row[],
  ledgers: readonly LedgerContext[],
  tally: Tally,
): Promise<ComparedTable | undefined> {
  const schema = stellarSchemas.get(type);
  // The pubnet and testnet goldens have no file of assets.
  if (schema === undefined || (type === 'assets' && !lake.goldens.includes('core'))) return undefined;
  // stellar-etl leaves out assets that an earlier ledger of the same export named; our rows are a ledger's own.
  let golden: GoldenRow[] = await goldenRows(lake, type === 'assets' ? 'assets_per_ledger' : type);
  const details = DETAILS[type];
  if (details !== undefined)
    return { rows: golden.length, differences: details(own, golden, tally).slice(0, 10) };
  if (type === 'contract_events') golden = withoutCopies(golden, tally);
  const rows = type === 'token_transfers' ? withoutOldMeta(own, ledgers, tally) : own;
  return { rows: golden.length, differences: differences(schema, rows, golden, tally) };
}

/** stellar-etl's events without the copies that it makes from the diagnostic list (see DEVIATIONS). */
function withoutCopies(rows: readonly GoldenRow[], tally: Tally): GoldenRow[] {
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
  note(tally, 'contract_events: copies from the diagnostic list', rows.length - kept.length);
  return kept;
}

/** Transfers of ledgers whose meta has no events of fees: stellar-etl makes no rows at all of such ledgers. */
function withoutOldMeta(rows: readonly Row[], ledgers: readonly LedgerContext[], tally: Tally): Row[] {
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
  note(tally, 'token_transfers: ledgers without events of fees', rows.length - kept.length);
  return kept;
}

function note(tally: Tally, name: string, count: number): void {
  if (count > 0) tally.set(name, (tally.get(name) ?? 0) + count);
}

/** The exceptions and how often each applied, as lines. */
export function tallyLines(tally: Tally): string {
  return [...tally].map(([name, count]) => `  ${count} × ${name}\n`).join('');
}
