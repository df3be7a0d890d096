import { MAX_LEDGER } from '@parquetry/core';
import {
  type BackfillInput,
  EMPTY_TALLY,
  type PartitionReport,
  type PartitionTask,
  type RetryRequest,
  RunState,
  policyFault,
  type FlushPolicy,
} from '@parquetry/workflows';
import {
  isLeaseRequest,
  missedFault,
  readReport,
  retryFault,
  wantedRanges,
} from '../../../libs/workflows/src/contract/checks';
import { Leases } from '../../../libs/workflows/src/leases';
import { hostile, mutateJson } from '../mutate';
import type { Random } from '../random';
import { type Target, demand } from '../target';

const KEYS = ['0000000010', '0000000020', '0000000030'];
const COUNTS = { rows: 5, files: 1, bytes: 900, rejected: 0 };
const REPORT: PartitionReport = {
  key: KEYS[0] as string,
  outcome: 'done',
  tally: { ...EMPTY_TALLY, ...COUNTS, ledgers: 10, datasets: { a: COUNTS, b: COUNTS } },
  reason: 'pull: SOURCE_CORRUPT',
  notes: ['Another run committed ledgers 10-19.'],
};
const RETRY: RetryRequest = { starts: [10, 20], ranges: [{ start: 10, end: 29 }] };
const POLICY: FlushPolicy = {
  maxRows: 1000,
  maxBytes: 1_000_000,
  maxFileBytes: 1_000_000,
  maxAgeSeconds: 60,
};
const LEASE = { holder: 'backfill-1/p/0000000010', token: 't1', limit: 2 };

/**
 * Payloads that any Temporal client may send to a workflow: reports, requests to retry, flush policies and lease requests
 * with replaced, missing, doubled and absurd members, checked as the handlers check them.
 *
 * Oracle: a check never throws. A payload that passes changes the state so that it is still a valid answer of the
 * `progress` query and a valid carry: JSON, counts that are whole numbers and did not fall, each partition counted once,
 * ranges and policies within their limits; a lease names a workflow id that a signal can be sent to.
 */
export const workflow: Target = {
  name: 'workflow',
  ci: 5000,
  open: () => Promise.resolve({ run: (random) => random.pick([reports, retries, policies, leases])(random) }),
};

function payload(random: Random, valid: unknown): unknown {
  if (random.chance(12)) return random.chance(3) ? undefined : hostile(random);
  return mutateJson(random, valid);
}

function reports(random: Random): string | undefined {
  const state = new RunState({
    spec: { range: { start: 10, end: 39 } },
    concurrency: 3,
    maxParked: 5,
    onFailure: 'park',
  } as BackfillInput);
  state.planned({
    plan: 'p',
    partitions: 3,
    datasets: [],
    unusable: 0,
    bytesRead: 0,
    filtered: 0,
  } as unknown as Parameters<RunState['planned']>[0]);
  for (const key of KEYS) state.start(taskOf(key));
  let refused = 0;
  const sent = 1 + random.below(6);
  for (let count = 0; count < sent; count += 1) {
    const outcome = random.pick(['done', 'parked', 'resumed', 'skipped', 'failed'] as const);
    const report = readReport(payload(random, { ...REPORT, key: random.pick(KEYS), outcome }));
    if (report === undefined) refused += 1;
    else state.count(report);
    const progress = JSON.parse(JSON.stringify(state.progress())) as ReturnType<RunState['progress']>;
    const { done, abandoned, failed, running, parked, tally } = progress;
    demand(
      done + abandoned + failed + running + parked === KEYS.length,
      () => `counts ${JSON.stringify(progress)}`,
    );
    wholeCounts(tally);
    demand(Object.keys(tally.datasets ?? {}).length <= 100, () => 'too many datasets');
    demand(JSON.stringify(state.carry()).length < 2_000_000, () => 'a carry that fits no payload');
    for (const { reason } of progress.troubled)
      demand(typeof reason === 'string', () => 'a reason that is no text');
  }
  return refused === sent ? 'IGNORED' : undefined;
}

function wholeCounts(counts: object): void {
  for (const [name, value] of Object.entries(counts) as [string, unknown][])
    if (typeof value === 'object' && value !== null)
      for (const inner of Object.values(value)) wholeCounts(inner as object);
    else demand(Number.isInteger(value) && Number(value) >= 0, () => `${name} is ${JSON.stringify(value)}`);
}

function retries(random: Random): string | undefined {
  const request = payload(random, RETRY) as RetryRequest | undefined;
  const parked = [
    { start: 10, end: 19 },
    { start: 20, end: 29 },
  ];
  const fault = retryFault(request) ?? missedFault(request as RetryRequest, parked);
  if (fault !== undefined) {
    demand(fault.length > 5 && fault.length < 20_000, () => `a fault of ${fault.length} characters`);
    return 'USAGE';
  }
  for (const { start, end } of wantedRanges(request as RetryRequest))
    demand(start >= 1 && end >= start && end <= MAX_LEDGER, () => `range ${start}-${end}`);
  return undefined;
}

function policies(random: Random): string | undefined {
  const change = payload(random, POLICY) as Partial<FlushPolicy>;
  const fault = policyFault(change);
  if (fault !== undefined) return 'USAGE';
  const changed: object = { ...POLICY, ...change };
  demand(Object.keys(changed).length === 4, () => `policy ${JSON.stringify(changed)}`);
  for (const value of Object.values(changed) as unknown[])
    demand(Number.isInteger(value) && Number(value) >= 1, () => `policy ${JSON.stringify(changed)}`);
  return undefined;
}

function leases(random: Random): string | undefined {
  const held = new Leases(undefined);
  let refused = 0;
  for (let count = 0; count < 4; count += 1) {
    const request = payload(random, { ...LEASE, token: `t${count}` });
    if (isLeaseRequest(request)) held.request(request);
    else refused += 1;
    held.release(payload(random, 'other') as string);
    for (const { holder } of held.grant(count))
      demand(
        holder !== '' && Buffer.byteLength(holder) <= 1000,
        () => `a signal to ${JSON.stringify(holder.slice(0, 50))}`,
      );
    JSON.stringify(held.state());
  }
  return refused === 4 ? 'IGNORED' : undefined;
}

function taskOf(key: string): PartitionTask {
  return { key, range: { start: Number(key), end: Number(key) + 9 }, datasets: ['a'] };
}
