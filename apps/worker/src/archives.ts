import { Archive, type ArchiveIdentity, META_FOLDER } from '@parquetry/archive';
import type { Layout } from '@parquetry/core';
import { type ObjectStore, openStore } from '@parquetry/storage';
import { checkpointWriter } from './checkpoint';
import type { WorkerDeps } from './deps';

const MAX_OPEN = 8;

/**
 * The archives a worker has at hand: their logs stay folded between steps, so that a commit reads only what is new.
 */
export class Archives {
  private readonly open = new Map<string, Promise<Archive>>();

  constructor(private readonly deps: Pick<WorkerDeps, 'writer' | 'workplace'>) {}

  /** An archive that exists. @throws ParquetryError ARCHIVE_INVALID */
  async get(root: string): Promise<Archive> {
    const known = this.open.get(root);
    if (known !== undefined) return known;
    const { writer, workplace } = this.deps;
    const opening = Archive.open(openStore(root), {
      checkpointWriter: checkpointWriter(writer, workplace.tempDir),
    });
    opening.catch(() => this.open.delete(root));
    const oldest = this.open.size >= MAX_OPEN ? this.open.keys().next().value : undefined;
    if (oldest !== undefined) this.open.delete(oldest);
    this.open.set(root, opening);
    return opening;
  }
}

/**
 * The identity of the archive at a store, checked against what a run wants; undefined when there is no archive yet.
 * Writes nothing.
 * @throws ParquetryError ARCHIVE_MISMATCH, ARCHIVE_INVALID
 */
export async function checkArchive(
  store: ObjectStore,
  wanted: { readonly network?: string | undefined; readonly layout: Layout },
): Promise<ArchiveIdentity | undefined> {
  if ((await store.stat(`${META_FOLDER}/archive.json`)) === undefined) return undefined;
  const { identity } = await Archive.open(store);
  const { network = identity.network, layout } = wanted;
  await Archive.open(store, { create: { ...identity, network, layout } });
  return identity;
}
