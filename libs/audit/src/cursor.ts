import type { Intervals } from '@parquetry/core';

/** Rows of a table in ledger order, and the ledgers it answers for: one without rows has none. */
export interface CheckedTable<T> {
  readonly name: string;
  readonly rows: AsyncIterable<T>;
  readonly answers: Intervals;
}

/** Reads a table along ascending ledgers. */
export class Cursor<T extends { readonly ledger: number }> {
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
