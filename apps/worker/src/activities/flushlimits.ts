import type { LedgerRange } from '@parquetry/core';
import type { CutLimits, LedgerFacts } from '@parquetry/source';
import type { FlushPolicy } from '@parquetry/workflows';

/** Before the first flush a file is taken to be as large as its source: the first one comes out smaller than asked for. */
const FIRST_RATIO = 1;

/**
 * What ends a flush, in rows and bytes of the source. A size of files is turned into bytes of the source by what earlier
 * flushes of the tail made of theirs, as the workflow's history has it: a step that is repeated decides the same.
 */
export function flushLimits(
  { maxRows = Infinity, maxBytes = Infinity, maxFileBytes = Infinity }: FlushPolicy,
  fileBytesPerByte = FIRST_RATIO,
): Pick<CutLimits, 'maxRows' | 'maxBytes'> {
  return { maxRows, maxBytes: Math.min(maxBytes, maxFileBytes / fileBytesPerByte) };
}

/** Bytes that the source has for the ledgers of a range. */
export function bytesOf(facts: readonly LedgerFacts[], range: LedgerRange): number {
  return facts.reduce(
    (sum, { ledger, bytes }) => sum + (ledger >= range.start && ledger <= range.end ? bytes : 0),
    0,
  );
}
