import type { FlushReason } from '@parquetry/core';
import { defineQuery, defineSignal, defineUpdate } from './define';
import { isObject, shown } from './shape';
import type { DatasetFailure, PartitionTask, RunSpec, Tally } from './types';

/** When a tail closes a flush: whichever comes first. A flush also ends at layout edges and partition edges. */
export interface FlushPolicy {
  /** Rows of the dataset with the most rows; absent: no limit. */
  readonly maxRows?: number;
  /** Source bytes: message lines, or XDR of ledgers; absent: no limit. */
  readonly maxBytes?: number;
  /** Bytes of the largest file that the flush makes, estimated from earlier flushes; absent: no limit. */
  readonly maxFileBytes?: number;
  /** Seconds since the first waiting ledger was seen. */
  readonly maxAgeSeconds: number;
}

/** Spec of a tail, a run without an end. */
export type TailSpec = Omit<RunSpec, 'range'>;

/** Start of a tail: after the committed prefix, at the next new ledger, or at a given ledger. */
export type TailFrom = 'committed' | 'latest' | number;

/** Input of the `tail` workflow. */
export interface TailInput {
  readonly spec: TailSpec;
  readonly from: TailFrom;
  /** Last ledger, inclusive; absent for no end. */
  readonly until?: number;
  /** Distance that the tail keeps from the highest ledger seen. */
  readonly lag: number;
  readonly policy: FlushPolicy;
  /** Poll interval in seconds while the source has nothing new. */
  readonly pollSeconds: number;
  /** Flushes before the workflow continues as new; bounds its history. */
  readonly flushesPerRun?: number;
  /** State carried over a continue-as-new; absent at the first start. */
  readonly carry?: TailCarry;
}

/** Result of the first step of a tail. */
export interface TailStart {
  /** First ledger to take. */
  readonly cursor: number;
  readonly network: string;
  /** Key of the plan that all flushes share; absent when each flush has a separate plan. */
  readonly plan?: string;
}

/** Newest state of the source. */
export interface SourceTip {
  /** Highest ledger the source has. */
  readonly ledger: number;
  /** Its close time, ISO 8601. */
  readonly closedAt?: string;
}

/** Request of the `cut` step. */
export interface CutRequest {
  readonly spec: TailSpec;
  readonly start: TailStart;
  readonly cursor: number;
  readonly until?: number;
  readonly lag: number;
  readonly policy: FlushPolicy;
  readonly pollSeconds: number;
  /** Unix milliseconds when the first waiting ledger was seen. */
  readonly since?: number;
  /** Plan of the previous flush: records how far the files were read. */
  readonly previous?: string;
  /** Ratio of file bytes to source bytes in earlier flushes; absent before the first. */
  readonly fileBytesPerByte?: number;
}

/** What the `cut` step decided. Its result is in the history, so a retry can't decide differently. */
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
      /** Messages without a usable type or ledger, kept in the same folder. */
      readonly unusable: number;
      /** Source bytes of the flush. */
      readonly bytes?: number;
    }
  /** Ledgers before `cursor` are already committed by another run, or have no messages of a known type. */
  | { readonly kind: 'skip'; readonly cursor: number }
  /** Nothing is due. */
  | { readonly kind: 'wait'; readonly since?: number; readonly tip?: SourceTip };

/** Additional steps of a tail; they have a separate task queue, because they mostly wait. */
export interface TailActivities {
  /** Checks archive and source, and finds the first ledger from the commit log. */
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

/** Weighted bytes of earlier flushes, older ones counting less: source bytes, and bytes of the largest file of each. */
export interface FlushSizes {
  readonly source: number;
  readonly file: number;
}

/** Answer of a tail's `progress` query. */
export interface TailProgress {
  readonly kind: 'tail';
  readonly phase: 'starting' | 'waiting' | 'flushing' | 'paused' | 'parked' | 'stopping' | 'finished';
  /** First uncommitted ledger; undefined while starting. */
  readonly cursor?: number;
  readonly tip?: SourceTip;
  /** Lag of the archive behind the source; undefined while unknown. */
  readonly lag?: { readonly ledgers: number; readonly seconds?: number };
  readonly flushes: number;
  /** Flushes by closing reason. */
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

/** End the tail after the current flush. */
export const stop = defineSignal('stop');
/** Changes a part of the flush policy; returns the new policy. */
export const setFlushPolicy = defineUpdate<FlushPolicy, [Partial<FlushPolicy>]>('setFlushPolicy');
/** Progress of the tail. */
export const tailProgress = defineQuery<TailProgress>('progress');

/** Why a policy is refused; undefined when it is valid. */
export function policyFault(policy: Partial<FlushPolicy>): string | undefined {
  const bounds = {
    maxRows: 2_000_000_000,
    maxBytes: 1e12,
    maxFileBytes: 1e12,
    maxAgeSeconds: 31_536_000,
  } as const;
  const names = Object.keys(bounds).join(', ');
  if (!isObject(policy)) return `a flush policy is an object with ${names}, not ${shown(policy)}`;
  for (const [name, value] of Object.entries(policy)) {
    if (!Object.hasOwn(bounds, name)) return `${shown(name)} is not part of a flush policy; use ${names}`;
    const max = bounds[name as keyof typeof bounds];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max)
      return `${name} is a whole number from 1 to ${max}, not ${shown(value)}`;
  }
  return undefined;
}
