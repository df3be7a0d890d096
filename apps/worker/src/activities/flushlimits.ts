import type { LedgerRange } from '@parquetry/core';
import type { CutLimits, LedgerFacts } from '@parquetry/source';
import type { FlushPolicy } from '@parquetry/workflows';

/** Before the first flush a file is assumed to be as large as its source: the first file is smaller than requested. */
const FIRST_RATIO = 1;

/**
 * What ends a flush, in rows and bytes of the source. A file size is converted to source bytes with the ratio of
 * earlier flushes, which is in the workflow's history: a repeated step decides the same.
 */
export function flushLimits(
  { maxRows = Infinity, maxBytes = Infinity, maxFileBytes = Infinity }: FlushPolicy,
  fileBytesPerByte = FIRST_RATIO,
): Pick<CutLimits, 'maxRows' | 'maxBytes'> {
  return { maxRows, maxBytes: Math.min(maxBytes, maxFileBytes / fileBytesPerByte) };
}

/** Source bytes of the ledgers of a range. */
export function bytesOf(facts: readonly LedgerFacts[], range: LedgerRange): number {
  return facts.reduce(
    (sum, { ledger, bytes }) => sum + (ledger >= range.start && ledger <= range.end ? bytes : 0),
    0,
  );
}
