import { createHash } from 'node:crypto';
import { dataFileName, ParquetryError } from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';
import type { TableState } from './delta/state';
import type { DraftFile, DraftRejects, PublishedFile, SegmentDraft } from './draft';
import { META_FOLDER } from './identity';
import { mapLimit } from './serial';
import { TAGS } from './table';

const UPLOADS_AT_ONCE = 4;
const MAX_NAMES = 16;

/**
 * An object of a crashed attempt is reused only up to this age. `gc` removes such objects when they are at least twice
 * as old, so it can't delete an object that a publish is about to commit.
 */
export const REUSE_MS = 24 * 3_600_000;

/** A draft's file with its name in the dataset's folder. */
export interface UploadedFile extends PublishedFile {
  readonly draft: DraftFile;
  /** Unix milliseconds of the object. */
  readonly modified: number;
}

/**
 * True when an object at `path` may be added: it was never in the table, or it is live with the same bytes in a segment
 * that is replaced. A removed path is never reused, since another process may delete it at any time.
 */
export function mayAdd(
  state: TableState,
  path: string,
  sha256: string,
  replaces: readonly string[],
): boolean {
  if (state.removed.has(path)) return false;
  const live = state.files.get(path);
  if (live === undefined) return true;
  return live.tags?.[TAGS.sha256] === sha256 && replaces.includes(live.tags[TAGS.segment] ?? '');
}

/**
 * Uploads a draft's files, create-only. An object already at the name is reused when its sha256 is equal and it is live
 * or younger than `REUSE_MS`; else the file gets a suffix derived from its content and the replaced segments, so a
 * retry finds it again.
 * @throws ParquetryError VERIFY_MISMATCH when a published object is not the verified file, OBJECT_EXISTS
 */
export function uploadFiles(
  store: ObjectStore,
  folder: string,
  draft: SegmentDraft,
  free: (path: string, sha256: string) => boolean,
  replaces: readonly string[],
  options: {
    readonly signal: AbortSignal | undefined;
    readonly clock: () => number;
    /** True for a path that is in the table now. */
    readonly isLive: (path: string) => boolean;
  },
): Promise<UploadedFile[]> {
  return mapLimit(draft.files, UPLOADS_AT_ONCE, async (file) => {
    for (const path of candidates(file, draft.contentHash, replaces)) {
      if (!free(path, file.sha256)) continue;
      const uploaded = await uploadFile(store, `${folder}/${path}`, path, file, options.signal);
      if (uploaded === undefined) continue;
      // What was created just now is new, also by a clock that is ahead of the store's.
      const old = !uploaded.created && uploaded.modified < options.clock() - REUSE_MS;
      if (old && !options.isLive(path)) continue;
      return uploaded;
    }
    throw new ParquetryError(
      'OBJECT_EXISTS',
      `${MAX_NAMES} names for the file of ledgers ${file.range.start}-${file.range.end} are used by other content in ${folder}.`,
      { hint: 'Remove files that no commit references (parquetry audit lists them).' },
    );
  });
}

async function uploadFile(
  store: ObjectStore,
  key: string,
  path: string,
  draft: DraftFile,
  signal: AbortSignal | undefined,
): Promise<(UploadedFile & { readonly created: boolean }) | undefined> {
  const { sha256, size, rows, range, checked } = draft;
  const outcome = await store.uploadIfAbsent(key, draft.localPath, {
    sha256,
    size,
    final: true,
    ...(checked === undefined ? {} : { checked }),
    ...(signal === undefined ? {} : { signal }),
  });
  const same = await store.holds(key, draft.localPath, { sha256, size });
  const created = outcome === 'created';
  if (same !== undefined)
    return { key, path, size, sha256, rows, range, draft, modified: same.modified, created };
  if (outcome === 'exists') return undefined;
  const info = await store.stat(key);
  if (info === undefined)
    throw new ParquetryError(
      'ARCHIVE_CHANGED',
      `${key} was uploaded but is missing from storage: the archive, or a part of it, is being removed or restored.`,
      { details: { key }, hint: 'Retry when nothing else changes the archive.' },
    );
  throw new ParquetryError(
    'VERIFY_MISMATCH',
    `The published object ${key} is not the file that was uploaded.`,
    {
      details: { key, size: info?.size ?? null, expectedSize: size, expectedSha256: sha256 },
    },
  );
}

function* candidates(file: DraftFile, contentHash: string, replaces: readonly string[]): Generator<string> {
  const named = (suffix?: string): string =>
    `${file.folder.path}/${dataFileName(file.range, file.lastCloseTimeMicros, suffix)}`;
  yield named();
  for (let turn = 0; turn < MAX_NAMES - 1; turn++) {
    const text = [contentHash, file.sha256, ...replaces, ...(turn === 0 ? [] : [String(turn)])].join('\n');
    yield named(createHash('sha256').update(text).digest('hex').slice(0, 8));
  }
}

/** Uploads a segment's rejects under a name derived from their content; returns the key. */
export async function uploadRejects(
  store: ObjectStore,
  dataset: string,
  draft: SegmentDraft,
  rejects: DraftRejects,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { sha256, size, localPath } = rejects;
  const { start, end } = draft.range;
  const key = `${META_FOLDER}/rejects/${dataset}/${start}-${end}-${sha256.slice(0, 32)}.ndjson`;
  const expected = { sha256, size, ...(signal === undefined ? {} : { signal }) };
  await store.uploadIfAbsent(key, localPath, expected);
  if ((await store.holds(key, localPath, { sha256, size })) === undefined)
    throw new ParquetryError(
      'VERIFY_MISMATCH',
      `The published rejects ${key} are not the file that was uploaded.`,
      {
        details: { key, expectedSha256: sha256 },
      },
    );
  return key;
}
