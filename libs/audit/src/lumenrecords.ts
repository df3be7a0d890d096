import type { SegmentRecord } from '@parquetry/archive';
import type { AuditFinding, LumenProof } from './report';

/** Sums what the pulls of a dataset's segments found about native balances; undefined when they checked none. */
export function lumenRecords(
  dataset: string,
  segments: readonly SegmentRecord[],
): { readonly lumens: LumenProof; readonly findings: AuditFinding[] } | undefined {
  let proved = 0;
  let unchecked = 0;
  const findings: AuditFinding[] = [];
  const checked = segments.filter(({ conservation }) => conservation !== undefined);
  for (const { identity, conservation } of checked) {
    proved += conservation?.proved ?? 0;
    unchecked += conservation?.unchecked ?? 0;
    const { first, failed = 0 } = conservation ?? {};
    if (first === undefined) continue;
    findings.push({
      code: 'CONSERVATION_BROKEN',
      fault: true,
      dataset,
      range: identity.range,
      message: `The pull of ledgers ${identity.range.start}-${identity.range.end} found that lumens do not add up in ${failed} of them, first by ${first.stroops} stroops in ledger ${first.ledger}.`,
    });
  }
  if (checked.length === 0) return undefined;
  const why = 'the ledger before them was not in the same pull; --deep checks them';
  return { lumens: { proved, unchecked, ...(unchecked > 0 ? { why } : {}) }, findings };
}
