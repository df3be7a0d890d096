import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { type Archive, META_FOLDER } from '@parquetry/archive';
import { type Reject, type RejectLine, isParquetryError, rejectCount } from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';
import type { RejectData, RejectReason } from './data';

/** Files of rejects that one report reads at most, and the bytes of them. */
const MAX_FILES = 400;
const MAX_BYTES = 64e6;

const MAX_REASONS = 50;
const MAX_EXAMPLE = 300;

/** What one file of rejects has, by dataset and code. */
export type RejectCache = Map<string, readonly RejectReason[]>;

/** A file of rejects of a segment. */
interface RejectFile {
  readonly key: string;
  readonly rows: number;
  readonly dataset: string;
}

/**
 * Counts rejects by reason: those of live segments, and the messages without a usable type or ledger and the late ones,
 * which belong to no segment. Reads the first files up to a limit and says how many rejects the others have.
 */
export async function countRejects(
  { store }: Archive,
  files: readonly RejectFile[],
  cache: RejectCache,
): Promise<RejectData> {
  const all: (Omit<RejectFile, 'rows'> & { readonly rows?: number })[] = [...files];
  let unreadFiles = 0;
  for (const [folder, dataset] of [
    ['runs', '(no dataset)'],
    ['late', '(late messages)'],
  ] as const)
    for await (const { key } of store.list(`${META_FOLDER}/rejects/${folder}/`))
      if (all.length < files.length + MAX_FILES) all.push({ key, dataset });
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
      sums.set(id, { ...reason, count: (sums.get(id)?.count ?? 0) + reason.count });
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
    if (isParquetryError(error) && error.code === 'OBJECT_NOT_FOUND') return undefined;
    throw error;
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
