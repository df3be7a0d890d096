import {
  assertMessageType,
  formatRange,
  intersectRange,
  type LedgerRange,
  MAX_LEDGER,
  ParquetryError,
} from '@parquetry/core';
import { canonicalJson } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { META_FOLDER } from './identity';

const MAJORS = `${META_FOLDER}/majors`;
const MAX_MAJOR = 9999;

/** A major of a message type: a dataset with its own folder, subject and table, for a range of ledgers. */
export interface Major {
  /** Starts at 1. */
  readonly major: number;
  /** Name of dataset and subject: the message type, then `{message_type}.v2`, `.v3`, … */
  readonly dataset: string;
  /** The ledgers that belong to it, inclusive; the range of the last major is open. */
  readonly range: LedgerRange;
}

/** Name of the dataset of a major. */
function majorDataset(messageType: string, major: number): string {
  return major === 1 ? messageType : `${messageType}.v${major}`;
}

/** Parses the message type and the major from a dataset's name. */
export function parseDataset(dataset: string): { readonly messageType: string; readonly major: number } {
  const match = /^(.*)\.v([2-9]|[1-9]\d{1,3})$/.exec(dataset);
  return match === null
    ? { messageType: dataset, major: 1 }
    : { messageType: match[1] ?? dataset, major: Number(match[2]) };
}

/** The major that a ledger belongs to. @throws ParquetryError RANGE_INVALID when it is not a ledger */
export function majorAt(majors: readonly Major[], ledger: number): Major {
  const found = majors.find(({ range }) => range.start <= ledger && ledger <= range.end);
  if (found !== undefined) return found;
  throw new ParquetryError('RANGE_INVALID', `${ledger} is not a ledger.`, { details: { ledger } });
}

/** Splits a range at the bounds of the majors, in ledger order: the part for each dataset. */
export function splitByMajor(majors: readonly Major[], range: LedgerRange): Major[] {
  return majors.flatMap((major) => {
    const part = intersectRange(major.range, range);
    return part === undefined ? [] : [{ ...major, range: part }];
  });
}

/**
 * Refuses a commit of ledgers that belong to another major, so that globs and tables never mix majors.
 * @throws ParquetryError COMMIT_CONFLICT
 */
export function assertMajor(majors: readonly Major[], dataset: string, range: LedgerRange): void {
  const wrong = splitByMajor(majors, range).find((part) => part.dataset !== dataset);
  if (wrong === undefined) return;
  throw new ParquetryError(
    'COMMIT_CONFLICT',
    `Ledgers ${formatRange(wrong.range)} belong to ${wrong.dataset}, not to ${dataset}.`,
    {
      details: { dataset, owner: wrong.dataset, start: wrong.range.start, end: wrong.range.end },
      hint: `${wrong.dataset} was promoted after this run was planned: start the run again.`,
    },
  );
}

/**
 * The majors of an archive's message types: one immutable object for each major after the first, at
 * `_parquetry/majors/{message_type}/{major}.json`, with its first ledger.
 */
export class Majors {
  constructor(private readonly store: ObjectStore) {}

  /**
   * All majors of a message type in order; their ranges cover all ledgers without overlap. There is one major when
   * nothing was promoted.
   * @throws ParquetryError MESSAGE_TYPE_INVALID, ARCHIVE_INVALID when a record is missing or altered
   */
  async list(messageType: string): Promise<Major[]> {
    assertMessageType(messageType);
    const prefix = `${MAJORS}/${messageType}/`;
    const numbers: number[] = [];
    for await (const { key } of this.store.list(prefix)) {
      const match = /^([1-9]\d{0,3})\.json$/.exec(key.slice(prefix.length));
      if (match !== null) numbers.push(Number(match[1]));
    }
    numbers.sort((a, b) => a - b);
    const starts = [1];
    for (const [index, major] of numbers.entries()) {
      const from = await this.read(messageType, major);
      if (major !== index + 2 || from <= (starts.at(-1) ?? 0))
        throw invalid(keyOf(messageType, major), 'it does not follow the previous major');
      starts.push(from);
    }
    return starts.map((start, index) => ({
      major: index + 1,
      dataset: majorDataset(messageType, index + 1),
      range: { start, end: (starts[index + 1] ?? MAX_LEDGER + 1) - 1 },
    }));
  }

  /** The major that a ledger of a message type belongs to; `list` and `majorAt` for many ledgers. */
  async majorFor(messageType: string, ledger: number): Promise<Major> {
    return majorAt(await this.list(messageType), ledger);
  }

  /**
   * Records the next major, from a ledger on. Promoting the newest major again from the same ledger changes nothing; of
   * two concurrent promotions to different ledgers one wins.
   * @throws ParquetryError RANGE_INVALID, COMMIT_CONFLICT when the ledger is not after the first ledger of
   *   the newest major, or another promotion won the race
   */
  async record(
    messageType: string,
    from: number,
  ): Promise<{ readonly outcome: 'created' | 'exists'; readonly major: Major }> {
    if (!Number.isInteger(from) || from < 2 || from > MAX_LEDGER)
      throw new ParquetryError('RANGE_INVALID', `A major can't start at ledger ${from}.`, {
        hint: `Give a ledger from 2 to ${MAX_LEDGER}.`,
      });
    const majors = await this.list(messageType);
    const newest = majors.at(-1) as Major;
    if (newest.major > 1 && newest.range.start === from) return { outcome: 'exists', major: newest };
    const major = newest.major + 1;
    if (from < newest.range.start || major > MAX_MAJOR)
      throw new ParquetryError(
        'COMMIT_CONFLICT',
        `${newest.dataset} starts at ledger ${newest.range.start}; a newer major can't start at ${from}.`,
        { details: { dataset: newest.dataset, start: newest.range.start, from } },
      );
    const dataset = majorDataset(messageType, major);
    const bytes = Buffer.from(`${canonicalJson({ formatVersion: 1, messageType, major, dataset, from })}\n`);
    const outcome = await this.store.putIfAbsent(keyOf(messageType, major), bytes);
    const found = (await this.list(messageType))[major - 1];
    if (found?.range.start === from) return { outcome, major: found };
    throw new ParquetryError(
      'COMMIT_CONFLICT',
      `${dataset} was promoted by another command at the same time, from ledger ${found?.range.start ?? 'unknown'}.`,
      {
        details: { dataset, from },
        hint: 'See `parquetry schema list`, and promote again if it is not what you want.',
      },
    );
  }

  /** Takes a major back that `record` has just created and that has no commits. */
  async withdraw(messageType: string, { major }: Major): Promise<void> {
    await this.store.delete(keyOf(messageType, major));
  }

  private async read(messageType: string, major: number): Promise<number> {
    const key = keyOf(messageType, major);
    const text = Buffer.from(await this.store.get(key)).toString('utf8');
    let from: unknown;
    try {
      from = (JSON.parse(text) as { from?: unknown } | null)?.from;
    } catch (cause) {
      throw invalid(key, 'it is not JSON', cause);
    }
    if (typeof from !== 'number' || !Number.isInteger(from) || from < 2 || from > MAX_LEDGER)
      throw invalid(key, 'it has no ledger');
    const dataset = majorDataset(messageType, major);
    if (text.trim() !== canonicalJson({ formatVersion: 1, messageType, major, dataset, from }))
      throw invalid(key, `it is not the record of ${dataset}`);
    return from;
  }
}

function keyOf(messageType: string, major: number): string {
  return `${MAJORS}/${messageType}/${major}.json`;
}

function invalid(key: string, why: string, cause?: unknown): ParquetryError {
  return new ParquetryError('ARCHIVE_INVALID', `The record of a major, ${key}, was altered: ${why}.`, {
    details: { key },
    hint: 'Restore the object from a backup.',
    cause,
  });
}
