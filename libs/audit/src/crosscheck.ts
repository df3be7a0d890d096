import { type Intervals, clipIntervals, countLedgers } from '@parquetry/core';
import {
  type OperationCounts,
  type References,
  countFault,
  operationFaults,
  referenceFaults,
  setFault,
} from '@parquetry/stellar';
import { type CheckedTable, Cursor } from './cursor';
import { Faults } from './faults';
import type { AuditFinding } from './report';

/** The transactions of a ledger: TOID and number of operations. */
export interface LedgerTransactions {
  readonly ledger: number;
  readonly operations: OperationCounts;
}

/** What the rows of a ledger in another table refer to. */
export interface LedgerReferences {
  readonly ledger: number;
  readonly found: References;
}

/** What `crossCheck` reads. */
export interface CrossInput {
  /** `tx_set_operation_count` of each ledger. */
  readonly ledgers: CheckedTable<{ readonly ledger: number; readonly operations: number }>;
  readonly transactions: CheckedTable<LedgerTransactions>;
  /** The table with a row for each operation. */
  readonly operations: CheckedTable<LedgerReferences>;
  /** Tables whose rows refer to transactions or operations. */
  readonly others: readonly CheckedTable<LedgerReferences>[];
}

/** How many ledgers the tables agree on. */
export interface CrossProof {
  /** Ledgers whose transactions have as many operations together as the ledger's `tx_set_operation_count`. */
  readonly sets: number;
  /** Ledgers with exactly one row of `operations` for each operation of each transaction. */
  readonly operations: number;
  /** By table: ledgers whose rows all refer to a transaction and an operation of the same ledger. */
  readonly references: Readonly<Record<string, number>>;
}

/**
 * Compares the tables of a ledger with each other: each operation of each transaction has one row, and every row refers
 * to a transaction and an operation that exist. A ledger is checked where the tables involved answer for it. The
 * rows of one ledger are in memory.
 */
export async function crossCheck(
  input: CrossInput,
): Promise<{ proof: CrossProof; findings: AuditFinding[] }> {
  const report = new Faults('between the tables');
  const ledgers = new Cursor(input.ledgers);
  const transactions = new Cursor(input.transactions);
  const operations = new Cursor(input.operations);
  const others = input.others.map((table) => new Cursor(table));
  const all = [ledgers, transactions, operations, ...others];
  try {
    for (;;) {
      await Promise.all(all.map((cursor) => cursor.load()));
      const ledger = Math.min(...all.map((cursor) => cursor.head));
      if (ledger === Number.POSITIVE_INFINITY) break;
      const header = ledgers.take(ledger);
      const applied = transactions.take(ledger);
      const { found = NO_REFERENCES } = operations.take(ledger) ?? {};
      const counts = transactions.answers(ledger) ? (applied?.operations ?? NONE) : undefined;
      if (header !== undefined && counts !== undefined)
        report.ledger('sets', ledger, transactions.name, 'COUNT_MISMATCH', [
          setFault(ledger, header.operations, counts, transactions.name),
        ]);
      if (operations.answers(ledger) && counts !== undefined)
        report.ledger(
          operations.name,
          ledger,
          operations.name,
          'COUNT_MISMATCH',
          operationFaults(ledger, counts, found, operations.name),
        );
      else if (operations.answers(ledger) && header !== undefined)
        report.ledger('count', ledger, operations.name, 'COUNT_MISMATCH', [
          countFault(ledger, header.operations, found, operations.name),
        ]);
      for (const cursor of others) {
        const rows = cursor.take(ledger);
        if (rows !== undefined && counts !== undefined && cursor.answers(ledger))
          report.ledger(
            cursor.name,
            ledger,
            cursor.name,
            'REFERENCE_BROKEN',
            referenceFaults(ledger, counts, rows.found, cursor.name),
          );
      }
    }
  } finally {
    await Promise.all(all.map((cursor) => cursor.close()));
  }
  const { answers } = input.transactions;
  const agreed = (check: string, other: Intervals): number =>
    countLedgers(answers.flatMap((range) => clipIntervals(range, other))) - report.count(check);
  return {
    proof: {
      sets: agreed('sets', input.ledgers.answers),
      operations: agreed(input.operations.name, input.operations.answers),
      references: Object.fromEntries(
        input.others.map((each) => [each.name, agreed(each.name, each.answers)]),
      ),
    },
    findings: report.findings(),
  };
}

const NONE: OperationCounts = new Map();
const NO_REFERENCES: References = { rows: NONE, mixed: 0 };
