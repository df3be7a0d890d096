import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { type Archive, META_FOLDER, whenAbsent } from '@parquetry/archive';
import {
  type Intervals,
  type LedgerRange,
  type Reject,
  type RejectLine,
  addInterval,
  rejectCount,
} from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';

/** What one count reads at most. The file that reaches the limit of bytes is still read. */
export interface ReadLimits {
  readonly files: number;
  readonly bytes: number;
}

/** The limits of a report, which a person waits for. */
const REPORT_LIMITS: ReadLimits = { files: 400, bytes: 64e6 };

const MAX_REASONS = 50;
const MAX_EXAMPLE = 300;

/** Rejects by reason. */
export interface RejectData {
  readonly total: number;
  /** Rejects in files of segments that were not read. */
  readonly unread: number;
  /** All files that were not read, because there are too many or they have too many bytes together. */
  readonly unreadFiles: number;
  /** Most frequent first, at most 50. */
  readonly reasons: readonly RejectReason[];
}

/** Rejects of one code in one dataset. */
interface RejectReason {
  readonly dataset: string;
  readonly code: string;
  readonly count: number;
  /** The reason and the position of one of them. */
  readonly example: string;
  /** Ledgers of the files that have them, merged; absent where no file says its ledgers. */
  readonly ranges?: Intervals;
}

/** What one file of rejects has, by dataset and code. */
export type RejectCache = Map<string, readonly RejectReason[]>;

/** A file of rejects. */
export interface RejectFile {
  readonly key: string;
  /** Rejects in it; known for files of segments only. */
  readonly rows?: number;
  readonly dataset: string;
  /** Ledgers of the segment. */
  readonly range?: LedgerRange;
}

/** A file of messages without a usable type or ledger, or of late messages: it belongs to no segment. */
export interface LooseRejects extends RejectFile {
  /** Last change, Unix milliseconds; whole seconds on S3. */
  readonly modified: number;
}

/** The files of rejects that belong to no segment, oldest first. */
export async function looseRejects(store: ObjectStore): Promise<LooseRejects[]> {
  const found: LooseRejects[] = [];
  for (const [folder, dataset] of [
    ['runs', '(no dataset)'],
    ['late', '(late messages)'],
  ] as const)
    for await (const { key, modified } of store.list(`${META_FOLDER}/rejects/${folder}/`))
      found.push({ key, dataset, modified });
  return found.sort((a, b) => a.modified - b.modified || (a.key < b.key ? -1 : 1));
}

/** Counts rejects by reason: those of live segments, and those that belong to no segment. */
export async function countRejects(
  { store }: Archive,
  files: readonly RejectFile[],
  cache: RejectCache,
): Promise<RejectData> {
  const { left, ...counts } = await sumRejects(store, [...files, ...(await looseRejects(store))], {
    cache,
    limits: REPORT_LIMITS,
  });
  return { ...counts, unreadFiles: left.length };
}

/**
 * Counts the rejects in files by reason. Reads them in their order up to the limits; `left` are the others. `unread` and
 * `total` have the rejects of those whose number is known.
 */
export async function sumRejects(
  store: ObjectStore,
  files: readonly RejectFile[],
  { limits, cache = new Map() }: { readonly limits: ReadLimits; readonly cache?: RejectCache },
): Promise<Omit<RejectData, 'unreadFiles'> & { readonly left: readonly RejectFile[] }> {
  type Sum = Omit<RejectReason, 'count' | 'ranges'> & { count: number; readonly ranges: LedgerRange[] };
  const sums = new Map<string, Sum>();
  const left: RejectFile[] = [];
  let bytes = 0;
  let read = 0;
  let unread = 0;
  let counted = 0;
  for (const file of files) {
    let reasons = cache.get(file.key);
    if (reasons === undefined && read < limits.files && bytes < limits.bytes) {
      read += 1;
      bytes += (await store.stat(file.key))?.size ?? 0;
      // A file without a segment that is gone has nothing to count; a segment's record says how many are missed.
      reasons = (await readReasons(store, file)) ?? (file.rows === undefined ? [] : undefined);
      if (reasons !== undefined) cache.set(file.key, reasons);
    }
    if (reasons === undefined) {
      left.push(file);
      unread += file.rows ?? 0;
    }
    for (const reason of reasons ?? []) {
      const id = `${reason.dataset}\n${reason.code}`;
      const sum = sums.get(id) ?? { ...reason, count: 0, ranges: [] };
      sum.count += reason.count;
      counted += reason.count;
      if (file.range !== undefined) addInterval(sum.ranges, file.range);
      sums.set(id, sum);
    }
  }
  const reasons = [...sums.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, MAX_REASONS)
    .map(({ ranges, ...reason }) => (ranges.length === 0 ? reason : { ...reason, ranges }));
  return { total: counted + unread, unread, reasons, left };
}

/** The reasons in one file; undefined when it does not exist. */
async function readReasons(
  store: ObjectStore,
  { key, dataset }: Pick<RejectFile, 'key' | 'dataset'>,
): Promise<readonly RejectReason[] | undefined> {
  const found = new Map<string, RejectReason>();
  const lines = createInterface({ input: Readable.from(store.read(key)), crlfDelay: Infinity });
  try {
    for await (const line of lines) {
      if (line === '') continue;
      const { code, reason, position, count } = parseLine(line);
      const known = found.get(code);
      const example = known?.example ?? `${position}: ${reason}`.slice(0, MAX_EXAMPLE);
      found.set(code, { dataset, code, count: (known?.count ?? 0) + count, example });
    }
  } catch (error) {
    return whenAbsent(error);
  }
  return [...found.values()];
}

function parseLine(line: string): { code: string; reason: string; position: string; count: number } {
  try {
    const row = JSON.parse(line) as RejectLine;
    const { code, reason, position = '' } = row as Partial<Reject>;
    return {
      code: String(code),
      reason: String(reason),
      position: String(position),
      count: rejectCount(row),
    };
  } catch {
    return { code: 'UNREADABLE', reason: 'The line of the rejects is not JSON.', position: '', count: 1 };
  }
}
