import { type LedgerRange, MAX_LEDGER, formatRange, meets } from '@parquetry/core';
import type { LeaseRequest } from './lease';
import type { RetryRequest } from './messages';
import type { PartitionReport } from './types';

/** Most ledgers and ranges listed in a refusal. */
const NAMED = 10;

const OUTCOMES: readonly string[] = [
  'done',
  'parked',
  'resumed',
  'skipped',
  'failed',
] satisfies readonly PartitionReport['outcome'][];

/** Why a request for `retryPartitions` is refused; undefined when it is valid. Operators type it in the UI. */
export function retryFault(request: RetryRequest | undefined): string | undefined {
  const usage =
    'retryPartitions takes {"all": true}, {"starts": [ledger, …]} or {"ranges": [{"start": ledger, "end": ledger}, …]}';
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    return `${usage}, not ${JSON.stringify(request) ?? 'nothing'}`;
  for (const name of Object.keys(request))
    if (!['all', 'starts', 'ranges'].includes(name))
      return `${usage}; ${JSON.stringify(name)} is none of them`;
  const { all, starts = [], ranges = [] } = request as Readonly<Record<string, unknown>>;
  if (all !== undefined && typeof all !== 'boolean') return `${usage}; "all" is true or false`;
  if (!Array.isArray(starts) || !starts.every(isLedger))
    return `${usage}; "starts" is a list of ledgers, not ${JSON.stringify(starts)}`;
  if (!Array.isArray(ranges) || !ranges.every(isRange))
    return `${usage}; "ranges" is a list of ranges, not ${JSON.stringify(ranges)}`;
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

/** True for a valid report of a partition; signals have no validator, so any payload may arrive. */
export function isReport(report: PartitionReport | undefined): report is PartitionReport {
  return (
    typeof report === 'object' &&
    report !== null &&
    typeof report.key === 'string' &&
    OUTCOMES.includes(report.outcome) &&
    (report.tally === undefined || (typeof report.tally === 'object' && report.tally !== null)) &&
    (report.notes === undefined || Array.isArray(report.notes))
  );
}

/** True for a valid request of a lease. */
export function isLeaseRequest(request: LeaseRequest | undefined): request is LeaseRequest {
  return (
    typeof request === 'object' &&
    request !== null &&
    typeof request.holder === 'string' &&
    typeof request.token === 'string' &&
    Number.isInteger(request.limit) &&
    request.limit >= 1
  );
}

function isRange(value: unknown): boolean {
  const { start, end } = (value ?? {}) as Partial<LedgerRange>;
  return isLedger(start) && isLedger(end) && Number(start) <= Number(end);
}

function isLedger(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_LEDGER;
}
