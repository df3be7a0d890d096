import {
  type BackfillInput,
  EMPTY_TALLY,
  type MaintainInput,
  type PartitionInput,
  RunState,
  type TailInput,
  TailState,
  inputFacts,
} from '@parquetry/workflows';
import { type InputKind, inputFault } from '../../libs/workflows/src/contract/inputs';
import type { CompactInput } from '../../libs/workflows/src/contract/compact';
import type { LimiterInput } from '../../libs/workflows/src/contract/lease';
import { backfillDetails, runningDetails } from '../../libs/workflows/src/details';
import { Leases } from '../../libs/workflows/src/leases';
import { maintainDetails } from '../../libs/workflows/src/maintaindetails';
import { tailDetails } from '../../libs/workflows/src/taildetails';
import { mutatePayload } from './mutate';
import type { Random } from './random';
import { demand } from './target';

const SPEC = {
  source: { uri: 'galexie:/none' },
  archive: '/none',
  network: 'test',
  partitionSize: 10,
  types: ['a', 'b'],
  settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
  maxRejects: 0,
  verify: 'ledger',
};
const TASK = { key: '0000000010', range: { start: 10, end: 19 }, datasets: ['a', 'b'], limit: 3 };
const COUNTS = { rows: 5, files: 1, bytes: 900, rejected: 0 };
const TALLY = { ...EMPTY_TALLY, ...COUNTS, ledgers: 10, datasets: { a: COUNTS } };
const RUN = {
  concurrency: 3,
  maxParked: 5,
  onFailure: 'park',
  startsPerRun: 4,
  quiet: { working: 500, waiting: 600 },
};
const POLICY = { maxRows: 1000, maxBytes: 1_000_000, maxFileBytes: 1_000_000, maxAgeSeconds: 60 };

/** A valid input of each workflow. */
const VALID: Readonly<Record<InputKind, object>> = {
  backfill: {
    spec: { ...SPEC, range: { start: 10, end: 69 } },
    ...RUN,
    carry: {
      plan: {
        ...{ plan: 'p', datasets: ['a', 'b'], partitions: 6, unusable: 0, filtered: 0, bytesRead: 0 },
        work: { tasks: 6, amount: 600, slices: [100, 200, 300] },
      },
      cursor: 70,
      inflight: [TASK],
      parked: [{ key: TASK.key, reason: 'a: pull SOURCE_CORRUPT', task: TASK }],
      failed: [{ key: TASK.key, range: TASK.range, reason: 'x' }],
      failedCount: 1,
      requeue: [TASK],
      notes: ['Another run committed ledgers 10-19.'],
      ...{ done: 1, skipped: 0, split: 1, abandoned: 0, settled: 100 },
      tally: TALLY,
      pace: { samples: [[100, 10]], since: [[TASK.key, 1_795_000_000_000]] },
      ...{ paused: false, finishing: false, concurrency: 3 },
    },
  },
  scheduled: { spec: SPEC, ...RUN, lag: 0, maxLedgers: 100 },
  partition: { archive: '/none', plan: 'p', task: TASK, onFailure: 'park' },
  tail: {
    spec: SPEC,
    ...{ from: 10, until: 39, lag: 0, pollSeconds: 1, flushesPerRun: 2 },
    policy: POLICY,
    carry: {
      start: { cursor: 10, network: 'test', plan: 'p' },
      cursor: 20,
      policy: POLICY,
      ...{ paused: false, stopping: false, flushes: 1, late: 0, unusable: 0, since: 5, previous: 'p' },
      tally: TALLY,
      reasons: { rows: 1 },
      tip: { ledger: 30, closedAt: '2025-07-13T00:00:05Z' },
      closedAt: '2025-07-13T00:00:00Z',
      sizes: { source: 100, file: 10 },
    },
  },
  maintain: {
    archive: '/none',
    datasets: ['a'],
    skip: ['gc'],
    compact: { partitionSize: 10, verify: 'ledger', limit: 10, settledMs: 1 },
    ...{ logRetentionMs: 1, graceMs: 1, deep: { runs: 2, everyMs: 1 } },
  },
  compact: {
    ...{
      archive: '/none',
      datasets: ['a'],
      range: TASK.range,
      partitionSize: 10,
      verify: 'ledger',
      limit: 5,
    },
    carry: {
      ...{ groups: 1, segments: 2, filesBefore: 2, filesAfter: 1, rows: 1, failed: 1, again: true },
      failures: [{ dataset: 'a', step: 's', code: 'FILE_CORRUPT', message: 'm', range: TASK.range }],
      after: { dataset: 'a', ledger: 39 },
    },
  },
  limiter: {
    ...{ checkMs: 500, idleMs: 3000, grantsPerRun: 4 },
    carry: {
      limit: 2,
      held: [{ holder: 'r/p/0000000010', token: 't', since: 5 }],
      waiting: [{ holder: 'r/p/0000000020', token: 'u' }],
    },
  },
};

/** An input of a workflow: refused, or the workflow can do with it what it does before its first step. */
export function inputs(random: Random): string | undefined {
  const kind = random.pick(Object.keys(VALID) as InputKind[]);
  const input = mutatePayload(random, VALID[kind]);
  inputFacts(input);
  const fault = inputFault(kind, input);
  if (fault !== undefined) {
    demand(fault.length > 5 && fault.length < 1000, () => `a fault of ${fault.length} characters`);
    return 'USAGE';
  }
  const { progress, details, carry } = STARTS[kind](input as never);
  finite(progress, JSON.stringify(input));
  demand(details.length < 200_000, () => `details of ${details.length} characters`);
  const again = inputFault(kind, { ...(input as object), carry });
  demand(again === undefined, () => `its carry: ${again}`);
  return undefined;
}

/** What a workflow has of its input: its answer to the `progress` query, the text in the UI, and its carry. */
interface Start {
  readonly progress: object;
  readonly details: string;
  readonly carry?: object;
}

const STARTS: { readonly [Kind in InputKind]: (input: never) => Start } = {
  backfill: (input: BackfillInput) => {
    const state = new RunState(input);
    const { range } = input.spec;
    if (state.plan === undefined)
      return { progress: {}, details: backfillDetails('r', range, state.progress()) };
    const progress = state.progress();
    return { progress, details: backfillDetails('r', range, progress), carry: state.carry() };
  },
  scheduled: ({ spec: { types = [], network = '' } }: BackfillInput) => ({
    progress: [...types],
    details: network,
  }),
  partition: ({ task }: PartitionInput) => ({
    progress: task,
    details: runningDetails(task.range, new Map(task.datasets.map((dataset) => [dataset, 'waiting']))),
  }),
  tail: (input: TailInput) => {
    const state = new TailState(input);
    const progress = state.progress();
    if (state.start !== undefined) finite(state.request(state.start), 'the request');
    return {
      progress,
      details: tailDetails('t', progress, undefined),
      ...(state.start === undefined ? {} : { carry: state.carry() }),
    };
  },
  maintain: ({ archive, skip = [], deep }: MaintainInput) => {
    const steps = skip.map((step) => ({ step, outcome: 'skipped' as const, summary: '' }));
    const part = deep === undefined ? 0 : Math.floor(1_795_000_000_000 / deep.everyMs) % deep.runs;
    return {
      progress: { part },
      details: maintainDetails({ kind: 'maintain', archive, steps, findings: [], rejects: [] }),
    };
  },
  compact: ({ carry, datasets = [] }: CompactInput) => ({
    progress: { carry },
    details: datasets.join(' '),
    ...(carry === undefined ? {} : { carry }),
  }),
  limiter: ({ carry }: LimiterInput) => {
    const leases = new Leases(carry);
    leases.grant(5);
    return { progress: leases.state(), details: '', carry: leases.state() };
  },
};

/** Numbers in an answer are finite: JSON makes `null` of the others. */
function finite(answer: object, input: string): void {
  for (const [name, found] of Object.entries(answer) as [string, unknown][])
    if (typeof found === 'object' && found !== null) finite(found, input);
    else if (typeof found === 'number')
      demand(Number.isFinite(found), () => `${name} is ${String(found)} after ${input.slice(0, 2000)}`);
}
