import type { Archive } from '@parquetry/archive';
import { REFERENCE_COLUMNS, ReferenceCounts } from '@parquetry/stellar';
import { type CrossProof, type LedgerReferences, type LedgerTransactions, crossCheck } from './crosscheck';
import type { CheckedTable } from './cursor';
import type { AuditFinding } from './report';
import { type ProofScope, openTable, tableRows } from './table';

/** The tables whose rows refer to operations or transactions, without `operations` itself. */
export const REFERRING = Object.keys(REFERENCE_COLUMNS).filter((type) => type !== 'operations');

/** Compares the archive's tables with each other. */
export async function crossCheckArchive(
  archive: Archive,
  scope: ProofScope,
): Promise<{ proof: CrossProof; findings: AuditFinding[] }> {
  return crossCheck({
    ledgers: await checked(archive, scope, 'ledgers', ['sequence', 'tx_set_operation_count'], ledgerCounts),
    transactions: await checked(
      archive,
      scope,
      'transactions',
      ['ledger_sequence', 'id', 'operation_count'],
      transactionCounts,
    ),
    operations: await references(archive, scope, 'operations'),
    others: await Promise.all(REFERRING.map((type) => references(archive, scope, type))),
  });
}

/** A table and its rows, grouped by ledger; empty when the archive lacks it or one of the columns. */
export async function checked<T>(
  archive: Archive,
  scope: ProofScope,
  type: string,
  columns: readonly string[],
  group: (rows: AsyncIterable<readonly unknown[]>) => AsyncIterable<T>,
): Promise<CheckedTable<T>> {
  const table = await openTable(archive, type, columns, scope);
  return { name: type, answers: table.answers, rows: group(tableRows(archive, table, columns)) };
}

function references(
  archive: Archive,
  scope: ProofScope,
  type: string,
): Promise<CheckedTable<LedgerReferences>> {
  const columns = REFERENCE_COLUMNS[type] as readonly string[];
  return checked(archive, scope, type, ['ledger_sequence', ...columns], groupReferences);
}

async function* ledgerCounts(
  rows: AsyncIterable<readonly unknown[]>,
): AsyncGenerator<{ ledger: number; operations: number }> {
  for await (const [ledger, operations] of rows)
    yield { ledger: Number(ledger), operations: Number(operations) };
}

/** Transactions by ledger, of rows (ledger, TOID, operations). */
export async function* transactionCounts(
  rows: AsyncIterable<readonly unknown[]>,
): AsyncGenerator<LedgerTransactions> {
  let current: { ledger: number; operations: Map<bigint, number> } | undefined;
  for await (const [ledger, id, count] of rows) {
    if (current?.ledger !== Number(ledger)) {
      if (current !== undefined) yield current;
      current = { ledger: Number(ledger), operations: new Map() };
    }
    current.operations.set(BigInt(id as bigint), Number(count));
  }
  if (current !== undefined) yield current;
}

/** References by ledger, of rows (ledger, operation, transaction). */
export async function* groupReferences(
  rows: AsyncIterable<readonly unknown[]>,
): AsyncGenerator<LedgerReferences> {
  let current: { ledger: number; found: ReferenceCounts } | undefined;
  for await (const [ledger, operation, transaction] of rows) {
    if (current?.ledger !== Number(ledger)) {
      if (current !== undefined) yield current;
      current = { ledger: Number(ledger), found: new ReferenceCounts() };
    }
    current.found.add(operation, transaction);
  }
  if (current !== undefined) yield current;
}
