import type { FindingCode } from '@parquetry/core';
import type { AuditFinding } from './report';

/** Most findings listed; a swapped table would give one per ledger. */
const MAX_FINDINGS = 100;

/** Collects findings, and how many ledgers fail each check. */
export class Faults {
  private readonly named: AuditFinding[] = [];
  private readonly failed = new Map<string, number>();
  private more = 0;

  /** `where` completes "5 more faults … are not listed." */
  constructor(private readonly where: string) {}

  /** Notes a ledger that fails `check`, when there are messages. */
  ledger(
    check: string,
    ledger: number,
    dataset: string,
    code: FindingCode,
    messages: readonly (string | undefined)[],
  ): void {
    const faults = messages.filter((message) => message !== undefined);
    if (faults.length === 0) return;
    this.failed.set(check, this.count(check) + 1);
    for (const message of faults)
      if (this.named.length >= MAX_FINDINGS) this.more += 1;
      else this.named.push({ code, fault: true, dataset, range: { start: ledger, end: ledger }, message });
  }

  /** Ledgers that fail a check. */
  count(check: string): number {
    return this.failed.get(check) ?? 0;
  }

  findings(): AuditFinding[] {
    const last = this.named.at(-1);
    if (this.more === 0 || last === undefined) return this.named;
    const { code, dataset } = last;
    return [
      ...this.named,
      { code, fault: true, dataset, message: `${this.more} more faults ${this.where} are not listed.` },
    ];
  }
}
