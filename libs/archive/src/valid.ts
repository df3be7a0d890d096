import { formatRange, ParquetryError } from '@parquetry/core';
import type { SegmentDraft } from './draft';

const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Refuses an inconsistent draft: files out of order or range, row counts that do not add up per ledger.
 * @throws ParquetryError VERIFY_MISMATCH
 */
export function assertDraft(draft: SegmentDraft): void {
  const { range, files, ledgers } = draft;
  const fail = (why: string): never => {
    throw new ParquetryError(
      'VERIFY_MISMATCH',
      `The segment of ledgers ${formatRange(range)} can't be published: ${why}.`,
      { details: { start: range.start, end: range.end } },
    );
  };
  let next = range.start;
  let at = 0;
  for (const file of files) {
    const name = `its file ${formatRange(file.range)}`;
    if (file.range.start < next || file.range.end > range.end || file.range.end < file.range.start)
      fail(`${name} is out of order or out of the range`);
    next = file.range.end + 1;
    if (!SHA256.test(file.sha256)) fail(`${name} has no sha256`);
    let rows = 0;
    for (
      let tally = ledgers[at];
      tally !== undefined && tally.ledger <= file.range.end;
      tally = ledgers[++at]
    ) {
      if (tally.ledger < file.range.start) fail(`no file covers ledger ${tally.ledger}, which has rows`);
      rows += tally.rows;
    }
    if (rows !== file.rows || rows < 1) fail(`${name} has ${file.rows} rows, its ledgers have ${rows}`);
  }
  const left = ledgers[at];
  if (left !== undefined) fail(`no file covers ledger ${left.ledger}, which has rows`);
}
