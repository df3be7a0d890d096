import { type Dataset, type Snapshot, parseDataset } from '@parquetry/archive';
import { type LedgerRange, ParquetryError, intersectRange } from '@parquetry/core';
import { inBatches } from './batches';

/** What is committed of a dataset in a range, by the records of its segments. */
export interface Committed {
  readonly rows: number;
  readonly rejected: number;
  /** Workflows that committed some of it; `undefined` where a record names none. */
  readonly writers: ReadonlySet<string | undefined>;
}

/** Adds up the rows and rejects of a range, ledger by ledger, from the records of the segments there. */
export async function committedTotals(
  table: Dataset,
  { segments }: Snapshot,
  range: LedgerRange,
): Promise<Committed> {
  const inside = ({ ledger }: { readonly ledger: number }): boolean =>
    ledger >= range.start && ledger <= range.end;
  // Of each record only its sums are kept: a range may have tens of thousands, each with all of its ledgers.
  const parts = await inBatches(
    segments.filter((segment) => intersectRange(segment.range, range) !== undefined),
    async ({ id }) => {
      const { identity, workflow } = await table.segment(id);
      return {
        rows: identity.ledgers.filter(inside).reduce((total, { rows }) => total + rows, 0),
        rejected: identity.rejectedLedgers
          .filter(inside)
          .reduce((total, { rejected }) => total + rejected, 0),
        writer: workflow?.id,
      };
    },
  );
  return {
    rows: parts.reduce((total, { rows }) => total + rows, 0),
    rejected: parts.reduce((total, { rejected }) => total + rejected, 0),
    writers: new Set(parts.map(({ writer }) => writer)),
  };
}

/**
 * In = out + rejected for a run: the messages of a dataset that the index pass counted in the range are the rows and
 * rejects that are committed there now. Only where the range has no gap; and where other workflows committed some of
 * it, they may have seen another state of the source: that is told, and is no fault of this run.
 * @param run workflow id of the run, whose partitions have ids below it
 * @returns a sentence where another run's ledgers make the difference
 * @throws ParquetryError VERIFY_MISMATCH
 */
export function checkTotals(
  dataset: string,
  messages: number,
  { rows, rejected, writers }: Committed,
  run: string,
): string | undefined {
  if (rows + rejected === messages) return undefined;
  const counts = `${messages} messages were indexed, ${rows} rows and ${rejected} rejects are committed`;
  const others = [...writers].filter((writer) => writer === undefined || !writer.startsWith(`${run}/`));
  if (others.length > 0)
    return `${dataset}: ${counts}. Some of its ledgers were committed before by ${others[0] ?? 'another program'}, when the source was another; --mode replace brings them up to date.`;
  throw new ParquetryError('VERIFY_MISMATCH', `${dataset}: ${counts} by this run.`, {
    details: { dataset, messageType: parseDataset(dataset).messageType, messages, rows, rejected },
    hint: 'Replace the ledgers from the source: --mode replace. Keep the archive as it is and report this.',
  });
}
