import type { LedgerRange } from '@parquetry/core';
import { defineQuery } from '@temporalio/workflow';
import type { StageRef } from './activities';
import type { DatasetFailure, VerifyLevel } from './types';

/** Input of the `compact` workflow. */
export interface CompactInput {
  readonly archive: string;
  /** Datasets; absent for all. */
  readonly datasets?: readonly string[];
  /** Only segments inside these ledgers; absent for all. */
  readonly range?: LedgerRange;
  /** New segments lie between multiples of so many ledgers. */
  readonly partitionSize: number;
  /** A file closes at about this many bytes; absent for the writer's default. */
  readonly targetBytes?: number;
  readonly verify: VerifyLevel;
  /** Replaced files stay on storage. */
  readonly keepReplaced?: boolean;
  readonly carry?: CompactCarry;
}

/** What a compaction did so far. */
export interface CompactTotals {
  readonly groups: number;
  readonly segments: number;
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly rows: number;
  /** Groups that could not be compacted; they stay as they were. */
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
  /** Where the next page begins; absent for the archive's beginning. */
  readonly after?: CompactCursor;
  /** Some groups are parts of larger ones: when all pages are through, there is more to compact. */
  readonly again?: boolean;
}

/** A place in the archive: a page begins behind it. Datasets follow one another as the archive lists them. */
export interface CompactCursor {
  readonly dataset: string;
  /** Last ledger that is passed over. */
  readonly ledger: number;
}

/** Neighbouring segments of one dataset that become one. */
export interface CompactGroup {
  readonly dataset: string;
  /** From the first ledger of the first to the last of the last. */
  readonly range: LedgerRange;
  /** Ids, in ledger order. */
  readonly segments: readonly string[];
  readonly files: number;
  /** A part of more neighbours than one step can take. */
  readonly part?: boolean;
}

/** What is asked of the commit log: a page of groups, bounded so that it fits into one message of Temporal's. */
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
  /** Where the next page begins; absent on the last one. */
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

/** Steps of a compaction beside those of a partition. */
export interface CompactActivities {
  /** The next groups from the commit log, as it is now. */
  findSegments(request: FindRequest): Promise<CompactPage>;
  /** Writes the rows of a group's files anew into a stage. `done`: the group was compacted before. */
  mergeSegments(request: {
    readonly input: CompactInput;
    readonly group: CompactGroup;
  }): Promise<MergeResult>;
}

/** Answer of the `progress` query of a compaction, and its result. */
export interface CompactProgress extends CompactTotals {
  readonly kind: 'compact';
}

/** What the compaction did so far. */
export const compactProgress = defineQuery<CompactProgress>('progress');
