import type { Archive } from '@parquetry/archive';
import { type Intervals, clipIntervals, isParquetryError } from '@parquetry/core';
import {
  BALANCE_COLUMNS,
  BALANCE_TABLES,
  type BalanceTable,
  ConservationCheck,
  type LumenTotals,
  lumensChanged,
} from '@parquetry/stellar';
import { checked } from './crossrows';
import { type CheckedTable, Cursor, ascending } from './cursor';
import { Faults } from './faults';
import type { AuditFinding, LumenProof } from './report';
import type { ProofScope } from './table';

/** The change of native balances in the rows of a ledger; undefined when a row does not have the balance before. */
export interface LumenChange {
  readonly ledger: number;
  readonly change: bigint | undefined;
}

/** What `checkLumens` reads. */
export interface LumenInput {
  readonly ledgers: CheckedTable<LumenTotals>;
  readonly balances: readonly CheckedTable<LumenChange>[];
}

/**
 * Checks for each ledger that the rows' changes of native balances and of the fee pool add up to the change of
 * `total_coins`, also where partitions meet. The totals of one ledger are in memory.
 */
export async function checkLumens(
  input: LumenInput,
): Promise<{ readonly proved: number; readonly unchecked: number; readonly findings: AuditFinding[] }> {
  const faults = new Faults('in the conservation of lumens');
  const check = new ConservationCheck();
  const ledgers = new Cursor(input.ledgers);
  const balances = input.balances.map((table) => new Cursor(table));
  const common = balances.reduce<Intervals>(
    (known, _, index) => known.flatMap((range) => clipIntervals(range, input.balances[index]?.answers ?? [])),
    input.ledgers.answers,
  );
  const answers = ascending(common);
  const all = [ledgers, ...balances];
  try {
    for (;;) {
      await Promise.all(all.map((cursor) => cursor.load()));
      const ledger = Math.min(...all.map((cursor) => cursor.head));
      if (ledger === Number.POSITIVE_INFINITY) break;
      const totals = ledgers.take(ledger);
      const changes = balances.map((cursor) => cursor.take(ledger) ?? { change: 0n });
      if (totals === undefined) continue;
      if (!answers(ledger)) check.skip(totals);
      else {
        const off = check.check(totals, sum(changes));
        if (off !== undefined)
          faults.ledger('lumens', ledger, 'accounts', 'CONSERVATION_BROKEN', [
            `${off > 0n ? off : -off} stroops ${off > 0n ? 'appear' : 'disappear'} in ledger ${ledger}: the changes of native balances and of its fee_pool do not add up to the change of its total_coins.`,
          ]);
      }
    }
  } finally {
    await Promise.all(all.map((cursor) => cursor.close()));
  }
  const { proved, unchecked } = check.result('');
  return { proved, unchecked, findings: faults.findings() };
}

function sum(changes: readonly { readonly change: bigint | undefined }[]): bigint | undefined {
  let total = 0n;
  for (const { change } of changes) {
    if (change === undefined) return undefined;
    total += change;
  }
  return total;
}

/** Checks the archive's tables; undefined when it has none of the tables with balances. */
export async function checkArchiveLumens(
  archive: Archive,
  scope: ProofScope,
): Promise<{ proof: LumenProof; findings: AuditFinding[] } | undefined> {
  const contract = await nativeContractOf(archive);
  const ledgers = await checked(archive, scope, 'ledgers', ['sequence', 'total_coins', 'fee_pool'], totalsOf);
  const balances: CheckedTable<LumenChange>[] = [];
  for (const table of BALANCE_TABLES)
    balances.push(
      await checked(archive, scope, table, ['ledger_sequence', ...BALANCE_COLUMNS[table]], (rows) =>
        changesOf(table, rows, contract ?? ''),
      ),
    );
  if (balances.slice(0, -1).every(({ answers }) => answers.length === 0)) return undefined;
  const missing = [ledgers, ...balances].filter(({ answers }) => answers.length === 0);
  const none = (why: string): { proof: LumenProof; findings: AuditFinding[] } => ({
    proof: { proved: 0, unchecked: 0, why },
    findings: [],
  });
  if (missing.length > 0)
    return none(
      `there are no ${missing.map(({ name }) => name).join(', ')} with the columns of this version`,
    );
  if (contract === undefined) return none('no segment names the contract of the native asset');
  const { findings, ...proof } = await checkLumens({ ledgers, balances });
  const why =
    'the ledger before them is not in the archive, or an earlier version wrote them without the balances before';
  return { proof: { ...proof, ...(proof.unchecked > 0 ? { why } : {}) }, findings };
}

/** The contract of the native asset, from the record of a segment whose pull knew the network. */
async function nativeContractOf(archive: Archive): Promise<string | undefined> {
  const dataset = archive.dataset('accounts');
  const { segments } = await dataset.snapshot();
  for (const { id } of segments) {
    const record = await dataset.segment(id).catch((error: unknown) => {
      if (isParquetryError(error)) return undefined;
      throw error;
    });
    if (record?.conservation !== undefined) return record.conservation.contract;
  }
  return undefined;
}

async function* totalsOf(rows: AsyncIterable<readonly unknown[]>): AsyncGenerator<LumenTotals> {
  for await (const [ledger, coins, pool] of rows)
    yield { ledger: Number(ledger), coins: BigInt(coins as bigint), pool: BigInt(pool as bigint) };
}

async function* changesOf(
  table: BalanceTable,
  rows: AsyncIterable<readonly unknown[]>,
  contract: string,
): AsyncGenerator<LumenChange> {
  let current: { ledger: number; change: bigint | undefined } | undefined;
  for await (const [sequence, ...values] of rows) {
    const ledger = Number(sequence);
    if (current?.ledger !== ledger) {
      if (current !== undefined) yield current;
      current = { ledger, change: 0n };
    }
    const change = lumensChanged(table, values, contract);
    current.change =
      current.change === undefined || change === undefined ? undefined : current.change + change;
  }
  if (current !== undefined) yield current;
}
