import { type FindingCode, formatRange, intersectRange, mergeIntervals } from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';
import { isDataPath } from './folder';
import { segmentRange } from './segment';
import type { LiveFile, Snapshot } from './snapshot';

/** One finding. `fault` is false for files that only use space, because no reader of the log sees them. */
export interface Finding {
  readonly code: FindingCode;
  readonly fault: boolean;
  readonly key: string;
  /** One sentence. */
  readonly message: string;
}

/**
 * Compares a snapshot with what is on storage, one finding at a time: live files missing or altered (`deep` computes
 * their sha256), ledgers that two files contain, coverage that differs from the segments, files that no commit
 * references.
 */
export async function* checkSnapshot(
  store: ObjectStore,
  snapshot: Snapshot,
  options: { readonly deep?: boolean } = {},
): AsyncGenerator<Finding> {
  yield* checkOverlaps(snapshot);
  for (const file of snapshot.files) {
    const finding = await checkFile(store, file, options.deep === true);
    if (finding !== undefined) yield finding;
  }
  yield* findOrphans(store, snapshot);
}

async function checkFile(store: ObjectStore, file: LiveFile, deep: boolean): Promise<Finding | undefined> {
  const { key } = file;
  const fault = (code: FindingCode, message: string): Finding => ({ code, fault: true, key, message });
  const segment = segmentRange(file.segment ?? '');
  if (segment === undefined || file.range === undefined || file.sha256 === undefined)
    return fault('FOREIGN_FILE', `${key} was added by another program; its ledgers are not known.`);
  const info = await store.stat(key);
  if (info === undefined) return fault('FILE_MISSING', `${key} is committed but missing from storage.`);
  if (info.size !== file.size)
    return fault('SIZE_DIFFERS', `${key} has ${info.size} bytes; the commit says ${file.size}.`);
  if (!deep) return undefined;
  const sha256 = await store.sha256(key);
  return sha256 === file.sha256
    ? undefined
    : fault('SHA256_DIFFERS', `${key} has the sha256 ${sha256}; the commit says ${file.sha256}.`);
}

function* checkOverlaps(snapshot: Snapshot): Generator<Finding> {
  const overlap = (key: string, a: string, b: string): Finding => ({
    code: 'OVERLAP',
    fault: true,
    key,
    message: `${a} and ${b} contain the same ledgers.`,
  });
  let before: LiveFile | undefined;
  for (const file of snapshot.files) {
    if (file.range === undefined) continue;
    if (before?.range !== undefined && intersectRange(before.range, file.range) !== undefined)
      yield overlap(file.key, before.key, file.key);
    if (before?.range === undefined || file.range.end > before.range.end) before = file;
  }
  let last: Snapshot['segments'][number] | undefined;
  for (const segment of snapshot.segments) {
    if (last !== undefined && intersectRange(last.range, segment.range) !== undefined)
      yield overlap(snapshot.folder, `segment ${last.id}`, `segment ${segment.id}`);
    if (last === undefined || segment.range.end > last.range.end) last = segment;
  }
  const segments = mergeIntervals(snapshot.segments.map(({ range }) => range))
    .map(formatRange)
    .join(', ');
  const coverage = snapshot.coverage.map(formatRange).join(', ');
  if (segments !== coverage)
    yield {
      code: 'COVERAGE_DIFFERS',
      fault: true,
      key: snapshot.folder,
      message: `The log declares the ledgers ${coverage || 'none'} as covered; its segments cover ${segments || 'none'}.`,
    };
}

async function* findOrphans(store: ObjectStore, snapshot: Snapshot): AsyncGenerator<Finding> {
  const live = new Set(snapshot.files.map(({ key }) => key));
  const removed = new Set(snapshot.removed);
  for await (const { key } of store.list(`${snapshot.folder}/`)) {
    const path = key.slice(snapshot.folder.length + 1);
    if (live.has(key) || !isDataPath(path)) continue;
    yield removed.has(key)
      ? { code: 'REPLACED_FILE', fault: false, key, message: `${key} was replaced but is still on storage.` }
      : {
          code: 'ORPHAN_FILE',
          fault: false,
          key,
          message: `${key} is on storage, but no commit references it.`,
        };
  }
}
