import { Archive, type ArchiveIdentity, META_FOLDER } from '@parquetry/archive';
import type { IntegerStyle, Layout } from '@parquetry/core';
import type { Nesting } from '@parquetry/schema';
import { type ObjectStore, openStore } from '@parquetry/storage';
import type { RunSpec } from '@parquetry/workflows';
import type { Writer } from '@parquetry/writer';
import { checkpointWriter } from './checkpoint';
import type { Workplace } from './workplace';

const MAX_OPEN = 8;

/**
 * The archives that a worker keeps open: their logs stay folded between steps, so that a commit reads only what is new.
 * What they keep is a hint. Each use asks storage whether the archive is still the same one; the logs and the registry
 * do so for what they keep.
 */
export class Archives {
  private readonly open = new Map<string, Promise<Archive>>();

  constructor(
    private readonly deps: { readonly writer: Writer; readonly workplace: Pick<Workplace, 'tempDir'> },
  ) {}

  /** An archive that exists. @throws ParquetryError ARCHIVE_INVALID */
  async get(root: string): Promise<Archive> {
    const known = this.open.get(root);
    if (known !== undefined) {
      const archive = await known;
      if (await archive.isCurrent()) return archive;
      if (this.open.get(root) === known) this.open.delete(root);
    }
    return this.open.get(root) ?? this.start(root);
  }

  private start(root: string): Promise<Archive> {
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

/** What a run wants of an archive's identity; what is absent is as the archive has it. */
export interface WantedIdentity {
  readonly network?: string | undefined;
  readonly layout: Layout;
  readonly integers?: IntegerStyle | undefined;
  readonly nesting?: Nesting | undefined;
  readonly prefix?: string | undefined;
}

/** What the settings of a run say of the archive's identity. */
export function wantedIdentity({ network, nested, prefix, settings }: RunSpec): WantedIdentity {
  return { network, prefix, nesting: nested, layout: settings.layout, integers: settings.integers };
}

/**
 * The identity of the archive at a store, checked against what a run wants; undefined when there is no archive yet.
 * Writes nothing.
 * @throws ParquetryError ARCHIVE_MISMATCH, ARCHIVE_INVALID
 */
export async function checkArchive(
  store: ObjectStore,
  wanted: WantedIdentity,
): Promise<ArchiveIdentity | undefined> {
  if ((await store.stat(`${META_FOLDER}/archive.json`)) === undefined) return undefined;
  const { identity } = await Archive.open(store);
  await Archive.open(store, { create: mergeIdentity(wanted, identity) });
  return identity;
}

/** The identity of a run's archive: what the run wants, else what the archive has, else the default. */
export function mergeIdentity(wanted: WantedIdentity, existing?: ArchiveIdentity): ArchiveIdentity {
  const prefix = wanted.prefix ?? existing?.prefix ?? '';
  return {
    formatVersion: 1,
    network: wanted.network ?? existing?.network ?? 'unspecified',
    layout: wanted.layout,
    integers: wanted.integers ?? existing?.integers ?? 'unsigned',
    nesting: wanted.nesting ?? existing?.nesting ?? 'struct',
    ...(prefix === '' ? {} : { prefix }),
  };
}
