import { Archive } from '@parquetry/archive';
import type { LedgerRange } from '@parquetry/core';
import { openStore } from '@parquetry/storage';

/**
 * The ledgers that each dataset of an archive covers, by its commit log. Every segment's ledgers are counted: one that is
 * in two segments throws.
 */
export async function coverageOf(root: string): Promise<Record<string, readonly LedgerRange[]>> {
  const archive = await Archive.open(openStore(root));
  const found: Record<string, readonly LedgerRange[]> = {};
  for (const name of await archive.datasets()) {
    const { coverage, segments } = await archive.dataset(name).snapshot();
    const ranges = segments.map(({ range }) => range).sort((a, b) => a.start - b.start);
    ranges.slice(1).forEach((range, index) => {
      if (range.start <= (ranges[index]?.end ?? 0))
        throw new Error(`${name}: ledger ${range.start} is in two segments`);
    });
    found[name] = coverage;
  }
  return found;
}

/** The result of `coverageOf` when all datasets of a lake cover one range. */
export function allCover(range: LedgerRange): Record<string, readonly LedgerRange[]> {
  return Object.fromEntries(
    ['contract_data', 'contract_events', 'ledgers', 'transactions'].map((name) => [name, [range]]),
  );
}
