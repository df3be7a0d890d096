import type { ErrorCode, FindingCode, LedgerRange } from '@parquetry/core';

/** A fault, or something that only uses space (`fault: false`). */
export interface AuditFinding {
  /** The code of an error where an object could not be read. */
  readonly code: FindingCode | ErrorCode;
  readonly fault: boolean;
  readonly dataset: string;
  /** Key of the affected object, if any. */
  readonly key?: string;
  readonly range?: LedgerRange;
  /** One sentence. */
  readonly message: string;
}

/** For how many ledgers no lumen appears or disappears. */
export interface LumenProof {
  readonly proved: number;
  /** Ledgers that could not be checked, of those in all tables. */
  readonly unchecked: number;
  /** Why ledgers could not be checked; absent when all were. */
  readonly why?: string;
}

/** Ledgers by what is known of the hashes of their rows. */
export interface RowHashCheck {
  /** Ledgers whose rows have the recorded hash. */
  readonly checked: number;
  /** Ledgers whose hashes were computed and stored now. */
  readonly added: number;
  /** Ledgers without row hashes, merged. */
  readonly without: readonly LedgerRange[];
}

/** Scope and result of the audit of one dataset. */
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
  /** Covered ledgers with rejects, merged. */
  readonly rejected: readonly LedgerRange[];
  /** Proof of the coverage: `chain` when every segment's hash chain was checked at its pull and the chains connect. */
  readonly proof: 'chain' | 'declared' | 'mixed' | 'none';
  /** What the pulls found about native balances; only for `accounts`. */
  readonly lumens?: LumenProof;
  /** Row hashes against the rows; only if every value was read. */
  readonly rowHashes?: RowHashCheck;
  /** Pattern of the data files below the archive's root. */
  readonly glob: string;
  /** True when that pattern finds exactly the live files, so that a glob reads each row once. */
  readonly globExact: boolean;
  readonly findings: readonly AuditFinding[];
}
