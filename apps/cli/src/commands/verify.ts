import { type AuditFinding, type DatasetAudit, auditArchive } from '@parquetry/audit';
import { type ErrorCode, ERROR_CODES, type LedgerRange, ParquetryError, formatRange } from '@parquetry/core';
import type { VerifyLevel } from '@parquetry/workflows';
import { openArchive } from '../archive';
import { type Output, formatBytes } from '../output';

/** `parquetry verify`: reads the archive back with the second reader and names every fault; exit 1 when there is one. */
export async function verify(
  root: string,
  request: {
    readonly datasets?: readonly string[];
    readonly range?: LedgerRange;
    readonly level: VerifyLevel;
  },
  output: Output,
): Promise<number> {
  const { archive } = await openArchive(root);
  const audits: DatasetAudit[] = [];
  for await (const audit of auditArchive(archive, request)) audits.push(audit);
  output.table(
    ['dataset', 'ledgers', 'files', 'rows', 'size', 'coverage', 'proof', 'faults'],
    audits.map((audit) => [
      audit.dataset,
      audit.ledgers,
      audit.files,
      audit.rows,
      formatBytes(audit.bytes),
      audit.coverage.map(formatRange).join(', ') || 'none',
      audit.proof,
      audit.findings.filter(({ fault }) => fault).length,
    ]),
  );
  const findings = audits.flatMap((audit) => audit.findings);
  for (const finding of findings)
    output.say(`${finding.fault ? 'FAULT' : 'note'} ${finding.code}: ${finding.message}`);
  const faults = findings.filter(({ fault }) => fault);
  const [first] = faults;
  const document = { ok: first === undefined, datasets: audits };
  if (first === undefined) {
    output.say(`No faults: ${request.level === 'full' ? 'every value' : 'every file'} was read back.`);
    output.document(document);
    return 0;
  }
  return output.fail(faultError(first, faults.length), document);
}

function faultError(first: AuditFinding, faults: number): ParquetryError {
  const code: ErrorCode = Object.hasOwn(ERROR_CODES, first.code) ? (first.code as ErrorCode) : 'FILE_CORRUPT';
  const more = faults > 1 ? ` (and ${faults - 1} more)` : '';
  const hint =
    first.code === 'COVERAGE_GAP'
      ? 'Run `parquetry backfill` over the range again: it brings only what is missing.'
      : undefined;
  return new ParquetryError(code, `${first.message}${more}`, {
    details: { faults },
    ...(hint === undefined ? {} : { hint }),
  });
}
