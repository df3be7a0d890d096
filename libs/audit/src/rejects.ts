import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { type Archive, META_FOLDER, whenAbsent } from '@parquetry/archive';
import {
  type Intervals,
  type LedgerRange,
  type Reject,
  type RejectLine,
  mergeIntervals,
  rejectCount,
} from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';

/** Files of rejects that one report reads at most, and the bytes of them. */
const MAX_FILES = 400;
const MAX_BYTES = 64e6;

const MAX_REASONS = 50;
const MAX_EXAMPLE = 300;

/** Rejects by reason. */
export interface RejectData {
  readonly total: number;
  /** Rejects in files of segments that were not read. */
  readonly unread: number;
  /** All files that were not read, because there are too many or they are too large. */
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

/** A file of rejects of a segment. */
export interface RejectFile {
  readonly key: string;
  readonly rows: number;
  readonly dataset: string;
  /** Ledgers of the segment. */
  readonly range?: LedgerRange;
}

/**
 * Counts rejects by reason: those of live segments, and the messages without a usable type or ledger and the late ones,
 * which belong to no segment, if their files changed after `since` (Unix milliseconds). Reads the first files up to a limit and says how many rejects the others have.
 */
export async function countRejects(
  { store }: Archive,
  files: readonly RejectFile[],
  cache: RejectCache = new Map(),
  since = Number.NEGATIVE_INFINITY,
): Promise<RejectData> {
  const all: (Omit<RejectFile, 'rows'> & { readonly rows?: number })[] = [...files];
  let unreadFiles = 0;
  for (const [folder, dataset] of [
    ['runs', '(no dataset)'],
    ['late', '(late messages)'],
  ] as const)
    for await (const { key, modified } of store.list(`${META_FOLDER}/rejects/${folder}/`))
      if (modified <= since) continue;
      else if (all.length < files.length + MAX_FILES) all.push({ key, dataset });
      else unreadFiles += 1;
  const sums = new Map<string, RejectReason>();
  let bytes = 0;
  let read = 0;
  let unread = 0;
  for (const file of all) {
    let reasons = cache.get(file.key);
    if (reasons === undefined && read < MAX_FILES && bytes < MAX_BYTES) {
      read += 1;
      bytes += (await store.stat(file.key))?.size ?? 0;
      reasons = bytes > MAX_BYTES ? undefined : await readReasons(store, file);
      if (reasons !== undefined) cache.set(file.key, reasons);
    }
    if (reasons === undefined) {
      unread += file.rows ?? 0;
      unreadFiles += 1;
    }
    for (const reason of reasons ?? []) {
      const id = `${reason.dataset}\n${reason.code}`;
      const { count = 0, ranges = [] } = sums.get(id) ?? {};
      sums.set(id, {
        ...reason,
        count: count + reason.count,
        ...(file.range === undefined ? {} : { ranges: mergeIntervals([...ranges, file.range]) }),
      });
    }
  }
  const counted = [...sums.values()].reduce((sum, { count }) => sum + count, 0);
  const reasons = [...sums.values()].sort((a, b) => b.count - a.count).slice(0, MAX_REASONS);
  return { total: counted + unread, unread, unreadFiles, reasons };
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
