import type { AuditFinding } from '@parquetry/audit';
import { type ErrorCode, ERROR_CODES, ParquetryError } from '@parquetry/core';
import type { Output } from './output';

/** The findings of a check, a line each. */
export function sayFindings(findings: readonly AuditFinding[], output: Output): void {
  for (const finding of findings)
    output.say(`${finding.fault ? 'FAULT' : 'note'} ${finding.code}: ${finding.message}`);
}

/** The error of a check that found `faults` faults: the first one's sentence, and how many more. */
export function faultError(first: AuditFinding, faults: number): ParquetryError {
  const code = errorCode(first.code);
  const more = faults > 1 ? ` (and ${faults - 1} more)` : '';
  const hint =
    first.code === 'COVERAGE_GAP'
      ? 'Run `parquetry backfill` over the range again: it writes only what is missing.'
      : first.code.startsWith('MAJOR_')
        ? 'Which ledgers a major owns is in _parquetry/majors: compare its records with a backup.'
        : undefined;
  return new ParquetryError(code, `${first.message}${more}`, {
    details: { faults },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Findings without an error code of their own are of damaged files, or of hashes that do not fit. */
function errorCode(finding: string): ErrorCode {
  if (Object.hasOwn(ERROR_CODES, finding)) return finding as ErrorCode;
  return finding.startsWith('HASH_') || finding.startsWith('TRUST_') ? 'CHAIN_BROKEN' : 'FILE_CORRUPT';
}
