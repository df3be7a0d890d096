import { MAX_LEDGER } from '@parquetry/core';
import type { RetryRequest } from './messages';
import type { PartitionReport } from './types';

const OUTCOMES: readonly string[] = [
  'done',
  'parked',
  'resumed',
  'skipped',
  'failed',
] satisfies readonly PartitionReport['outcome'][];

/** Why a request for `retryPartitions` is refused; undefined when it is fine. People type it in the UI. */
export function retryFault(request: RetryRequest | undefined): string | undefined {
  const usage = 'retryPartitions takes {"all": true} or {"starts": [ledger, …]}';
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    return `${usage}, not ${JSON.stringify(request) ?? 'nothing'}`;
  for (const name of Object.keys(request))
    if (name !== 'all' && name !== 'starts') return `${usage}; ${JSON.stringify(name)} is neither`;
  const { all, starts } = request as { all?: unknown; starts?: unknown };
  if (all !== undefined && typeof all !== 'boolean') return `${usage}; "all" is true or false`;
  if (starts !== undefined && !(Array.isArray(starts) && starts.every(isLedger)))
    return `${usage}; "starts" is a list of ledgers, not ${JSON.stringify(starts)}`;
  if (all !== true && (starts === undefined || starts.length === 0))
    return `${usage}; this asks for no partition`;
  return undefined;
}

/** True for what a partition reports; signals have no validator, so whatever a person sends arrives. */
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

function isLedger(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_LEDGER;
}
