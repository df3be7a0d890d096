import { type LedgerRange, rangeLength } from '@parquetry/core';
import { EMPTY_TALLY, addTally } from './contract/tally';
import type {
  BackfillCarry,
  BackfillInput,
  BackfillProgress,
  BackfillResult,
  DatasetSummary,
  PartitionReport,
  PartitionTask,
  PlannedRun,
  RunPace,
  Tally,
  TroubledPartition,
} from './contract/types';
import type { NextPartitions, PlanResult } from './contract/activities';
import { amountOf } from './contract/work';
import { Faults } from './faults';
import { Pace } from './pace';

/** Failed partitions that a run lists; the others are only counted. */
const MAX_NAMED = 100;
/** Partitions in flight that the `progress` query lists. */
const MAX_INFLIGHT = 32;

/**
 * The counts and the window of a run. Counting is idempotent: each key is counted once, even if a report arrives twice.
 */
export class RunState {
  plan: PlannedRun | undefined;
  cursor: number;
  readonly inflight: Map<string, PartitionTask>;
  readonly parked: Map<string, TroubledPartition & { readonly task: PartitionTask }>;
  readonly failed: TroubledPartition[];
  readonly requeue: PartitionTask[];
  readonly notes: string[];
  failedCount: number;
  done: number;
  skipped: number;
  /** Tasks in addition to one per partition. All partition counts count tasks. */
  split: number;
  abandoned: number;
  tally: Tally;
  /** Amount of work of the tasks that ended; see `PlannedWork`. */
  settled: number;
  paused: boolean;
  /** A person ended the run; it waits for its running partitions. */
  finishing: boolean;
  concurrency: number;
  phase: 'running' | 'finished' = 'running';
  /** Failed bookkeeping steps. Not carried over: the next run of the workflow retries them at once. */
  readonly faults = new Faults();
  /** Called after each change by a message, so that the UI is updated at once. */
  onChange: () => void = () => undefined;
  private readonly pace: Pace;
  private readonly maxParked: number;
  private readonly onFailure: BackfillInput['onFailure'];
  private readonly range: LedgerRange;

  constructor(input: BackfillInput) {
    const { carry } = input;
    this.plan = carry?.plan;
    this.cursor = carry?.cursor ?? input.spec.range.start;
    this.inflight = new Map(carry?.inflight.map((task) => [task.key, task]));
    this.parked = new Map(carry?.parked.map((entry) => [entry.key, entry]));
    this.failed = [...(carry?.failed ?? [])];
    this.failedCount = carry?.failedCount ?? 0;
    this.requeue = [...(carry?.requeue ?? [])];
    this.notes = [...(carry?.notes ?? [])];
    this.done = carry?.done ?? 0;
    this.skipped = carry?.skipped ?? 0;
    this.split = carry?.split ?? 0;
    this.abandoned = carry?.abandoned ?? 0;
    this.tally = carry?.tally ?? EMPTY_TALLY;
    this.settled = carry?.settled ?? 0;
    this.pace = new Pace(carry?.pace);
    this.paused = carry?.paused ?? false;
    this.finishing = carry?.finishing ?? false;
    this.concurrency = carry?.concurrency ?? input.concurrency;
    this.maxParked = input.maxParked;
    this.onFailure = input.onFailure;
    this.range = input.spec.range;
  }

  /** Pauses, resumes or finishes the run, as a person requested. */
  set(wanted: Partial<Pick<RunState, 'paused' | 'finishing'>>): void {
    Object.assign(this, wanted);
    this.onChange();
  }

  /** Begins with a plan. */
  planned({ next, ...plan }: PlanResult): PlannedRun {
    this.plan = plan;
    this.cursor = this.range.start;
    if (next !== undefined) this.page(next);
    return plan;
  }

  /** Adds a page of tasks. */
  page({ tasks, cursor, skipped, split = 0 }: NextPartitions): void {
    this.cursor = cursor;
    this.skipped += skipped;
    this.split += split;
    this.requeue.push(...tasks);
  }

  /** True while there are partitions that were not started. */
  more(): boolean {
    return this.requeue.length > 0 || this.cursor <= this.range.end;
  }

  /** A partition starts. */
  start(task: PartitionTask): void {
    this.inflight.set(task.key, task);
    this.pace.start(task.key);
  }

  /** A parked partition was signalled to run again. */
  resumed(key: string): void {
    const entry = this.parked.get(key);
    if (entry === undefined) return;
    this.parked.delete(key);
    this.inflight.set(key, entry.task);
    this.onChange();
  }

  /** Counts the report of a partition; ignores keys that are not in flight or parked, and partitions of other plans. */
  count(report: PartitionReport): void {
    const { key, plan = this.plan?.plan, outcome, reason = '' } = report;
    if (plan !== this.plan?.plan) return;
    const entry = this.parked.get(key);
    const task = this.inflight.get(key) ?? entry?.task;
    if (task === undefined) return;
    if (outcome === 'parked') {
      this.inflight.delete(key);
      this.pace.drop(key);
      this.parked.set(key, { key, reason, task });
      this.onChange();
      return;
    }
    if (outcome === 'resumed') return this.resumed(key);
    this.inflight.delete(key);
    this.parked.delete(key);
    if (outcome === 'done') this.done += 1;
    else if (outcome === 'skipped') this.abandoned += 1;
    else this.fail({ key, range: task.range, reason });
    this.settle(task, outcome === 'done');
    this.notes.push(...(report.notes ?? []).slice(0, MAX_NAMED - this.notes.length));
    if (report.tally !== undefined) this.tally = addTally(this.tally, report.tally);
    this.onChange();
  }

  /**
   * A child that ended without a report waits like a parked one: `retryPartitions` starts it again. In a run that fails
   * with its partitions it counts as failed: no person would restart it. One that completed (its report was lost in a
   * reset of this run) runs again automatically: it finds its commits and changes nothing.
   */
  closed(task: PartitionTask, status: string): void {
    const known = this.inflight.delete(task.key) || this.parked.has(task.key);
    if (!known) return;
    this.pace.drop(task.key);
    if (status === 'COMPLETED') {
      this.parked.delete(task.key);
      this.requeue.push(task);
      return;
    }
    const how = status.toLowerCase().replaceAll('_', ' ');
    const reason = `its workflow ended without a report (${how})`;
    if (this.onFailure === 'fail') {
      this.parked.delete(task.key);
      this.fail({ key: task.key, range: task.range, reason });
      this.settle(task, false);
    } else this.parked.set(task.key, { key: task.key, reason: `${reason}; a retry starts it again`, task });
    this.onChange();
  }

  /** A partition failed permanently. */
  fail(partition: TroubledPartition): void {
    this.failedCount += 1;
    if (this.failed.length < MAX_NAMED) this.failed.push(partition);
  }

  /** Counts the work of a task that ended. */
  private settle({ key, range }: PartitionTask, done: boolean): void {
    const amount = this.amountOf(range);
    this.settled += amount;
    if (done) this.pace.done(key, amount);
    else this.pace.drop(key);
  }

  private amountOf(part: LedgerRange): number {
    return amountOf(part, this.range, this.plan?.work?.slices);
  }

  /** How much is done and how fast. A plan of an earlier version does not say what is committed already. */
  private paceNow({ partitions, work }: PlannedRun): RunPace {
    const { settled } = this;
    let parked = 0;
    for (const { task } of this.parked.values()) parked += this.amountOf(task.range);
    const { tasks, amount } = work ?? { tasks: partitions, amount: rangeLength(this.range) };
    return { tasks, amount, settled, parked, samples: this.pace.samples };
  }

  /** Answer of the `progress` query. */
  progress(): BackfillProgress {
    const parked = [...this.parked.values()].map(({ key, reason, task }) => ({
      key,
      range: task.range,
      reason,
    }));
    const troubled = [...parked, ...this.failed].slice(0, MAX_NAMED);
    const faults = this.faults.list();
    return {
      phase: this.currentPhase(),
      ...(this.plan === undefined ? {} : { plan: this.plan.plan }),
      total: this.total(),
      done: this.done,
      skipped: this.skipped,
      abandoned: this.abandoned,
      running: this.inflight.size,
      parked: this.parked.size,
      failed: this.failedCount,
      concurrency: this.concurrency,
      tally: this.tally,
      troubled,
      unusable: this.plan?.unusable ?? 0,
      ...(faults.length === 0 ? {} : { faults }),
      inflight: [...this.inflight.values()]
        .sort((a, b) => a.range.start - b.range.start)
        .slice(0, MAX_INFLIGHT)
        .map(({ key, range }) => ({ key, range })),
      ...(this.plan === undefined
        ? {}
        : { datasets: this.plan.datasets.slice(0, MAX_NAMED), pace: this.paceNow(this.plan) }),
    };
  }

  /** State for the next run of the workflow. */
  carry(): BackfillCarry {
    if (this.plan === undefined) throw new Error('a run without a plan has nothing to carry');
    return {
      plan: this.plan,
      cursor: this.cursor,
      inflight: [...this.inflight.values()],
      parked: [...this.parked.values()],
      failed: this.failed,
      failedCount: this.failedCount,
      requeue: this.requeue,
      ...(this.notes.length === 0 ? {} : { notes: this.notes }),
      done: this.done,
      skipped: this.skipped,
      ...(this.split === 0 ? {} : { split: this.split }),
      abandoned: this.abandoned,
      tally: this.tally,
      settled: this.settled,
      pace: this.pace.carry(),
      paused: this.paused,
      finishing: this.finishing,
      concurrency: this.concurrency,
    };
  }

  /** Result of the workflow. */
  result(range: LedgerRange, datasets: readonly DatasetSummary[]): BackfillResult {
    return {
      range,
      partitions: {
        total: this.total(),
        done: this.done,
        skipped: this.skipped,
        abandoned: this.abandoned,
      },
      tally: this.tally,
      datasets,
      indexBytesRead: this.plan?.bytesRead ?? 0,
      unusable: this.plan?.unusable ?? 0,
      filtered: this.plan?.filtered ?? 0,
      ...(this.plan?.rejects === undefined ? {} : { rejects: this.plan.rejects }),
      ...(this.notes.length === 0 ? {} : { notes: this.notes }),
      ...(this.plan?.stale === undefined ? {} : { stale: this.plan.stale }),
    };
  }

  private total(): number {
    return (this.plan?.partitions ?? 0) + this.split;
  }

  private currentPhase(): BackfillProgress['phase'] {
    if (this.phase === 'finished') return 'finished';
    if (this.plan === undefined) return 'planning';
    if (this.paused) return 'paused';
    if (this.inflight.size > 0) return 'running';
    if (this.faults.final !== undefined) return 'blocked';
    if (this.parked.size === 0) return 'running';
    return this.parked.size >= this.maxParked || !this.more() ? 'blocked' : 'running';
  }
}
