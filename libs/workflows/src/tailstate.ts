import { type FlushReason, type LedgerRange, rangeLength } from '@parquetry/core';
import { EMPTY_TALLY, addTally } from './contract/tally';
import type {
  CutRequest,
  CutResult,
  FlushPolicy,
  FlushSizes,
  SourceTip,
  TailCarry,
  TailInput,
  TailProgress,
  TailResult,
  TailStart,
} from './contract/tail';
import type { DatasetFailure, Tally } from './contract/types';

/** A flush decided by the `cut` step. */
export type Flush = Extract<CutResult, { kind: 'flush' }>;

/** Position, counts of a tail, and what people asked of it. Bounded for a tail of any length. */
export class TailState {
  start: TailStart | undefined;
  cursor: number;
  policy: FlushPolicy;
  paused: boolean;
  stopping: boolean;
  /** Counts messages of people, so that a wait for them ends with the next message. */
  messages = 0;
  retried = false;
  failures: readonly DatasetFailure[] = [];
  /** Range of the current flush. */
  flushing: LedgerRange | undefined;
  phase: 'starting' | 'waiting' | 'flushing' | 'finished' = 'starting';
  private flushes: number;
  private tally: Tally;
  private readonly reasons: Partial<Record<FlushReason, number>>;
  private late: number;
  private unusable: number;
  private since: number | undefined;
  private previous: string | undefined;
  private tip: SourceTip | undefined;
  private closedAt: string | undefined;
  private sizes: FlushSizes | undefined;

  constructor(private readonly input: TailInput) {
    const { carry } = input;
    this.start = carry?.start;
    this.cursor = carry?.cursor ?? 0;
    this.policy = carry?.policy ?? input.policy;
    this.paused = carry?.paused ?? false;
    this.stopping = carry?.stopping ?? false;
    this.flushes = carry?.flushes ?? 0;
    this.tally = carry?.tally ?? EMPTY_TALLY;
    this.reasons = { ...carry?.reasons };
    this.late = carry?.late ?? 0;
    this.unusable = carry?.unusable ?? 0;
    this.since = carry?.since;
    this.previous = carry?.previous;
    this.tip = carry?.tip;
    this.closedAt = carry?.closedAt;
    this.sizes = carry?.sizes;
  }

  /** True when everything up to the last requested ledger is processed. */
  get over(): boolean {
    const { until } = this.input;
    return until !== undefined && this.start !== undefined && this.cursor > until;
  }

  /** Request of the next `cut`. */
  request(start: TailStart): CutRequest {
    const { spec, until, lag, pollSeconds } = this.input;
    return {
      spec,
      start,
      cursor: this.cursor,
      lag,
      policy: this.policy,
      pollSeconds,
      ...(until === undefined ? {} : { until }),
      ...(this.since === undefined ? {} : { since: this.since }),
      ...(this.previous === undefined ? {} : { previous: this.previous }),
      ...(this.sizes === undefined ? {} : { fileBytesPerByte: this.sizes.file / this.sizes.source }),
    };
  }

  /** Records the state of the source from a `cut`. */
  saw(tip: SourceTip | undefined, since: number | undefined): void {
    this.tip = tip ?? this.tip;
    this.since = since;
  }

  /** Another writer committed the ledgers up to `cursor`. */
  skip(cursor: number): void {
    this.cursor = cursor;
    this.since = undefined;
  }

  /** A flush is committed. `largest`: bytes of its largest file; 0 if unknown. */
  flushed(flush: Flush, tally: Tally, largest = 0): void {
    const { task, reason, plan, closedAt, late, unusable, bytes = 0 } = flush;
    // Flushes are weighted by size, halved with each later flush: a small one is mostly footer, and an old one reflects
    // an older state of the source.
    if (largest > 0 && bytes > 0)
      this.sizes = {
        source: (this.sizes?.source ?? 0) / 2 + bytes,
        file: (this.sizes?.file ?? 0) / 2 + largest,
      };
    this.cursor = task.range.end + 1;
    this.since = undefined;
    this.previous = plan;
    this.closedAt = closedAt ?? this.closedAt;
    this.flushes += 1;
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
    this.late += late;
    this.unusable += unusable;
    this.tally = addTally(addTally(this.tally, tally), { ledgers: rangeLength(task.range) });
  }

  /** Answer of the `progress` query. */
  progress(): TailProgress {
    const lag = this.lag();
    return {
      kind: 'tail',
      phase: this.currentPhase(),
      ...(this.start === undefined ? {} : { cursor: this.cursor }),
      ...(this.tip === undefined ? {} : { tip: this.tip }),
      ...(lag === undefined ? {} : { lag }),
      flushes: this.flushes,
      reasons: this.reasons,
      tally: this.tally,
      late: this.late,
      unusable: this.unusable,
      policy: this.policy,
      failures: this.failures,
    };
  }

  /** State for the next run of the workflow. */
  carry(): TailCarry {
    if (this.start === undefined) throw new Error('a tail that has not begun has nothing to carry');
    return {
      start: this.start,
      cursor: this.cursor,
      policy: this.policy,
      paused: this.paused,
      stopping: this.stopping,
      flushes: this.flushes,
      tally: this.tally,
      reasons: this.reasons,
      late: this.late,
      unusable: this.unusable,
      ...(this.since === undefined ? {} : { since: this.since }),
      ...(this.previous === undefined ? {} : { previous: this.previous }),
      ...(this.tip === undefined ? {} : { tip: this.tip }),
      ...(this.closedAt === undefined ? {} : { closedAt: this.closedAt }),
      ...(this.sizes === undefined ? {} : { sizes: this.sizes }),
    };
  }

  /** Result of the workflow. */
  result(): TailResult {
    const { cursor, flushes, reasons, tally, late, unusable } = this;
    return { cursor, flushes, reasons, tally, late, unusable };
  }

  private lag(): { ledgers: number; seconds?: number } | undefined {
    if (this.tip === undefined || this.start === undefined) return undefined;
    const ledgers = Math.max(0, this.tip.ledger - this.cursor + 1);
    if (ledgers === 0) return { ledgers, seconds: 0 };
    if (this.tip.closedAt === undefined || this.closedAt === undefined) return { ledgers };
    const seconds = Math.max(
      0,
      Math.round((Date.parse(this.tip.closedAt) - Date.parse(this.closedAt)) / 1000),
    );
    return { ledgers, seconds };
  }

  private currentPhase(): TailProgress['phase'] {
    if (this.phase === 'finished' || this.phase === 'starting') return this.phase;
    if (this.failures.length > 0) return 'parked';
    if (this.stopping) return 'stopping';
    return this.paused && this.phase === 'waiting' ? 'paused' : this.phase;
  }
}
