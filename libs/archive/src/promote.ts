import {
  clipIntervals,
  countLedgers,
  formatRange,
  type Intervals,
  type LedgerRange,
  MAX_LEDGER,
  mergeIntervals,
  ParquetryError,
  subtractIntervals,
} from '@parquetry/core';
import type { Archive } from './archive';
import type { Major } from './majors';

/** Ledgers that are in the wrong major, or in two. */
interface MajorFault {
  readonly kind: 'overlap' | 'misplaced';
  readonly message: string;
  readonly datasets: readonly string[];
  readonly ledgers: Intervals;
}

/** Combined coverage of all majors of a message type. */
export interface MajorCoverage {
  readonly majors: readonly (Major & { readonly coverage: Intervals })[];
  /** The union: a ledger that any major covers. */
  readonly coverage: Intervals;
  /** Ledgers that two majors cover, and ledgers that a wrong major covers. */
  readonly faults: readonly MajorFault[];
}

/** Coverage of a message type over its majors, and every overlap of them. */
export async function majorCoverage(archive: Archive, messageType: string): Promise<MajorCoverage> {
  const majors = await Promise.all(
    (await archive.majors.list(messageType)).map(async (major) => ({
      ...major,
      coverage: (await archive.dataset(major.dataset).snapshot()).coverage,
    })),
  );
  const faults: MajorFault[] = [];
  const fault = (
    kind: MajorFault['kind'],
    datasets: readonly string[],
    ledgers: Intervals,
    say: (n: number, named: string) => string,
  ): void => {
    if (ledgers.length > 0)
      faults.push({ kind, datasets, ledgers, message: say(countLedgers(ledgers), nameRanges(ledgers)) });
  };
  for (const [index, { dataset, coverage, range }] of majors.entries()) {
    for (const other of majors.slice(index + 1)) {
      const both = other.coverage.flatMap((part) => clipIntervals(part, coverage));
      fault('overlap', [dataset, other.dataset], both, (count, named) => {
        return `${count} ledgers are in both ${dataset} and ${other.dataset}: ${named}.`;
      });
    }
    const outside = coverage.flatMap((part) => subtractIntervals(part, [range]));
    fault('misplaced', [dataset], outside, (count, named) => {
      return `${count} ledgers of ${dataset} belong to another major: ${named}.`;
    });
  }
  return { majors, coverage: mergeIntervals(majors.flatMap(({ coverage }) => coverage)), faults };
}

/** Result of `promote`. */
export interface Promotion {
  /** `exists` when the newest major already starts at this ledger. */
  readonly outcome: 'created' | 'exists';
  readonly major: Major;
  /** The previous major, which ends before it. */
  readonly before: Major;
}

/**
 * Creates a new major of a message type, `{message_type}.v2` and so on, for all ledgers from `from` on: a dataset with
 * a separate folder, subject and table, and a schema that need not be compatible with the older one. Later runs write
 * its files; `Majors.list` maps ledgers to majors. The record is withdrawn when a commit of the older major that
 * ran at the same time turns out to overlap it.
 * @throws ParquetryError MESSAGE_TYPE_UNKNOWN, RANGE_INVALID, COMMIT_CONFLICT when the newest major has committed
 *   ledgers at or after `from`, or `from` is not after its first
 */
export async function promote(archive: Archive, messageType: string, from: number): Promise<Promotion> {
  const before = await archive.majors.list(messageType);
  if ((await archive.registry.latest(messageType)) === undefined)
    throw new ParquetryError('MESSAGE_TYPE_UNKNOWN', `The archive has no schema of ${messageType}.`, {
      hint: 'See `parquetry schema list`.',
    });
  const newest = before.at(-1) as Major;
  if (newest.range.start < from) {
    const held = await heldFrom(archive, newest, from);
    if (held.length > 0) throw wouldOverlap(newest, from, held);
  }
  const { outcome, major } = await archive.majors.record(messageType, from);
  const previous = (await archive.majors.list(messageType))[major.major - 2] as Major;
  // A commit that did not see the record yet may have ended since the first look, or since a promotion that was killed.
  const held = await heldFrom(archive, previous, from);
  if (held.length > 0) {
    const { version } = await archive.dataset(major.dataset).snapshot();
    const withdrawn =
      outcome === 'created' &&
      version < 0 &&
      (await archive.majors.withdraw(messageType, major).then(
        () => true,
        () => false,
      ));
    const stays = `${major.dataset} was recorded and stays: \`parquetry audit\` lists the ledgers that it lacks.`;
    throw wouldOverlap(previous, from, held, withdrawn ? undefined : stays);
  }
  return { outcome, major, before: previous };
}

/** The ledgers from `from` on that a major has. */
async function heldFrom(archive: Archive, { dataset }: Major, from: number): Promise<LedgerRange[]> {
  const rest: LedgerRange = { start: from, end: MAX_LEDGER };
  return clipIntervals(rest, (await archive.dataset(dataset).snapshot()).coverage);
}

function wouldOverlap(
  { dataset }: Major,
  from: number,
  held: Intervals,
  hint = `Promote from ledger ${(held.at(-1)?.end ?? from) + 1} on.`,
): ParquetryError {
  return new ParquetryError(
    'COMMIT_CONFLICT',
    `${dataset} has committed ledgers ${nameRanges(held)}: a major from ledger ${from} on would overlap them.`,
    {
      details: { dataset, from, committed: held.slice(0, 100).map(formatRange) },
      hint,
    },
  );
}

function nameRanges(ranges: Intervals): string {
  const named = ranges.slice(0, 5).map(formatRange).join(', ');
  return ranges.length > 5 ? `${named} and ${ranges.length - 5} more` : named;
}
