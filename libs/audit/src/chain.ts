import type { SegmentRecord } from '@parquetry/archive';
import { formatRange } from '@parquetry/core';
import type { AuditFinding, DatasetAudit } from './report';

/** The parts of a segment's record that the chain needs. */
interface LinkedSegment {
  readonly identity: Pick<SegmentRecord['identity'], 'range' | 'proof'>;
}

/**
 * Checks the ledger hash chain across adjacent segments: the previous-ledger hash of a segment's first ledger is the
 * hash of the previous segment's last ledger. Inside a segment the pull has checked it.
 */
export function joinChain(
  dataset: string,
  segments: readonly LinkedSegment[],
): { proof: DatasetAudit['proof']; findings: AuditFinding[] } {
  const findings: AuditFinding[] = [];
  let before: LinkedSegment | undefined;
  for (const segment of segments) {
    const [a, b] = [before?.identity, segment.identity];
    before = segment;
    if (a === undefined || a.range.end + 1 !== b.range.start) continue;
    if (a.proof.kind !== 'chain' || b.proof.kind !== 'chain') continue;
    if (a.proof.lastHash !== b.proof.firstPreviousHash)
      findings.push({
        code: 'CHAIN_BROKEN',
        fault: true,
        dataset,
        range: { start: a.range.end, end: b.range.start },
        message: `Ledger ${b.range.start} has the previous hash ${b.proof.firstPreviousHash}; segment ${formatRange(a.range)} ends with ${a.proof.lastHash}.`,
      });
  }
  const kinds = new Set(segments.map(({ identity }) => identity.proof.kind));
  const [only] = kinds;
  return { proof: only === undefined ? 'none' : kinds.size === 1 ? only : 'mixed', findings };
}
