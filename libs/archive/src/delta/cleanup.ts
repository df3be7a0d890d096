import { createHash } from 'node:crypto';
import { isParquetryError } from '@parquetry/core';
import { canonicalJson } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { readHint } from './checkpoint';
import { type DeltaLog, MAX_STATE_AGE_MS } from './log';
import { LAST_CHECKPOINT } from './paths';
import type { TableState } from './state';

/** What a clean-up of a log did. */
export interface LogCleanup {
  readonly commits: number;
  readonly checkpoints: number;
  /** Bytes of the removed objects. */
  readonly bytes: number;
  /** The oldest version that readers can still choose; absent when nothing was removed. */
  readonly oldest?: number;
  /** Why old commits were kept, one sentence; absent when there was no reason to keep them. */
  readonly kept?: string;
}

/** A cutoff must be older than this many milliseconds: processes may have a state that began with older objects. */
export const MIN_RETENTION_MS = 2 * MAX_STATE_AGE_MS;

/** Deletes between two checks that the log is still the one that was read. */
const CHECK_EVERY = 50;

const NOTHING: LogCleanup = { commits: 0, checkpoints: 0, bytes: 0 };

/**
 * Removes the commits and checkpoints before the checkpoint that readers of the versions since `before` (Unix
 * milliseconds) begin with. That checkpoint must be complete, as old as `before`, and equal to the replay of the commits
 * that it replaces; otherwise nothing is removed. Old objects go first, so an interrupted clean-up leaves a readable log
 * and the next one continues it.
 */
export async function cleanLog(
  log: DeltaLog,
  store: ObjectStore,
  { before, now, signal }: { readonly before: number; readonly now: number; readonly signal?: AbortSignal },
): Promise<LogCleanup> {
  if (before > now - MIN_RETENTION_MS) return { ...NOTHING, kept: 'The retention is too short.' };
  const { version } = await log.refresh();
  if (version < 0) return NOTHING;
  const base = await oldestBase(log, before);
  if (base === undefined) return NOTHING;
  const due: { readonly key: string; readonly size: number; readonly kind: 'commit' | 'checkpoint' }[] = [];
  for await (const { key, size, modified, file } of log.files())
    if (file.version < base.version && modified < before) due.push({ key, size, kind: file.kind });
  if (due.length === 0) return NOTHING;
  const hint = await readHint(store, log.key(LAST_CHECKPOINT));
  if (hint === undefined || hint < base.version)
    return {
      ...NOTHING,
      kept: `${LAST_CHECKPOINT} does not name checkpoint ${base.version} or a later one.`,
    };
  if (!(await isComplete(log, base.version)))
    return {
      ...NOTHING,
      kept: `Checkpoint ${base.version} can't be read, or differs from the commits that it replaces.`,
    };
  const done = { commits: 0, checkpoints: 0, bytes: 0 };
  for (const [index, { key, size, kind }] of due.entries()) {
    if (signal?.aborted === true) break;
    if (index % CHECK_EVERY === 0 && !(await isThere(log, store, base.keys))) break;
    if (!(await store.delete(key))) continue;
    done[kind === 'commit' ? 'commits' : 'checkpoints'] += 1;
    done.bytes += size;
  }
  return { ...done, oldest: base.version };
}

/** The newest complete checkpoint from which every version since `before` can be read. */
async function oldestBase(
  log: DeltaLog,
  before: number,
): Promise<{ readonly version: number; readonly keys: readonly string[] } | undefined> {
  const { commits, checkpoints } = await log.listing(0, ({ modified }) => modified < before);
  // In a restored archive an object may be younger than its commit, and than later ones.
  const first = commits[0] ?? 0;
  const old = commits.filter((version, index) => version === first + index);
  // The version that was current at `before` must stay readable.
  const current = await log.newestBefore(old, before);
  if (current === undefined) return undefined;
  return checkpoints.find(({ version }) => version <= current);
}

/** Whether a checkpoint can be read, and is equal to a replay that does not use it, as far as one is possible. */
async function isComplete(log: DeltaLog, version: number): Promise<boolean> {
  try {
    const state = await log.at(version);
    if (state.checkpoint !== version) return false;
    const wanted = digest(state);
    const replayed = await log.at(version, version - 1).catch((error: unknown) => {
      // An interrupted clean-up removed the start of the older commits: nothing can be read from the others.
      if (isParquetryError(error) && error.code === 'USAGE') return undefined;
      throw error;
    });
    return replayed === undefined || digest(replayed) === wanted;
  } catch (error) {
    if (isParquetryError(error) && error.code === 'LOG_CORRUPT') return false;
    throw error;
  }
}

async function isThere(log: DeltaLog, store: ObjectStore, keys: readonly string[]): Promise<boolean> {
  if (!(await log.isCurrent())) return false;
  for (const key of keys) if ((await store.stat(key)) === undefined) return false;
  return true;
}

/** What readers and writers use of a state, as a hash. Tombstones are left out: a checkpoint drops the old ones. */
function digest({ protocol, metaData, domains, txns, files }: TableState): string {
  const hash = createHash('sha256');
  const add = (value: unknown): void => void hash.update(`${canonicalJson(value)}\n`);
  add([protocol?.minReaderVersion ?? null, protocol?.minWriterVersion ?? null, metaData ?? null]);
  for (const [domain, text] of [...domains].sort(byName)) add([domain, text]);
  for (const [name, { version }] of [...txns].sort(byName)) add([name, version]);
  for (const [path, { size, partitionValues, tags, stats }] of [...files].sort(byName))
    add([path, size, partitionValues, tags ?? null, stats ?? null]);
  return hash.digest('hex');
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
