import type { AuditFinding } from '@parquetry/audit';
import { type ErrorCode, ERROR_CODES, ParquetryError } from '@parquetry/core';
import type { Output } from './output';

/** Prints the findings of a check, one per line. */
export function printFindings(findings: readonly AuditFinding[], output: Output): void {
  for (const finding of findings)
    output.say(`${finding.fault ? 'FAULT' : 'note'} ${finding.code}: ${finding.message}`);
}

/** The error of a check that found `faults` faults: the message of the first one, and the number of others. */
export function faultError(first: AuditFinding, faults: number): ParquetryError {
  const code = errorCode(first.code);
  const more = faults > 1 ? ` (and ${faults - 1} more)` : '';
  const hint =
    first.code === 'COVERAGE_GAP'
      ? 'Run `parquetry backfill` over the range again: it writes only what is missing.'
      : first.code.startsWith('MAJOR_')
        ? 'The records in _parquetry/majors say which ledgers a major owns: compare them with a backup.'
        : undefined;
  return new ParquetryError(code, `${first.message}${more}`, {
    details: { faults },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The error code of a finding. Findings without a specific code are damaged files or hashes that do not match. */
function errorCode(finding: string): ErrorCode {
  if (Object.hasOwn(ERROR_CODES, finding)) return finding as ErrorCode;
  return finding.startsWith('HASH_') || finding.startsWith('TRUST_') ? 'CHAIN_BROKEN' : 'FILE_CORRUPT';
}
