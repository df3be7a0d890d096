import { type LedgerRange, formatRange } from '@parquetry/core';
import { Output } from './output';

/** Exit code of a command that was interrupted. */
const INTERRUPTED = 130;

/**
 * Runs a command for each range, one after the other, until one is interrupted or fails. With several ranges its JSON
 * document is `{ runs: [document, …] }`. Returns the first exit code that is not 0.
 */
export async function eachRange(
  ranges: readonly LedgerRange[],
  output: Output,
  run: (range: LedgerRange, output: Output) => Promise<number>,
): Promise<number> {
  const [only] = ranges;
  if (only !== undefined && ranges.length === 1) return run({ start: only.start, end: only.end }, output);
  const documents = new Documents(output.json);
  let code = 0;
  for (const [index, { start, end }] of ranges.entries()) {
    let failed = false;
    const own = await run({ start, end }, documents).catch((error: unknown) => {
      failed = true;
      return documents.fail(error);
    });
    code ||= own;
    if (own !== INTERRUPTED && !failed) continue;
    const left = ranges.slice(index + 1);
    if (left.length > 0) output.note(`Not started: ledgers ${left.map(formatRange).join(', ')}.`);
    break;
  }
  output.document({ runs: documents.all });
  return code;
}

/** Keeps the documents instead of printing them. */
export class Documents extends Output {
  readonly all: unknown[] = [];

  override document(value: unknown): void {
    this.all.push(value);
  }
}
