import type { FlushReason } from '@parquetry/core';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { DatasetFailure, PartitionTask, RunSpec, Tally } from './types';

/** When a tail closes a flush: whichever comes first. A flush also ends at layout edges and partition edges. */
export interface FlushPolicy {
  /** Rows of the dataset that has most of them; absent: no limit. */
  readonly maxRows?: number;
  /** Bytes as the source has them: message lines, or the XDR of ledgers; absent: no limit. */
  readonly maxBytes?: number;
  /** Bytes of the largest file that the flush makes, estimated from earlier flushes; absent: no limit. */
  readonly maxFileBytes?: number;
  /** Seconds since the first ledger that waits was seen. */
  readonly maxAgeSeconds: number;
}

/** What a tail does: a run without an end. */
export type TailSpec = Omit<RunSpec, 'range'>;

/** Where a tail begins: after what is committed, at the next ledger to come, or at a ledger. */
export type TailFrom = 'committed' | 'latest' | number;

/** Input of the `tail` workflow. */
export interface TailInput {
  readonly spec: TailSpec;
  readonly from: TailFrom;
  /** Last ledger, inclusive; absent for no end. */
  readonly until?: number;
  /** Ledgers below the highest one seen that are not taken yet. */
  readonly lag: number;
  readonly policy: FlushPolicy;
  /** Seconds between two looks at a source that has nothing new. */
  readonly pollSeconds: number;
  /** Flushes before the workflow continues as new; bounds its history. */
  readonly flushesPerRun?: number;
  /** State carried over a continue-as-new; empty when a person starts the workflow. */
  readonly carry?: TailCarry;
}

/** What the first step of a tail found. */
export interface TailStart {
  /** First ledger to take. */
  readonly cursor: number;
  readonly network: string;
  /** Key of the plan that all flushes share; absent where each flush has one of its own. */
  readonly plan?: string;
}

/** How far the source is. */
export interface SourceTip {
  /** Highest ledger the source has. */
  readonly ledger: number;
  /** Its close time, ISO 8601. */
  readonly closedAt?: string;
}

/** What the `cut` step is asked. */
export interface CutRequest {
  readonly spec: TailSpec;
  readonly start: TailStart;
  readonly cursor: number;
  readonly until?: number;
  readonly lag: number;
  readonly policy: FlushPolicy;
  readonly pollSeconds: number;
  /** Unix milliseconds when the first ledger that waits was seen. */
  readonly since?: number;
  /** Plan of the flush before: says how far the files were read. */
  readonly previous?: string;
  /** What earlier flushes made of a byte of the source; absent before the first. */
  readonly fileBytesPerByte?: number;
}

/** What the `cut` step decided. Its result is in history, so that no retry cuts differently. */
export type CutResult =
  | {
      readonly kind: 'flush';
      readonly plan: string;
      readonly task: PartitionTask;
      readonly reason: FlushReason;
      /** Close time of the flush's last ledger that has one, ISO 8601. */
      readonly closedAt?: string;
      readonly tip?: SourceTip;
      /** Messages for committed ledgers, kept in `_parquetry/rejects/late/`. */
      readonly late: number;
      /** Messages without a usable type or ledger, kept beside them. */
      readonly unusable: number;
      /** Bytes of the flush as the source has them. */
      readonly bytes?: number;
    }
  /** Ledgers before `cursor` are committed already, by somebody else. */
  | { readonly kind: 'skip'; readonly cursor: number }
  /** Nothing is due. */
  | { readonly kind: 'wait'; readonly since?: number; readonly tip?: SourceTip };

/** Steps of a tail beside those of a partition; they run on a task queue of their own, because they mostly wait. */
export interface TailActivities {
  /** Checks archive and source, and finds the first ledger to take from the commit log. */
  openTail(input: Pick<TailInput, 'spec' | 'from' | 'lag'>): Promise<TailStart>;
  /** Watches the source until a flush is due, or some time has passed. */
  cut(request: CutRequest): Promise<CutResult>;
}

/** State of a tail that survives a continue-as-new. */
export interface TailCarry {
  readonly start: TailStart;
  readonly cursor: number;
  readonly policy: FlushPolicy;
  readonly paused: boolean;
  readonly stopping: boolean;
  readonly flushes: number;
  readonly tally: Tally;
  readonly reasons: Readonly<Partial<Record<FlushReason, number>>>;
  readonly late: number;
  readonly unusable: number;
  readonly since?: number;
  readonly previous?: string;
  readonly tip?: SourceTip;
  readonly closedAt?: string;
  readonly sizes?: FlushSizes;
}

/** Bytes of earlier flushes, older ones counting less: in the source, and of the largest file that each made. */
export interface FlushSizes {
  readonly source: number;
  readonly file: number;
}

/** Answer of a tail's `progress` query. */
export interface TailProgress {
  readonly kind: 'tail';
  readonly phase: 'starting' | 'waiting' | 'flushing' | 'paused' | 'parked' | 'stopping' | 'finished';
  /** First ledger that is not committed; undefined while starting. */
  readonly cursor?: number;
  readonly tip?: SourceTip;
  /** How far the archive is behind the source; undefined while that is not known. */
  readonly lag?: { readonly ledgers: number; readonly seconds?: number };
  readonly flushes: number;
  /** Flushes by what closed them. */
  readonly reasons: Readonly<Partial<Record<FlushReason, number>>>;
  readonly tally: Tally;
  readonly late: number;
  readonly unusable: number;
  readonly policy: FlushPolicy;
  readonly failures: readonly DatasetFailure[];
}

/** Result of the `tail` workflow. */
export interface TailResult {
  /** First ledger that was not taken. */
  readonly cursor: number;
  readonly flushes: number;
  readonly reasons: Readonly<Partial<Record<FlushReason, number>>>;
  readonly tally: Tally;
  readonly late: number;
  readonly unusable: number;
}

/** End the tail after the flush under way. */
export const stop = defineSignal('stop');
/** Changes a part of the flush policy; returns the policy now in force. */
export const setFlushPolicy = defineUpdate<FlushPolicy, [Partial<FlushPolicy>]>('setFlushPolicy');
/** Where the tail is. */
export const tailProgress = defineQuery<TailProgress>('progress');

/** Why a policy is refused; undefined when it is fine. */
export function policyFault(policy: Partial<FlushPolicy>): string | undefined {
  const bounds = {
    maxRows: 2_000_000_000,
    maxBytes: 1e12,
    maxFileBytes: 1e12,
    maxAgeSeconds: 31_536_000,
  } as const;
  for (const [name, value] of Object.entries(policy)) {
    if (!Object.hasOwn(bounds, name))
      return `${JSON.stringify(name)} is no part of a flush policy; use ${Object.keys(bounds).join(', ')}`;
    const max = bounds[name as keyof typeof bounds];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max)
      return `${name} is a whole number from 1 to ${max}, not ${JSON.stringify(value)}`;
  }
  return undefined;
}
