import {
  type FlushReason,
  formatRange,
  intersectRange,
  type LayoutFolder,
  ParquetryError,
  partitionColumns,
} from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { commitActions, type CommitDraft, type PlacedFile } from './commit';
import { type CommitStep, untilCommitted } from './commitloop';
import { assertOwn } from './commitrule';
import { assertWritable } from './delta/protocol';
import { folderValues } from './folder';
import type { PublishContext } from './publish';
import type { SegmentRecord } from './segment';
import { mapLimit } from './serial';
import { liveSegments } from './table';
import { mayAdd } from './upload';

const STATS_AT_ONCE = 8;

/** Outcome of a commit of a recorded segment. */
export interface AdoptResult {
  readonly outcome: 'committed' | 'unchanged';
  /** Keys of replaced files that may still be on storage. */
  readonly replaced: readonly string[];
}

/**
 * Commits a recorded segment, with the rules of `publishSegment`: decide on the newest state of the log, check that the
 * objects exist, commit the next version, and decide again when another writer was faster.
 */
export async function adoptSegment(
  context: Omit<PublishContext, 'signal' | 'follower'>,
  record: SegmentRecord,
  schema: RegisteredSchema,
  replaceable: (id: string) => boolean,
): Promise<AdoptResult> {
  const { store, clock, network, dataset, folder, log, serial } = context;
  const { id, identity } = record;
  return untilCommitted(dataset, () =>
    serial.run(async (): Promise<CommitStep<AdoptResult>> => {
      const state = await log.refresh();
      if (state.protocol !== undefined) assertWritable(state.protocol);
      assertOwn(dataset, state);
      const live = liveSegments(state);
      if (live.some((segment) => segment.id === id))
        return { kind: 'done', result: { outcome: 'unchanged', replaced: [] } };
      const replaces = live.filter(({ range }) => intersectRange(range, identity.range) !== undefined);
      const others = replaces.filter(
        ({ id: other, range }) =>
          !replaceable(other) || range.start < identity.range.start || range.end > identity.range.end,
      );
      if (others.length > 0)
        throw conflict(
          dataset,
          identity.range,
          others.map(({ range }) => formatRange(range)),
        );
      const placed = await placedFiles(store, folder, record);
      const ids = replaces.map((segment) => segment.id);
      const taken = placed.find(({ path, sha256 }) => !mayAdd(state, path, sha256, ids));
      if (taken !== undefined) throw conflict(dataset, identity.range, [taken.path]);
      const parts = { network, dataset, segment: id, placed, replaces, now: clock() };
      const draft = commitDraft(record, schema, replaces.length > 0);
      const actions = commitActions(state, { ...parts, draft });
      if ((await log.commit(state.version + 1, actions)) !== 'created') return { kind: 'lost' };
      const kept = new Set(placed.map(({ path }) => path));
      const gone = replaces.flatMap(({ files }) => files).filter(({ path }) => !kept.has(path));
      const replaced = gone.map(({ path }) => `${folder}/${path}`);
      return { kind: 'done', result: { outcome: 'committed', replaced } };
    }),
  );
}

/** The parts of a segment's commit that its record has. */
export function commitDraft(
  { identity, workflow }: SegmentRecord,
  schema: RegisteredSchema,
  replaces: boolean,
): CommitDraft {
  return {
    range: identity.range,
    schema,
    settings: identity.settings,
    mode: replaces ? 'replace' : 'fill',
    ...(workflow === undefined ? {} : { workflow }),
  };
}

/** A segment's files from its record and from storage. @throws ParquetryError OBJECT_NOT_FOUND */
async function placedFiles(
  store: ObjectStore,
  folder: string,
  { identity }: SegmentRecord,
): Promise<PlacedFile[]> {
  return mapLimit(identity.files, STATS_AT_ONCE, async (file) => {
    const info = await store.stat(`${folder}/${file.path}`);
    if (info?.size !== file.size)
      throw new ParquetryError(
        'OBJECT_NOT_FOUND',
        `${store.uri}/${folder}/${file.path} is ${info === undefined ? 'missing' : `${info.size} bytes, not ${file.size}`}; its segment can't be committed.`,
        { details: { key: `${folder}/${file.path}` } },
      );
    return placedFile(file, identity.settings, info.modified);
  });
}

/** A file of a record as a commit names it. */
export function placedFile(
  { path, size, sha256, rows, range, columns, reason }: SegmentRecord['identity']['files'][number],
  { layout }: SegmentRecord['identity']['settings'],
  modified: number,
): PlacedFile {
  const partitioned = partitionColumns(layout);
  const values = Object.entries(folderValues(path)).filter(([name]) => partitioned.includes(name));
  const folder: LayoutFolder = {
    path: path.split('/').slice(0, -1).join('/'),
    values: Object.fromEntries(values),
  };
  return {
    ...{ path, size, sha256, rows, range, modified },
    draft: { folder, columns, reason: reason as FlushReason },
  };
}

function conflict(
  dataset: string,
  range: { readonly start: number; readonly end: number },
  others: readonly string[],
): ParquetryError {
  const named = others.length > 8 ? [...others.slice(0, 8), `${others.length - 8} more`] : others;
  return new ParquetryError(
    'COMMIT_CONFLICT',
    `Ledgers ${formatRange(range)} of ${dataset} can't be committed: ${named.join(', ')} is committed with other content.`,
    {
      details: { dataset, start: range.start, end: range.end, overlaps: others.slice(0, 100) },
      hint: '`parquetry files` shows what the archive has.',
    },
  );
}
