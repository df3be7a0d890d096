/** The TOID's bits of the operation. */
const OPERATION_BITS = 0xfffn;

/** Columns of the operation's TOID and, where the table has it, of the transaction's. */
export type ReferenceColumns = readonly [operation: string, transaction?: string];

/** The tables whose rows refer to operations or transactions; `operations` has one row for each operation. */
export const REFERENCE_COLUMNS: Readonly<Record<string, ReferenceColumns>> = {
  operations: ['id', 'transaction_id'],
  effects: ['operation_id'],
  trades: ['history_operation_id'],
  contract_events: ['operation_id', 'transaction_id'],
  token_transfers: ['operation_id', 'transaction_id'],
};

/** The transactions of a ledger: number of operations by TOID. */
export type OperationCounts = ReadonlyMap<bigint, number>;

/** What the rows of a ledger in one table refer to. */
export interface References {
  /** Rows by the TOID of a transaction or an operation. */
  readonly rows: ReadonlyMap<bigint, number>;
  /** Rows whose `operation_id` is not an operation of their `transaction_id`. */
  readonly mixed: number;
}

/** Counts what the rows of a ledger refer to. */
export class ReferenceCounts implements References {
  readonly rows = new Map<bigint, number>();
  mixed = 0;

  /** Adds a row, by its values of `ReferenceColumns`; it may lack one of them. */
  add(operation: unknown, transaction: unknown): void {
    const of = isNothing(transaction) ? undefined : BigInt(transaction as bigint);
    const id = isNothing(operation) ? of : BigInt(operation as bigint);
    if (id === undefined) return;
    if (of !== undefined && (id & ~OPERATION_BITS) !== of) {
      this.mixed += 1;
      this.rows.set(of, (this.rows.get(of) ?? 0) + 1);
    }
    this.rows.set(id, (this.rows.get(id) ?? 0) + 1);
  }
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}

/** The fault of a ledger whose transactions have more or fewer operations than its transaction set. */
export function setFault(
  ledger: number,
  expected: number,
  counts: OperationCounts,
  dataset: string,
): string | undefined {
  const found = sum(counts);
  return found === expected
    ? undefined
    : `The ${counts.size} transactions of ledger ${ledger} in ${dataset} have ${found} operations; the ledger's tx_set_operation_count is ${expected}.`;
}

/** Rows of `operations` per ledger, without the transactions to compare with. */
export function countFault(
  ledger: number,
  expected: number,
  { rows }: References,
  dataset: string,
): string | undefined {
  const total = sum(rows);
  return total === expected
    ? undefined
    : `Ledger ${ledger} has ${total} rows in ${dataset}; its tx_set_operation_count is ${expected}.`;
}

/** One sentence for each transaction that does not have exactly one row for each of its operations. */
export function operationFaults(
  ledger: number,
  counts: OperationCounts,
  found: References,
  dataset: string,
): string[] {
  const faults: string[] = [];
  for (const [id, count] of counts) {
    let each = 0;
    let doubled = 0;
    for (let index = 1; index <= count; index++) {
      const times = found.rows.get(id + BigInt(index)) ?? 0;
      if (times > 0) each += 1;
      doubled += Math.max(0, times - 1);
    }
    if (each !== count || doubled > 0)
      faults.push(
        `Transaction ${id} of ledger ${ledger} has ${each} of its ${count} operations in ${dataset}${doubled > 0 ? `, and ${doubled} rows too many` : ''}.`,
      );
  }
  return [...faults, ...referenceFaults(ledger, counts, found, dataset)];
}

/** One sentence for each transaction or operation that rows refer to and that does not exist. */
export function referenceFaults(
  ledger: number,
  counts: OperationCounts,
  { rows, mixed }: References,
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
