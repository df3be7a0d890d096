import type { Reject } from '@parquetry/core';
import { REJECT_LIMITS, RejectLog } from '../stage/rejectfile';

/** Both lists of `TailRejects` are in memory until a flush stores them, so each gets half of the bytes. */
const LIMITS = { ...REJECT_LIMITS, bytes: REJECT_LIMITS.bytes / 2 };

/** Rejects that stay in memory until they are stored as a file. */
export class RejectList {
  private readonly log = new RejectLog(LIMITS);
  private readonly whole: string[] = [];

  /** All rejects, whole or counted. */
  get count(): number {
    return this.log.count;
  }

  keep(reject: Reject): void {
    const line = this.log.take(reject);
    if (line !== undefined) this.whole.push(line);
  }

  /** The first rejects. */
  first(count: number): Reject[] {
    return this.whole.slice(0, count).map((line) => JSON.parse(line) as Reject);
  }

  /** The lines of the file: complete rejects, then the summaries. */
  lines(): string[] {
    return [...this.whole, ...this.log.summaries()];
  }
}

/** Rejected messages that belong to no flushed ledger of a tail, until they are stored. */
export class TailRejects {
  /** Messages for ledgers before the first one: LATE_MESSAGE. */
  readonly late = new RejectList();
  /** Messages without a usable type or ledger. */
  readonly unusable = new RejectList();
}
