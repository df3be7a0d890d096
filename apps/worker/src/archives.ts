import {
  Archive,
  type ArchiveIdentity,
  assertIdentity,
  findIdentity,
  UNSPECIFIED_NETWORK,
} from '@parquetry/archive';
import type { IntegerStyle, Layout } from '@parquetry/core';
import type { Nesting } from '@parquetry/schema';
import { type ObjectStore, openStore } from '@parquetry/storage';
import type { RunSpec } from '@parquetry/workflows';
import type { Writer } from '@parquetry/writer';
import { checkpointWriter } from './checkpoint';
import { whileRunning } from './shared';
import type { Workplace } from './workplace';

const MAX_OPEN = 8;

/**
 * The open archives of a worker: the replayed state of their logs is kept between steps, so that a commit reads only
 * new commits. All caches are hints. Each use checks that storage still has the same archive; the logs and the registry
 * check their own caches.
 */
export class Archives {
  private readonly open = new Map<string, Promise<Archive>>();
  /** Running checks: steps that start together need only one. */
  private readonly checks = new Map<string, Promise<Archive>>();

  constructor(
    private readonly deps: { readonly writer: Writer; readonly workplace: Pick<Workplace, 'tempDir'> },
  ) {}

  /** Opens an existing archive. @throws ParquetryError ARCHIVE_INVALID */
  get(root: string): Promise<Archive> {
    return whileRunning(this.checks, root, () => this.checked(root));
  }

  private async checked(root: string): Promise<Archive> {
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

/** The identity that a run requires; absent fields are as in the archive. */
export interface WantedIdentity {
  readonly network?: string | undefined;
  readonly layout: Layout;
  readonly integers?: IntegerStyle | undefined;
  readonly nesting?: Nesting | undefined;
  readonly prefix?: string | undefined;
}

/** The identity from the settings of a run. */
export function wantedIdentity({ network, nested, prefix, settings }: RunSpec): WantedIdentity {
  return { network, prefix, nesting: nested, layout: settings.layout, integers: settings.integers };
}

/**
 * The identity of the archive at a store, checked against the run's; undefined when there is no archive yet. Writes
 * nothing.
 * @throws ParquetryError ARCHIVE_MISMATCH, ARCHIVE_INVALID
 */
export async function checkArchive(
  store: ObjectStore,
  wanted: WantedIdentity,
): Promise<ArchiveIdentity | undefined> {
  const identity = await findIdentity(store);
  if (identity !== undefined) assertIdentity(store, identity, mergeIdentity(wanted, identity));
  return identity;
}

/** The identity of a run's archive: from the run, else from the archive, else the default. */
export function mergeIdentity(wanted: WantedIdentity, existing?: ArchiveIdentity): ArchiveIdentity {
  const prefix = wanted.prefix ?? existing?.prefix ?? '';
  return {
    formatVersion: 1,
    network: wanted.network ?? existing?.network ?? UNSPECIFIED_NETWORK,
    layout: wanted.layout,
    integers: wanted.integers ?? existing?.integers ?? 'unsigned',
    nesting: wanted.nesting ?? existing?.nesting ?? 'struct',
    ...(prefix === '' ? {} : { prefix }),
  };
}
