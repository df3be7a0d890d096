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

/** State that survives a continue-as-new. */
export interface CompactCarry {
  readonly groups: number;
  readonly segments: number;
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly rows: number;
}

/** Neighbouring segments of one dataset that become one. */
export interface CompactGroup {
  readonly dataset: string;
  /** From the first ledger of the first to the last of the last. */
  readonly range: LedgerRange;
  /** Ids, in ledger order. */
  readonly segments: readonly string[];
  readonly files: number;
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
  findSegments(input: CompactInput & { readonly limit: number }): Promise<readonly CompactGroup[]>;
  /** Writes the rows of a group's files anew into a stage. `done`: the group was compacted before. */
  mergeSegments(request: {
    readonly input: CompactInput;
    readonly group: CompactGroup;
  }): Promise<MergeResult>;
}

/** Answer of the `progress` query of a compaction, and its result. */
export interface CompactProgress extends CompactCarry {
  readonly kind: 'compact';
  readonly failures: readonly (DatasetFailure & { readonly range: LedgerRange })[];
}

/** What the compaction did so far. */
export const compactProgress = defineQuery<CompactProgress>('progress');
