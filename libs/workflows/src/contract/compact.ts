import type { LedgerRange } from '@parquetry/core';
import { defineQuery } from './define';
import type { StageRef } from './activities';
import type { DatasetFailure, VerifyLevel } from './types';

/** Input of the `compact` workflow. */
export interface CompactInput {
  readonly archive: string;
  /** Datasets; absent for all. */
  readonly datasets?: readonly string[];
  /** Only segments inside these ledgers; absent for all. */
  readonly range?: LedgerRange;
  /** New segments do not cross multiples of this number of ledgers. */
  readonly partitionSize: number;
  /** A file closes at about this size in bytes; absent for the writer's default. */
  readonly targetBytes?: number;
  readonly verify: VerifyLevel;
  /** Keeps replaced files on storage. */
  readonly keepReplaced?: boolean;
  /** Ends when this many groups are merged; absent: after all. */
  readonly limit?: number;
  /** Only segments that were recorded before this time, Unix milliseconds; absent: all. */
  readonly before?: number;
  readonly carry?: CompactCarry;
}

/** Progress of a compaction. */
export interface CompactTotals {
  readonly groups: number;
  readonly segments: number;
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly rows: number;
  /** Groups that could not be compacted; they are unchanged. */
  readonly failed: number;
  /** The first 100 of them. */
  readonly failures: readonly CompactFailure[];
}

/** Why a group could not be compacted. */
export interface CompactFailure extends DatasetFailure {
  readonly range: LedgerRange;
}

/** State that survives a continue-as-new. */
export interface CompactCarry extends CompactTotals {
  /** Start of the next page; absent for the start of the archive. */
  readonly after?: CompactCursor;
  /** Some groups are parts of larger ones: another pass is needed after the last page. */
  readonly again?: boolean;
}

/** A position in the archive; a page starts after it. Datasets are in the order of the archive's list. */
export interface CompactCursor {
  readonly dataset: string;
  /** Last ledger that is skipped. */
  readonly ledger: number;
}

/** Adjacent segments of one dataset to merge. */
export interface CompactGroup {
  readonly dataset: string;
  /** From the first ledger of the first to the last of the last. */
  readonly range: LedgerRange;
  /** Ids, in ledger order. */
  readonly segments: readonly string[];
  readonly files: number;
  /** Part of a run of adjacent segments that is too long for one step. */
  readonly part?: boolean;
}

/** Request for a page of groups, bounded so that it fits into one Temporal payload. */
export interface FindRequest {
  readonly input: CompactInput;
  readonly after?: CompactCursor;
  /** Most groups of a page. */
  readonly groups: number;
  /** Most segments of a page, and of one group. */
  readonly segments: number;
}

/** Groups of a page. */
export interface CompactPage {
  readonly groups: readonly CompactGroup[];
  /** Start of the next page; absent on the last one. */
  readonly next?: CompactCursor;
}

/** Result of the merge step: the new files are in a stage. */
export type MergeResult =
  | { readonly kind: 'done' }
  | (StageRef & {
      readonly kind: 'staged';
      readonly plan: string;
      readonly schemaVersion: number;
      readonly rows: number;
    });

/** Additional steps of a compaction. */
export interface CompactActivities {
  /** Reads the next groups from the current commit log. */
  findSegments(request: FindRequest): Promise<CompactPage>;
  /** Rewrites the rows of a group's files into a stage. `done`: the group is already compacted. */
  mergeSegments(request: {
    readonly input: CompactInput;
    readonly group: CompactGroup;
  }): Promise<MergeResult>;
}

/** Answer of the `progress` query of a compaction, and its result. */
export interface CompactProgress extends CompactTotals {
  readonly kind: 'compact';
  /** It ended at its limit; a later compaction continues. */
  readonly limited?: true;
}

/** Progress of the compaction. */
export const compactProgress = defineQuery<CompactProgress>('progress');
