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
  concurrencyFault,
  isLeaseRequest,
  missedFault,
  readReport,
  retryFault,
  wantedRanges,
} from '../../../libs/workflows/src/contract/checks';
import { Leases } from '../../../libs/workflows/src/leases';
import { Parking } from '../../../libs/workflows/src/parking';
import { mutatePayload } from '../mutate';
import type { Random } from '../random';
import { type Target, demand } from '../target';
import { inputs } from '../workflowinputs';

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
 * Payloads that any Temporal client may send to a workflow: its input, reports, requests to retry, flush policies, a new
 * concurrency, and lease requests with replaced, missing, doubled and absurd members, checked as the workflows check them;
 * and the signals of a partition in any order.
 *
 * Oracle: a check never throws. A payload that passes changes the state so that it is still a valid answer of the
 * `progress` query and a valid carry: JSON, counts that are whole numbers and did not fall, each partition counted once,
 * ranges and policies within their limits; a lease names a workflow id that a signal can be sent to. An input that passes
 * gives a state with an answer, details and a carry that is a valid input again. A partition does what the last signal
 * since it parked says.
 */
export const workflow: Target = {
  name: 'workflow',
  ci: 5000,
  open: () =>
    Promise.resolve({
      run: (random) =>
        random.pick([reports, retries, policies, leases, concurrency, partitionSignals, inputs])(random),
    }),
};

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
    const report = readReport(mutatePayload(random, { ...REPORT, key: random.pick(KEYS), outcome }));
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
  const request = mutatePayload(random, RETRY) as RetryRequest | undefined;
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
  const change = mutatePayload(random, POLICY) as Partial<FlushPolicy>;
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
    const request = mutatePayload(random, { ...LEASE, token: `t${count}` });
    if (isLeaseRequest(request)) held.request(request);
    else refused += 1;
    held.release(mutatePayload(random, 'other') as string);
    for (const { holder } of held.grant(count))
      demand(
        holder !== '' && Buffer.byteLength(holder) <= 1000,
        () => `a signal to ${JSON.stringify(holder.slice(0, 50))}`,
      );
    JSON.stringify(held.state());
  }
  return refused === 4 ? 'IGNORED' : undefined;
}

function concurrency(random: Random): string | undefined {
  const value = mutatePayload(random, random.pick([1, 4, 500, 501]));
  const fault = concurrencyFault(value);
  if (fault === undefined) {
    demand(
      Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 500,
      () => `concurrency ${value}`,
    );
    return undefined;
  }
  demand(fault.length > 5 && fault.length < 1000, () => `a fault of ${fault.length} characters`);
  return 'USAGE';
}

function partitionSignals(random: Random): undefined {
  const parking = new Parking();
  let [parked, last] = [false, undefined as string | undefined];
  for (let count = 1 + random.below(8); count > 0; count -= 1) {
    const next = random.pick(['retry', 'skip', 'go on'] as const);
    if (next !== 'go on') {
      parking.ask(next);
      if (parked) last = next;
    } else if (parked && last !== undefined) {
      parking.leave();
      parked = false;
    } else if (!parked) {
      parking.park();
      [parked, last] = [true, undefined];
    }
    demand(!parked || parking.wanted === last, () => `${parking.wanted} instead of ${last}`);
  }
}

function taskOf(key: string): PartitionTask {
  return { key, range: { start: Number(key), end: Number(key) + 9 }, datasets: ['a'] };
}
