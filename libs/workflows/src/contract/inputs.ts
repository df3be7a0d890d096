import { MAINTAIN_STEPS, MAX_LEDGER } from '@parquetry/core';
import { MAX_CONCURRENCY, isRange, isWorkflowId, readTally } from './checks';
import { type Shape, listOf, object, oneOf, optional, value, whole } from './shape';

/** Most characters of a location, a name or a key. */
const MAX_TEXT = 10_000;

const TEXT = value(
  'a text',
  (found) => typeof found === 'string' && found !== '' && found.length <= MAX_TEXT,
);
const ANY_TEXT = value('a text', (found) => typeof found === 'string');
const TIME = value('a time', (found) => typeof found === 'string' && Number.isFinite(Date.parse(found)));
const FLAG = oneOf(true, false);
const COUNT = whole(0);
const LEDGER = whole(1, MAX_LEDGER);
const RANGE = value('a range of ledgers {"start": …, "end": …}', isRange);
const TALLY = value('the counts of finished work', (found) => readTally(found) !== undefined);
const POSITIVE = value('a number above 0', (found) => Number.isFinite(found) && Number(found) > 0);
const PARTITION_SIZE = whole(1, MAX_LEDGER);
const ON_FAILURE = oneOf('park', 'fail');

const SPEC = {
  // A list of files may be long.
  source: object({ uri: value('a text', (found) => typeof found === 'string' && found !== '') }),
  archive: TEXT,
  network: optional(TEXT),
  partitionSize: PARTITION_SIZE,
  types: optional(listOf(TEXT)),
};

const TASK = object({
  key: TEXT,
  range: RANGE,
  datasets: listOf(TEXT),
  queue: optional(TEXT),
  limit: optional(whole(1)),
});

const PARKED = object({ key: TEXT, reason: ANY_TEXT, task: TASK });
const TROUBLED = object({ key: TEXT, reason: ANY_TEXT, range: optional(RANGE) });
const WORK = object({ tasks: COUNT, amount: COUNT, slices: optional(listOf(COUNT)) });
const PLAN = object({
  plan: TEXT,
  datasets: listOf(TEXT),
  partitions: COUNT,
  unusable: COUNT,
  work: optional(WORK),
});
const PAIRS = listOf(
  value(
    'a text or number and a number',
    (found) =>
      Array.isArray(found) &&
      found.length === 2 &&
      (typeof found[0] === 'string' || Number.isFinite(found[0])) &&
      Number.isFinite(found[1]),
  ),
);

const BACKFILL_CARRY = object({
  plan: PLAN,
  cursor: COUNT,
  inflight: listOf(TASK),
  parked: listOf(PARKED),
  failed: listOf(TROUBLED),
  failedCount: COUNT,
  requeue: listOf(TASK),
  notes: optional(listOf(ANY_TEXT)),
  done: COUNT,
  skipped: COUNT,
  split: optional(COUNT),
  abandoned: COUNT,
  tally: TALLY,
  settled: optional(COUNT),
  pace: optional(object({ samples: PAIRS, since: PAIRS })),
  concurrency: whole(1, MAX_CONCURRENCY),
});

const RUN = {
  concurrency: whole(1, MAX_CONCURRENCY),
  maxParked: whole(1),
  onFailure: ON_FAILURE,
  startsPerRun: optional(whole(1)),
  quiet: optional(object({ working: whole(1), waiting: whole(1) })),
};

const POLICY = object({
  maxRows: optional(POSITIVE),
  maxBytes: optional(POSITIVE),
  maxFileBytes: optional(POSITIVE),
  maxAgeSeconds: POSITIVE,
});

const TAIL_CARRY = object({
  start: object({ cursor: COUNT, network: ANY_TEXT, plan: optional(TEXT) }),
  cursor: COUNT,
  policy: POLICY,
  paused: FLAG,
  stopping: FLAG,
  flushes: COUNT,
  tally: TALLY,
  reasons: object({}),
  late: COUNT,
  unusable: COUNT,
  since: optional(COUNT),
  previous: optional(TEXT),
  tip: optional(object({ ledger: COUNT, closedAt: optional(TIME) })),
  closedAt: optional(TIME),
  sizes: optional(object({ source: POSITIVE, file: POSITIVE })),
});

const COMPACT_CARRY = object({
  groups: COUNT,
  segments: COUNT,
  filesBefore: COUNT,
  filesAfter: COUNT,
  rows: COUNT,
  failed: COUNT,
  failures: listOf(
    object({ dataset: ANY_TEXT, step: ANY_TEXT, code: ANY_TEXT, message: ANY_TEXT, range: RANGE }),
  ),
  after: optional(object({ dataset: TEXT, ledger: COUNT })),
  again: optional(FLAG),
});

const LEASE = { holder: value('a workflow id', isWorkflowId), token: ANY_TEXT };

/** What each workflow reads of its input. The steps check the rest where they use it. */
const INPUTS = {
  backfill: object({
    spec: object({ ...SPEC, range: RANGE }),
    ...RUN,
    carry: optional(BACKFILL_CARRY),
  }),
  scheduled: object({ spec: object(SPEC), ...RUN, lag: COUNT, maxLedgers: whole(1) }),
  partition: object({ archive: TEXT, plan: TEXT, task: TASK, onFailure: ON_FAILURE }),
  tail: object({
    spec: object(SPEC),
    from: value('"committed", "latest" or a ledger', (from) =>
      typeof from === 'string' ? ['committed', 'latest'].includes(from) : LEDGER(from, '') === undefined,
    ),
    until: optional(LEDGER),
    lag: COUNT,
    policy: POLICY,
    pollSeconds: POSITIVE,
    flushesPerRun: optional(whole(1)),
    carry: optional(TAIL_CARRY),
  }),
  maintain: object({
    archive: TEXT,
    datasets: optional(listOf(TEXT)),
    skip: optional(listOf(oneOf(...MAINTAIN_STEPS))),
    compact: object({ partitionSize: PARTITION_SIZE, settledMs: COUNT, limit: optional(COUNT) }),
    logRetentionMs: COUNT,
    graceMs: COUNT,
    deep: optional(object({ runs: whole(1), everyMs: whole(1) })),
  }),
  compact: object({
    archive: TEXT,
    datasets: optional(listOf(TEXT)),
    range: optional(RANGE),
    partitionSize: PARTITION_SIZE,
    limit: optional(COUNT),
    carry: optional(COMPACT_CARRY),
  }),
  limiter: object({
    checkMs: optional(whole(1)),
    idleMs: optional(whole(1)),
    grantsPerRun: optional(whole(1)),
    carry: optional(
      object({
        limit: COUNT,
        held: listOf(object({ ...LEASE, since: COUNT })),
        waiting: listOf(object(LEASE)),
      }),
    ),
  }),
} satisfies Readonly<Record<string, Shape>>;

/** A workflow's type. */
export type InputKind = keyof typeof INPUTS;

/** Why the input of a workflow is refused; undefined when it is valid. Never throws. */
export function inputFault(kind: InputKind, input: unknown): string | undefined {
  return INPUTS[kind](input, 'input');
}
