import type { ErrorCode, FindingCode, LedgerRange } from '@parquetry/core';

/** A fault, or something that only takes room (`fault: false`). */
export interface AuditFinding {
  /** The code of an error where an object could not be read. */
  readonly code: FindingCode | ErrorCode;
  readonly fault: boolean;
  readonly dataset: string;
  /** Key of the object it is about, where there is one. */
  readonly key?: string;
  readonly range?: LedgerRange;
  /** One sentence. */
  readonly message: string;
}

/** What was looked at in one dataset, and what was found. */
export interface DatasetAudit {
  readonly dataset: string;
  /** Version of the dataset's Delta log. */
  readonly version: number;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
  readonly ledgers: number;
  /** Covered ledgers, merged. */
  readonly coverage: readonly LedgerRange[];
  /** How coverage is known: `chain` when every segment's hash chain was checked at its pull and they join here. */
  readonly proof: 'chain' | 'declared' | 'mixed' | 'none';
  /** Pattern of the data files below the archive's root. */
  readonly glob: string;
  /** True when that pattern finds exactly the live files, so that a reader that globs sees each row once. */
  readonly globExact: boolean;
  readonly findings: readonly AuditFinding[];
}
