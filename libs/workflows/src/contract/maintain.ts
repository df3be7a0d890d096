import type { LedgerRange, MAINTAIN_STEPS } from '@parquetry/core';
import type { CompactInput } from './compact';
import { defineQuery } from './define';
import type { DatasetFailure } from './types';

/** A step of a maintenance run. */
export type MaintainStep = (typeof MAINTAIN_STEPS)[number];

/** Which archive and datasets the steps work on. */
export interface MaintainScope {
  readonly archive: string;
  /** Datasets; absent for all. */
  readonly datasets?: readonly string[];
}

/** Input of the `maintain` workflow. */
export interface MaintainInput extends MaintainScope {
  /** Steps that do not run. */
  readonly skip?: readonly MaintainStep[];
  readonly compact: Pick<
    CompactInput,
    'partitionSize' | 'targetBytes' | 'verify' | 'keepReplaced' | 'limit'
  > & {
    /** Segments that were written in this time are not merged, milliseconds. */
    readonly settledMs: number;
  };
  /** Versions of a table that were current in this time stay readable, milliseconds. */
  readonly logRetentionMs: number;
  /** Minimum age of unused files that are removed, milliseconds. */
  readonly graceMs: number;
  /** Every value of each file is read once in `runs` runs, which start `everyMs` milliseconds apart; absent: never. */
  readonly deep?: { readonly runs: number; readonly everyMs: number };
}

/** A part of all files: those whose hash modulo `of` is `part`. */
export interface FileShare {
  readonly part: number;
  readonly of: number;
}

/** What the log step did with the commit logs. */
export interface LogSummary {
  readonly datasets: number;
  /** Checkpoints that were due and written. */
  readonly written: number;
  /** Old commits and checkpoints that were removed. */
  readonly commits: number;
  readonly checkpoints: number;
  /** Bytes of the removed objects. */
  readonly bytes: number;
  /** Why old commits of a dataset were kept; the first ones. */
  readonly kept: readonly string[];
}

/** What the gc step did. */
export interface GarbageSummary {
  readonly removed: number;
  /** Bytes of the removed files. */
  readonly bytes: number;
  /** Unused files that are not old enough. */
  readonly young: number;
}

/** A finding of the audit, as a person reads it. */
export interface MaintainFinding {
  readonly code: string;
  readonly dataset: string;
  readonly range?: LedgerRange;
  readonly message: string;
}

/** What the audit step found. */
export interface AuditSummary {
  readonly datasets: number;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
  /** Files whose values were all read. */
  readonly deep: number;
  /** Gaps that a running backfill or tail will fill; they are not faults. */
  readonly pending: number;
  readonly faults: number;
  /** The first faults. */
  readonly findings: readonly MaintainFinding[];
}

/** Rejects of one code in one dataset. */
export interface MaintainReject {
  readonly dataset: string;
  readonly code: string;
  readonly count: number;
  /** The reason and the position of one of them. */
  readonly example: string;
  /** Ranges of the segments that have them; the first ones. Empty for messages without a dataset. */
  readonly ranges: readonly LedgerRange[];
}

/** Rejects that were committed since the last report. */
export interface RejectsSummary {
  /** When the last report was made, Unix milliseconds; absent for the first one. */
  readonly since?: number;
  readonly total: number;
  /** Of `total`, rejects in files of segments that were not read, because there are too many: they have no reason here. */
  readonly unread: number;
  /** Files of other rejects that were not read: the next report has them. Absent from workers of earlier versions. */
  readonly filesLeft?: number;
  readonly reasons: readonly MaintainReject[];
}

/** The outcome of one step. `attention`: it found something that needs a person. */
export interface StepOutcome {
  readonly step: MaintainStep;
  readonly outcome: 'waiting' | 'running' | 'done' | 'skipped' | 'failed' | 'attention';
  /** What it did, in a few words. */
  readonly summary: string;
  readonly failure?: DatasetFailure;
  /** Commands for a person. */
  readonly commands?: readonly string[];
}

/** Progress of a maintenance run, and its result. */
export interface MaintainReport {
  readonly kind: 'maintain';
  readonly archive: string;
  readonly steps: readonly StepOutcome[];
  readonly findings: readonly MaintainFinding[];
  readonly rejects: readonly MaintainReject[];
}

/** The steps of a maintenance run that are not a compaction. */
export interface MaintainActivities {
  /** Writes checkpoints that are due, and removes old commits and checkpoints. */
  tidyLogs(request: MaintainScope & { readonly retentionMs: number }): Promise<LogSummary>;
  /** Removes files that no commit references and that are older than the grace period. */
  collectGarbage(
    request: Pick<MaintainScope, 'archive'> & { readonly graceMs: number },
  ): Promise<GarbageSummary>;
  /** Checks the archive, and reads every value of a share of its files. Changes nothing. */
  auditAll(request: MaintainScope & { readonly share?: FileShare }): Promise<AuditSummary>;
  /** Counts the rejects since the last report. A repetition for the same run gives the same report. */
  reportRejects(request: MaintainScope & { readonly run: string }): Promise<RejectsSummary>;
}

/** Progress of a maintenance run. */
export const maintainProgress = defineQuery<MaintainReport>('progress');
