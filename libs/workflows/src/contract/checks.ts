import { type LedgerRange, MAX_LEDGER, formatRange, meets } from '@parquetry/core';
import type { LeaseRequest } from './lease';
import { isObject, shown, whole } from './shape';
import type { RetryRequest } from './messages';
import type { DatasetTally, PartitionReport, Tally } from './types';

/** Most ledgers and ranges listed in a refusal. */
const NAMED = 10;
/** Most characters of a text in a report; the state of a run must fit into a payload. */
const MAX_TEXT = 1000;
/** Most bytes of a workflow id that a Temporal server accepts. */
const MAX_ID = 1000;

const OUTCOMES: readonly string[] = [
  'done',
  'parked',
  'resumed',
  'skipped',
  'failed',
] satisfies readonly PartitionReport['outcome'][];

/** Most partitions in flight. */
export const MAX_CONCURRENCY = 500;

/** Why a value for `setConcurrency` is refused; undefined when it is valid. */
export function concurrencyFault(value: unknown): string | undefined {
  return whole(1, MAX_CONCURRENCY)(value, 'Concurrency');
}

/** Why a request for `retryPartitions` is refused; undefined when it is valid. People type it in the UI. */
export function retryFault(request: RetryRequest | undefined): string | undefined {
  const usage =
    'retryPartitions takes {"all": true}, {"starts": [ledger, …]} or {"ranges": [{"start": ledger, "end": ledger}, …]}';
  if (!isObject(request)) return `${usage}, not ${shown(request)}`;
  for (const name of Object.keys(request))
    if (!['all', 'starts', 'ranges'].includes(name)) return `${usage}; ${shown(name)} is none of them`;
  const { all, starts = [], ranges = [] } = request as Readonly<Record<string, unknown>>;
  if (all !== undefined && typeof all !== 'boolean') return `${usage}; "all" is true or false`;
  if (!Array.isArray(starts) || !starts.every(isLedger))
    return `${usage}; "starts" is a list of ledgers, not ${shown(starts)}`;
  if (!Array.isArray(ranges) || !ranges.every(isRange))
    return `${usage}; "ranges" is a list of ranges, not ${shown(ranges)}`;
  if (all !== true && starts.length + ranges.length === 0) return `${usage}; this selects no partition`;
  return undefined;
}

/** The ledgers of a request, as ranges; none for all partitions. */
export function wantedRanges({ all, starts = [], ranges = [] }: RetryRequest): readonly LedgerRange[] {
  return all === true ? [] : [...starts.map((ledger) => ({ start: ledger, end: ledger })), ...ranges];
}

/**
 * Why the ledgers of a request are refused, given the ranges of the parked partitions; undefined when each is in one.
 * One ledger without a match refuses the whole request, so that a typing error is not ignored.
 */
export function missedFault(request: RetryRequest, parked: readonly LedgerRange[]): string | undefined {
  const missed = wantedRanges(request).filter((range) => !meets(range, parked));
  if (missed.length === 0) return undefined;
  const sorted = [...parked].sort((a, b) => a.start - b.start);
  const named = sorted.slice(0, NAMED).map(formatRange);
  const more = parked.length - named.length;
  const waiting =
    parked.length === 0
      ? 'no partition is parked'
      : `parked are ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return `no parked partition contains ledger ${missed.slice(0, NAMED).map(formatRange).join(', ')}${missed.length > NAMED ? ', …' : ''}; ${waiting}`;
}

/**
 * A partition's report. Signals have no validator, so any payload may arrive: undefined for one without a key and an
 * outcome; parts of another form are left out, because they would fail the run or the answer to its queries.
 */
export function readReport(payload: unknown): PartitionReport | undefined {
  if (!isObject(payload)) return undefined;
  const { key, plan, outcome, tally, reason, notes } = payload;
  if (typeof key !== 'string' || typeof outcome !== 'string' || !OUTCOMES.includes(outcome)) return undefined;
  if (tally !== undefined && (typeof tally !== 'object' || tally === null)) return undefined;
  if (notes !== undefined && !Array.isArray(notes)) return undefined;
  const counts = readTally(tally);
  const sentences = notes?.filter((note) => typeof note === 'string');
  return {
    key,
    ...(typeof plan === 'string' ? { plan } : {}),
    outcome: outcome as PartitionReport['outcome'],
    ...(counts === undefined ? {} : { tally: counts }),
    ...(typeof reason === 'string' ? { reason: reason.slice(0, MAX_TEXT) } : {}),
    ...(sentences === undefined ? {} : { notes: sentences.map((note) => note.slice(0, MAX_TEXT)) }),
  };
}

/** The known members of a tally; undefined when one of them is not a count. */
export function readTally(value: unknown): Tally | undefined {
  const counts = readCounts(value);
  const { ledgers, bytesRead, datasets } = isObject(value) ? value : {};
  if (counts === undefined || !isCount(ledgers) || !isCount(bytesRead)) return undefined;
  if (datasets === undefined) return { ...counts, ledgers, bytesRead };
  if (!isObject(datasets)) return undefined;
  const found: [string, DatasetTally][] = [];
  for (const [name, each] of Object.entries(datasets)) {
    const own = readCounts(each);
    if (own === undefined || name.length > MAX_TEXT) return undefined;
    found.push([name, own]);
  }
  return { ...counts, ledgers, bytesRead, datasets: Object.fromEntries(found) };
}

function readCounts(value: unknown): DatasetTally | undefined {
  const { rows, files, bytes, rejected } = isObject(value) ? value : {};
  if (!isCount(rows) || !isCount(files) || !isCount(bytes) || !isCount(rejected)) return undefined;
  return { rows, files, bytes, rejected };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** True for a valid request of a lease. */
export function isLeaseRequest(request: unknown): request is LeaseRequest {
  if (!isObject(request)) return false;
  const { holder, token, limit } = request;
  return (
    isWorkflowId(holder) && typeof token === 'string' && Number.isSafeInteger(limit) && Number(limit) >= 1
  );
}

/** True for an id that a server accepts: a signal to another one would fail the sender's workflow task forever. */
export function isWorkflowId(id: unknown): id is string {
  return typeof id === 'string' && id !== '' && mostBytes(id) <= MAX_ID;
}

/** UTF-8 bytes of a text at most. */
function mostBytes(text: string): number {
  return text.replaceAll(/[^ -~]/g, '   ').length;
}

/** True for a range of ledgers. */
export function isRange(value: unknown): boolean {
  const { start, end } = (value ?? {}) as Partial<LedgerRange>;
  return isLedger(start) && isLedger(end) && Number(start) <= Number(end);
}

function isLedger(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_LEDGER;
}
