import { type Archive, META_FOLDER, checkSnapshot } from '@parquetry/archive';
import type { Intervals } from '@parquetry/core';
import { hasIceberg, syncIceberg, unusedObjects } from '@parquetry/iceberg';
import type { ManagedStore, PendingUpload } from '@parquetry/storage';
import { type KeptPlan, flushedPlans, keptPlans, supersededPlans } from './plans';
import { type LeftFolder, leftFolders, removeLeft } from './stages';

/** Why something may be removed. */
type WasteKind = 'ORPHAN_FILE' | 'REPLACED_FILE' | 'STALE_UPLOAD' | 'OLD_ICEBERG' | 'OLD_PLAN' | 'LEFT_STAGE';

/** Age of the plan of a merge that nothing should need, milliseconds. A merge that still does fails, and its segments stay. */
const MERGE_MS = 24 * 3_600_000;

/** Something that uses space and that no reader sees. */
export interface Waste {
  readonly kind: WasteKind;
  /** Key of the object; for LEFT_STAGE a path on this machine. */
  readonly key: string;
  /** Bytes, where they are known. */
  readonly size: number;
  /** Last change, Unix milliseconds. */
  readonly modified: number;
  /** One sentence. */
  readonly message: string;
  /** True when a restore of a Delta log may need it, so that it must stay. */
  readonly needed?: boolean;
  /** Removes it if it has not changed and is older than `before` (Unix milliseconds); true when it was removed. */
  readonly remove: (before: number) => Promise<boolean>;
}

/**
 * Everything in and around an archive that no commit references, one at a time: files of crashed attempts, replaced
 * files, unfinished uploads and temporary files, metadata of old Iceberg versions, superseded plans, plans of old merges,
 * stages of dead workers of this machine below `workRoot`. Records and rejects are history and stay.
 */
export async function* findWaste(
  archive: Archive,
  store: ManagedStore,
  options: { readonly workRoot?: string } = {},
): AsyncGenerator<Waste> {
  const coverage = new Map<string, Intervals>();
  for (const name of await archive.datasets()) {
    const dataset = archive.dataset(name);
    const snapshot = await dataset.snapshot();
    coverage.set(name, snapshot.coverage);
    const follow = once(() => followIceberg(archive, name));
    for await (const { code, key, message } of checkSnapshot(store, snapshot)) {
      if (code !== 'ORPHAN_FILE' && code !== 'REPLACED_FILE') continue;
      const info = await store.stat(key);
      if (info === undefined) continue;
      const remove = async (before: number): Promise<boolean> => {
        await follow();
        return dataset.sweep(key, before);
      };
      const needed = await dataset.isNeeded(key);
      const hint = ' A restore may need it: run `parquetry restore`.';
      yield { kind: code, key, ...info, message: needed ? message + hint : message, needed, remove };
    }
    for await (const { key, size, modified, remove } of unusedObjects(archive, name))
      yield {
        kind: 'OLD_ICEBERG',
        key,
        size,
        modified,
        message: `${key} belongs to an earlier version of the Iceberg table of ${name}.`,
        remove,
      };
  }
  for await (const upload of store.pendingUploads('')) yield uploadWaste(store, upload);
  const flushed = await flushedPlans(store);
  for (const plan of supersededPlans(await keptPlans(store), coverage, flushed))
    yield planWaste(
      store,
      plan,
      'is superseded: newer plans request all of its ledgers, and all of them are committed',
    );
  for await (const plan of store.list(`${META_FOLDER}/compactions/`))
    if (plan.modified < Date.now() - MERGE_MS)
      yield planWaste(store, plan, 'belongs to a merge of segments that should have ended');
  const { workRoot } = options;
  if (workRoot !== undefined)
    for (const left of await leftFolders(workRoot)) yield stageWaste(workRoot, left);
}

/** What `collectWaste` did with one thing, or would do. */
export interface Collected extends Pick<Waste, 'kind' | 'key' | 'size' | 'modified'> {
  readonly action: 'removed' | 'would be removed' | 'too young' | 'in use again';
}

/**
 * Removes the waste that did not change since `before` (Unix milliseconds), or with `dryRun` only tells what it would
 * remove. Waste that a restore may need, or that became live or changed since it was found stays. After an abort nothing more is removed.
 */
export async function* collectWaste(
  archive: Archive,
  store: ManagedStore,
  options: {
    readonly before: number;
    readonly dryRun?: boolean;
    readonly workRoot?: string;
    readonly signal?: AbortSignal;
  },
): AsyncGenerator<Collected> {
  const { before, dryRun = false, signal } = options;
  for await (const waste of findWaste(archive, store, options)) {
    if (signal?.aborted === true) return;
    const { kind, key, size, modified, remove } = waste;
    if (waste.needed === true) continue;
    const action =
      modified >= before
        ? 'too young'
        : dryRun
          ? 'would be removed'
          : (await remove(before))
            ? 'removed'
            : 'in use again';
    yield { kind, key, size, modified, action };
  }
}

/** Lets no Iceberg table name replaced files before they are removed. */
async function followIceberg(archive: Archive, name: string): Promise<void> {
  if (await hasIceberg(archive, name)) await syncIceberg(archive, name);
}

function once(task: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= task());
}

function uploadWaste(store: ManagedStore, upload: PendingUpload): Waste {
  const { key, started } = upload;
  return {
    kind: 'STALE_UPLOAD',
    key,
    size: 0,
    modified: started,
    message: `An upload of ${key} started at ${new Date(started).toISOString()} and did not finish.`,
    remove: async (before) => {
      if (started >= before) return false;
      await store.abortUpload(upload);
      return true;
    },
  };
}

function planWaste(
  store: ManagedStore,
  { key, size, modified }: Pick<KeptPlan, 'key' | 'size' | 'modified'>,
  why: string,
): Waste {
  return {
    kind: 'OLD_PLAN',
    key,
    size,
    modified,
    message: `The plan ${key} ${why}.`,
    remove: async (before) => {
      const info = await store.stat(key);
      return info !== undefined && info.modified < before && store.delete(key);
    },
  };
}

function stageWaste(workRoot: string, left: LeftFolder): Waste {
  return {
    kind: 'LEFT_STAGE',
    key: left.path,
    size: left.bytes,
    modified: left.modified,
    message:
      left.kind === 'stage'
        ? `A dead worker left its stages in ${left.path}.`
        : `A run left its spooled source files in ${left.path}.`,
    remove: (before) => removeLeft(workRoot, left, before),
  };
}
