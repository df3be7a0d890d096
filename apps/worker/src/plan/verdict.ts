import { type LedgerRange, ParquetryError, partitionAt } from '@parquetry/core';
import type { InspectedMessage } from '@parquetry/source';
import type { RunSpec } from '@parquetry/workflows';

/** Counts of a dataset in a partition. */
interface Part {
  readonly dataset: string;
  /** Ledgers of the partition, inclusive. */
  readonly range: LedgerRange;
  accepted: number;
  rejected: number;
}

/** Outcome of messages in a run, also by partition, because rejects are limited per partition. */
export class Verdict {
  accepted = 0;
  /** All rejects, including the unusable messages. */
  rejected = 0;
  unusable = 0;
  filtered = 0;
  /** Rejects by code. */
  readonly reasons: Record<string, number> = {};
  private readonly parts = new Map<string, Part>();

  constructor(private readonly spec: Pick<RunSpec, 'range' | 'partitionSize' | 'maxRejects'>) {}

  /** Counts a message. */
  add({ dataset, ledger, fault, unusable, filtered }: InspectedMessage): void {
    if (filtered === true) this.filtered += 1;
    else if (fault === undefined) this.accepted += 1;
    else {
      this.rejected += 1;
      this.reasons[fault.code] = (this.reasons[fault.code] ?? 0) + 1;
    }
    if (unusable === true) this.unusable += 1;
    if (filtered === true || unusable === true || dataset === undefined || ledger === undefined) return;
    const part = this.part(dataset, ledger);
    if (fault === undefined) part.accepted += 1;
    else part.rejected += 1;
  }

  /** Parts with more rejects than allowed: none of their rows would be committed. */
  failing(): readonly Readonly<Part>[] {
    return [...this.parts.values()].filter(({ rejected }) => rejected > this.spec.maxRejects);
  }

  /** Whether a backfill would end with an error. */
  get fails(): boolean {
    return this.unusable > this.spec.maxRejects || this.failing().length > 0;
  }

  /** Rows and rejects by dataset, for all partitions that would be committed. */
  datasets(): readonly { readonly dataset: string; readonly rows: number; readonly rejected: number }[] {
    const sums = new Map<string, { rows: number; rejected: number }>();
    for (const { dataset, accepted, rejected } of this.parts.values()) {
      const sum = sums.get(dataset) ?? { rows: 0, rejected: 0 };
      sums.set(dataset, sum);
      if (rejected > this.spec.maxRejects) continue;
      sum.rows += accepted;
      sum.rejected += rejected;
    }
    return [...sums]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([dataset, { rows, rejected }]) => ({ dataset, rows, rejected }));
  }

  private part(dataset: string, ledger: number): Part {
    const { range, partitionSize } = this.spec;
    const found = partitionAt(range, partitionSize, ledger);
    if (found === undefined)
      throw new ParquetryError('INTERNAL', `Ledger ${ledger} is outside the inspected range.`);
    const key = `${dataset}/${found.start}`;
    const known = this.parts.get(key);
    if (known !== undefined) return known;
    const made = { dataset, range: found, accepted: 0, rejected: 0 };
    this.parts.set(key, made);
    return made;
  }
}
