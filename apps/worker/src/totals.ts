import { type Dataset, type Snapshot, parseDataset } from '@parquetry/archive';
import { type LedgerRange, ParquetryError, intersectRange } from '@parquetry/core';
import { inBatches } from './batches';

/** The committer of a segment, from its record. */
interface Committer {
  /** Workflow id; absent when another program made the segment. */
  readonly workflow?: string;
  /** Key of the plan that the workflow executed. */
  readonly plan?: string;
}

/** Committed counts of a dataset in a range, from the records of its segments. */
export interface Committed {
  readonly rows: number;
  readonly rejected: number;
  /** The committers. */
  readonly writers: readonly Committer[];
}

/** Adds up the rows and rejects of a range, ledger by ledger, from the records of the segments there. */
export async function committedTotals(
  table: Dataset,
  { segments }: Snapshot,
  range: LedgerRange,
): Promise<Committed> {
  const inside = ({ ledger }: { readonly ledger: number }): boolean =>
    ledger >= range.start && ledger <= range.end;
  // Only the sums of each record are kept: a range may have tens of thousands of records, each with all of its ledgers.
  const parts = await inBatches(
    segments.filter((segment) => intersectRange(segment.range, range) !== undefined),
    async ({ id }) => {
      const { identity, workflow } = await table.segment(id);
      return {
        rows: identity.ledgers.filter(inside).reduce((total, { rows }) => total + rows, 0),
        rejected: identity.rejectedLedgers
          .filter(inside)
          .reduce((total, { rejected }) => total + rejected, 0),
        writer: {
          ...(workflow === undefined ? {} : { workflow: workflow.id }),
          ...(workflow?.plan === undefined ? {} : { plan: workflow.plan }),
        },
      };
    },
  );
  return {
    rows: parts.reduce((total, { rows }) => total + rows, 0),
    rejected: parts.reduce((total, { rejected }) => total + rejected, 0),
    writers: distinct(parts.map(({ writer }) => writer)),
  };
}

/** Tens of thousands of segments come from few plans: one committer per plan is kept. */
function distinct(writers: readonly Committer[]): Committer[] {
  return [...new Map(writers.map((writer) => [writer.plan ?? writer.workflow, writer])).values()];
}

/**
 * Checks input = rows + rejects for a run: the messages of a dataset that the index pass counted in the range equal the
 * rows and rejects that are committed there. Only for a range without gaps. A plan's key is the hash of its index, so a
 * segment of another plan, also of an earlier run of the same command, may come from an older state of the source: that
 * is reported, and is not a fault of this run.
 * @param plan key of the run's plan
 * @returns a sentence when segments of another plan may explain the difference
 * @throws ParquetryError VERIFY_MISMATCH
 */
export function checkTotals(
  dataset: string,
  messages: number,
  { rows, rejected, writers }: Committed,
  plan: string,
): string | undefined {
  if (rows + rejected === messages) return undefined;
  const counts = `${messages} messages were indexed, ${rows} rows and ${rejected} rejects are committed`;
  const other = writers.find((writer) => writer.plan !== plan);
  if (other !== undefined)
    return `${dataset}: ${counts}. Some of these ledgers were committed before by ${other.workflow ?? 'another program'}, when the source had other messages; --mode replace brings them up to date.`;
  throw new ParquetryError('VERIFY_MISMATCH', `${dataset}: ${counts} by this run.`, {
    details: { dataset, messageType: parseDataset(dataset).messageType, messages, rows, rejected },
    hint: 'Replace the ledgers from the source: --mode replace. Keep the archive as it is and report this.',
  });
}
