import { ParquetryError } from '@parquetry/core';
import { segmentRowHashes } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { commitActions } from './commit';
import { type CommitStep, untilCommitted } from './commitloop';
import { decide, type Decision } from './commitrule';
import type { DeltaLog } from './delta/log';
import type { TableState } from './delta/state';
import { statsRows } from './delta/stats';
import type { PublishResult, SegmentDraft } from './draft';
import type { Follower } from './follower';
import { assertMajor, Majors, parseDataset } from './majors';
import { mayAdd, uploadFiles, uploadRejects, type UploadedFile, REUSE_MS } from './upload';
import {
  findSegment,
  putSegment,
  segmentId,
  segmentKey,
  type SegmentIdentity,
  type SegmentRecord,
} from './segment';
import { mapLimit, type Serial } from './serial';
import { fileRange, type LiveSegment, TAGS } from './table';

const STATS_AT_ONCE = 8;

/** What a publish needs. */
export interface PublishContext {
  readonly store: ObjectStore;
  readonly network: string;
  readonly dataset: string;
  readonly folder: string;
  readonly log: DeltaLog;
  /** Serializes access to the log. */
  readonly serial: Serial;
  readonly clock: () => number;
  readonly signal: AbortSignal | undefined;
  readonly follower: Follower | undefined;
}

/** A draft with all objects on storage, prepared for one decision. */
interface Prepared {
  readonly segment: string;
  readonly placed: readonly UploadedFile[];
  readonly replaces: readonly string[];
  /** Unix milliseconds, before the first object was checked. */
  readonly since: number;
  /** The generation of the log that the decision is based on. */
  readonly generation: number;
}

/**
 * The commit protocol (invariants 1 and 2). Replay the log and decide; upload the required files, create-only, and
 * check them; write rejects and record; replay and decide again; commit the next version, or start over when another
 * writer has committed it. Nothing is visible to readers before the commit, and every step before it is repeatable.
 * @throws ParquetryError COMMIT_CONFLICT, COMMIT_CONTENDED, SCHEMA_CONFLICT, VERIFY_MISMATCH, CANCELLED
 */
export async function publishSegment(context: PublishContext, draft: SegmentDraft): Promise<PublishResult> {
  let prepared: Prepared | undefined;
  let { follower } = context;
  return untilCommitted(context.dataset, async () => {
    if (context.signal?.aborted === true)
      throw new ParquetryError('CANCELLED', `The publish to ${context.dataset} was cancelled.`);
    const step = await context.serial.run(() => attemptCommit({ ...context, follower }, draft, prepared));
    if (step.kind === 'behind') {
      if ((await follower?.follow(step.version)) !== true) follower = undefined;
    } else if (step.kind === 'prepare') prepared = await prepare(context, draft, step);
    else return step;
    return { kind: 'ready' };
  });
}

type Step =
  | Exclude<CommitStep<PublishResult>, { readonly kind: 'ready' }>
  | { readonly kind: 'behind'; readonly version: number }
  | {
      readonly kind: 'prepare';
      readonly replaces: readonly string[];
      readonly generation: number;
      readonly free: (path: string, sha256: string) => boolean;
      readonly isLive: (path: string) => boolean;
    };

async function attemptCommit(
  context: PublishContext,
  draft: SegmentDraft,
  prepared: Prepared | undefined,
): Promise<Step> {
  const { store, dataset, folder, log, network, follower } = context;
  // One wait for all: other commits to this table wait meanwhile.
  const [state, there, followed] = await settled(
    log.refresh(),
    prepared !== undefined && areThere(store, dataset, prepared),
    prepared === undefined ? undefined : follower?.version(),
  );
  const decision: Decision = await decide(store, context, state, draft);
  if (decision.kind === 'unchanged')
    return { kind: 'done', result: await unchanged(context, state, decision.segment, decision.record) };
  const replaces = decision.replaces.map(({ id }) => id);
  const free = (path: string, sha256: string): boolean => mayAdd(state, path, sha256, replaces);
  const usable =
    prepared !== undefined &&
    there &&
    context.clock() - prepared.since < REUSE_MS &&
    prepared.generation === log.generation &&
    prepared.replaces.join() === replaces.join() &&
    prepared.placed.every((file) => free(file.path, file.sha256));
  if (!usable)
    return {
      kind: 'prepare',
      replaces,
      generation: log.generation,
      free,
      isLive: (path) => state.files.has(path),
    };
  if (followed !== undefined && followed < state.version) return { kind: 'behind', version: state.version };
  // Their ledgers may have been promoted during the upload.
  assertMajor(await new Majors(store).list(parseDataset(dataset).messageType), dataset, draft.range);
  const { placed, segment } = prepared;
  const version = state.version + 1;
  const actions = commitActions(state, {
    network,
    dataset,
    draft,
    segment,
    placed,
    replaces: decision.replaces,
    now: context.clock(),
  });
  // Another writer took the version, or the log changed during the commit: replay and decide again.
  if ((await log.commit(version, actions)) !== 'created') return { kind: 'lost' };
  const kept = new Set(placed.map(({ path }) => path));
  const replaced = decision.replaces
    .flatMap(({ files }) => files.map(({ path }) => path))
    .filter((path) => !kept.has(path));
  return {
    kind: 'done',
    result: {
      outcome: 'committed',
      version,
      segment,
      files: placed.map(({ key, path, size, sha256, rows, range }) => ({
        key,
        path,
        size,
        sha256,
        rows,
        range,
      })),
      rows: placed.reduce((sum, { rows }) => sum + rows, 0),
      replaced: replaced.map((path) => `${folder}/${path}`),
    },
  };
}

/** The results of all when all have ended: after an error the log must not be read any more, because the next one may. */
async function settled<A, B, C>(...all: [Promise<A>, B | Promise<B>, C | Promise<C>]): Promise<[A, B, C]> {
  await Promise.allSettled(all);
  return Promise.all(all);
}

/** Whether the uploaded objects are still on storage: the folder may have been removed or restored meanwhile. */
async function areThere(
  store: ObjectStore,
  dataset: string,
  { segment, placed }: Prepared,
): Promise<boolean> {
  const expected = [
    { key: segmentKey(dataset, segment), size: undefined },
    ...placed.map(({ key, size }) => ({ key, size })),
  ];
  const found = await mapLimit(expected, STATS_AT_ONCE, async ({ key, size }) => {
    const info = await store.stat(key);
    return info !== undefined && (size === undefined || info.size === size);
  });
  return !found.includes(false);
}

async function prepare(
  context: PublishContext,
  draft: SegmentDraft,
  { replaces, generation, free, isLive }: Step & { readonly kind: 'prepare' },
): Promise<Prepared> {
  const { store, dataset, folder } = context;
  const since = context.clock();
  const placed = await uploadFiles(store, folder, draft, free, replaces, { ...context, isLive });
  const rejects =
    draft.rejects === undefined || draft.rejects.rows === 0
      ? null
      : {
          key: await uploadRejects(store, dataset, draft, draft.rejects, context.signal),
          rows: draft.rejects.rows,
          sha256: draft.rejects.sha256,
        };
  const { schema, range, contentHash, settings, ledgers, rejectedLedgers, proof, rowHashes } = draft;
  const identity: SegmentIdentity = {
    dataset,
    range,
    contentHash,
    settings,
    schema: { subject: schema.subject, version: schema.version, fingerprint: schema.fingerprint },
    files: placed.map(({ path, size, sha256, rows, range: covers, draft: { columns, reason } }) => ({
      path,
      size,
      sha256,
      rows,
      range: covers,
      columns,
      reason,
    })),
    rejects,
    replaces,
    ledgers: ledgers.map(({ ledger, rows }) => ({ ledger, rows })),
    rejectedLedgers,
    proof,
    ...(rowHashes === undefined ? {} : { rowHashes: segmentRowHashes(range, ledgers, rowHashes) }),
  };
  const segment = segmentId(identity);
  await putSegment(store, {
    formatVersion: 1,
    id: segment,
    identity,
    ...(draft.conservation === undefined ? {} : { conservation: draft.conservation }),
    writer: draft.writer,
    ...(draft.workflow === undefined ? {} : { workflow: draft.workflow }),
    recordedAt: new Date(context.clock()).toISOString(),
  });
  return { segment, placed, replaces, since, generation };
}

async function unchanged(
  { store, dataset, folder }: PublishContext,
  state: TableState,
  segment: LiveSegment,
  record: SegmentRecord,
): Promise<PublishResult> {
  const files = segment.files.map((file) => ({
    key: `${folder}/${file.path}`,
    path: file.path,
    size: file.size,
    sha256: file.tags?.[TAGS.sha256] ?? '',
    rows: statsRows(file.stats) ?? 0,
    range: fileRange(file) ?? segment.range,
  }));
  files.sort((a, b) => a.range.start - b.range.start);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  // An attempt that crashed after its commit did not return what it replaced; this one does, so that those files are
  // retired.
  const before = await Promise.all(record.identity.replaces.map((id) => findSegment(store, dataset, id)));
  const replaced = before
    .flatMap((old) => old?.identity.files ?? [])
    .filter(({ path }) => state.removed.has(path))
    .map(({ path }) => `${folder}/${path}`);
  return { outcome: 'unchanged', version: state.version, segment: segment.id, files, rows, replaced };
}
