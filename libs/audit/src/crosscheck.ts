import { type FindingCode, type Intervals, clipIntervals, countLedgers } from '@parquetry/core';
import type { AuditFinding } from './report';

/** The transactions of a ledger: TOID and number of operations. */
export interface LedgerTransactions {
  readonly ledger: number;
  readonly operations: ReadonlyMap<bigint, number>;
}

/** What the rows of a ledger in another table refer to. */
export interface LedgerReferences {
  readonly ledger: number;
  /** Rows by the TOID of a transaction or an operation. */
  readonly rows: ReadonlyMap<bigint, number>;
  /** Rows whose `operation_id` is not an operation of their `transaction_id`. */
  readonly mixed: number;
}

/** Rows of a table in ledger order, and the ledgers it answers for: one without rows has none. */
export interface CheckedTable<T> {
  readonly name: string;
  readonly rows: AsyncIterable<T>;
  readonly answers: Intervals;
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

/** Most findings listed; a swapped table would give one per ledger. */
const MAX_FINDINGS = 100;

/** The TOID's bits of the operation. */
const OPERATION_BITS = 0xfffn;

/**
 * Compares the tables of a ledger with each other: each operation of each transaction has one row, and every row refers
 * to a transaction and an operation that are there. A ledger is checked where the tables involved answer for it. The
 * rows of one ledger are in memory.
 */
export async function crossCheck(
  input: CrossInput,
): Promise<{ proof: CrossProof; findings: AuditFinding[] }> {
  const report = new Report();
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
      const referred = operations.take(ledger);
      const counts = transactions.answers(ledger) ? (applied?.operations ?? NONE) : undefined;
      if (header !== undefined && counts !== undefined)
        checkSet(report, ledger, header.operations, counts, input.transactions.name);
      if (operations.answers(ledger))
        checkOperations(report, ledger, counts, referred, header?.operations, input.operations.name);
      for (const cursor of others) {
        const rows = cursor.take(ledger);
        if (rows !== undefined && counts !== undefined && cursor.answers(ledger))
          checkReferences(report, counts, rows, cursor.name);
      }
    }
  } finally {
    await Promise.all(all.map((cursor) => cursor.close()));
  }
  const { answers } = input.transactions;
  const agreed = (check: string, other: Intervals): number =>
    countLedgers(answers.flatMap((range) => clipIntervals(range, other))) - report.ledgers(check);
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

const NONE: ReadonlyMap<bigint, number> = new Map();

/** The transactions of a ledger have as many operations as its transaction set. */
function checkSet(
  report: Report,
  ledger: number,
  expected: number,
  counts: ReadonlyMap<bigint, number>,
  dataset: string,
): void {
  const found = sum(counts);
  if (found === expected) return;
  report.fault('sets', ledger, dataset, 'COUNT_MISMATCH', [
    `The ${counts.size} transactions of ledger ${ledger} in ${dataset} have ${found} operations; the ledger's tx_set_operation_count is ${expected}.`,
  ]);
}

/** Each operation of each transaction has exactly one row; without the transactions only the number of rows is known. */
function checkOperations(
  report: Report,
  ledger: number,
  counts: ReadonlyMap<bigint, number> | undefined,
  found: LedgerReferences | undefined,
  inSet: number | undefined,
  dataset: string,
): void {
  const rows = found?.rows ?? NONE;
  const total = sum(rows);
  const faults: string[] = [];
  if (counts === undefined) {
    if (inSet !== undefined && total !== inSet)
      faults.push(
        `Ledger ${ledger} has ${total} rows in ${dataset}; its tx_set_operation_count is ${inSet}.`,
      );
  } else {
    for (const [id, count] of counts) {
      let each = 0;
      let doubled = 0;
      for (let index = 1; index <= count; index++) {
        const times = rows.get(id + BigInt(index)) ?? 0;
        if (times > 0) each += 1;
        doubled += Math.max(0, times - 1);
      }
      if (each !== count || doubled > 0)
        faults.push(
          `Transaction ${id} of ledger ${ledger} has ${each} of its ${count} operations in ${dataset}${doubled > 0 ? `, and ${doubled} rows too many` : ''}.`,
        );
    }
    if (found !== undefined) faults.push(...unknown(counts, found, dataset));
  }
  report.fault(counts === undefined ? 'count' : dataset, ledger, dataset, 'COUNT_MISMATCH', faults);
}

function checkReferences(
  report: Report,
  counts: ReadonlyMap<bigint, number>,
  found: LedgerReferences,
  dataset: string,
): void {
  report.fault(dataset, found.ledger, dataset, 'REFERENCE_BROKEN', unknown(counts, found, dataset));
}

/** One sentence for each transaction or operation that rows refer to and that is not there. */
function unknown(
  counts: ReadonlyMap<bigint, number>,
  { ledger, rows, mixed }: LedgerReferences,
  dataset: string,
): string[] {
  const faults: string[] = [];
  for (const [id, times] of rows) {
    const transaction = id & ~OPERATION_BITS;
    const operation = Number(id & OPERATION_BITS);
    const count = counts.get(transaction);
    if (count === undefined)
      faults.push(
        `${times} rows of ledger ${ledger} in ${dataset} refer to transaction ${transaction}, which has no row in that ledger.`,
      );
    else if (operation > count)
      faults.push(
        `${times} rows of ledger ${ledger} in ${dataset} refer to operation ${id}; transaction ${transaction} has ${count} operations.`,
      );
  }
  if (mixed > 0)
    faults.push(
      `${mixed} rows of ledger ${ledger} in ${dataset} have an operation_id that is not of their transaction_id.`,
    );
  return faults;
}

function sum(counts: ReadonlyMap<bigint, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}

/** Collects findings, and how many ledgers fail each check. */
class Report {
  private readonly named: AuditFinding[] = [];
  private readonly failed = new Map<string, number>();
  private more = 0;

  /** A ledger that fails `check`, when there are messages. */
  fault(
    check: string,
    ledger: number,
    dataset: string,
    code: FindingCode,
    messages: readonly string[],
  ): void {
    if (messages.length === 0) return;
    this.failed.set(check, this.ledgers(check) + 1);
    for (const message of messages)
      if (this.named.length >= MAX_FINDINGS) this.more += 1;
      else this.named.push({ code, fault: true, dataset, range: { start: ledger, end: ledger }, message });
  }

  ledgers(check: string): number {
    return this.failed.get(check) ?? 0;
  }

  findings(): AuditFinding[] {
    const last = this.named.at(-1);
    if (this.more === 0 || last === undefined) return this.named;
    const { code, dataset } = last;
    return [
      ...this.named,
      { code, fault: true, dataset, message: `${this.more} more faults between the tables are not listed.` },
    ];
  }
}

/** Reads a table along ascending ledgers. */
class Cursor<T extends { readonly ledger: number }> {
  readonly name: string;
  /** Asked with ascending ledgers. */
  readonly answers: (ledger: number) => boolean;
  private readonly rows: AsyncIterator<T>;
  private next: T | undefined;
  private ended = false;

  constructor(table: CheckedTable<T>) {
    this.name = table.name;
    this.rows = table.rows[Symbol.asyncIterator]();
    this.answers = ascending(table.answers);
  }

  /** Reads the next ledger unless one waits. */
  async load(): Promise<void> {
    if (this.next !== undefined || this.ended) return;
    const { done, value } = await this.rows.next();
    if (done === true) this.ended = true;
    else this.next = value;
  }

  /** The ledger that waits; infinity at the end. */
  get head(): number {
    return this.next?.ledger ?? Number.POSITIVE_INFINITY;
  }

  /** What waits, if it is of this ledger. */
  take(ledger: number): T | undefined {
    if (this.next?.ledger !== ledger) return undefined;
    const { next } = this;
    this.next = undefined;
    return next;
  }

  async close(): Promise<void> {
    await this.rows.return?.();
  }
}

/** Whether a ledger is in the intervals; asked with ascending ledgers. */
export function ascending(intervals: Intervals): (ledger: number) => boolean {
  let at = 0;
  return (ledger) => {
    while (at < intervals.length && (intervals[at]?.end ?? 0) < ledger) at += 1;
    return (intervals[at]?.start ?? Number.POSITIVE_INFINITY) <= ledger;
  };
}
