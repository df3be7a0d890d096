import type { Archive } from '@parquetry/archive';
import {
  type CheckedTable,
  type CrossProof,
  type LedgerReferences,
  type LedgerTransactions,
  crossCheck,
} from './crosscheck';
import type { AuditFinding } from './report';
import { type ProofScope, openTable, tableRows } from './table';

/** The columns of the operation's TOID and, where the table has it, of the transaction's. */
export type ReferenceColumns = readonly [operation: string, transaction?: string];

/** Of `operations`. */
export const OPERATIONS: ReferenceColumns = ['id', 'transaction_id'];
/** Of the tables whose rows refer to operations. */
export const OTHERS: Readonly<Record<string, ReferenceColumns>> = {
  effects: ['operation_id'],
  trades: ['history_operation_id'],
  contract_events: ['operation_id', 'transaction_id'],
  token_transfers: ['operation_id', 'transaction_id'],
};

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
    operations: await references(archive, scope, 'operations', OPERATIONS),
    others: await Promise.all(
      Object.entries(OTHERS).map(([type, columns]) => references(archive, scope, type, columns)),
    ),
  });
}

async function checked<T>(
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
  columns: ReferenceColumns,
): Promise<CheckedTable<LedgerReferences>> {
  return checked(
    archive,
    scope,
    type,
    ['ledger_sequence', ...(columns as readonly string[])],
    groupReferences,
  );
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
  let current: { ledger: number; rows: Map<bigint, number>; mixed: number } | undefined;
  for await (const [ledger, operation, transaction] of rows) {
    if (current?.ledger !== Number(ledger)) {
      if (current !== undefined) yield current;
      current = { ledger: Number(ledger), rows: new Map(), mixed: 0 };
    }
    const of = transaction === undefined ? undefined : BigInt(transaction as bigint);
    const id = operation === null || operation === undefined ? of : BigInt(operation as bigint);
    if (id === undefined) continue;
    if (of !== undefined && (id & ~0xfffn) !== of) {
      current.mixed += 1;
      current.rows.set(of, (current.rows.get(of) ?? 0) + 1);
    }
    current.rows.set(id, (current.rows.get(id) ?? 0) + 1);
  }
  if (current !== undefined) yield current;
}
