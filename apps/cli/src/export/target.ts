import { whenAbsent } from '@parquetry/archive';
import { ParquetryError } from '@parquetry/core';
import { canonicalJson } from '@parquetry/schema';
import type { ContentIdentity, ObjectStore } from '@parquetry/storage';

/** The manifest: written last, so that a target with it is complete. */
const MANIFEST = '_export.json';
/** What an unfinished export has written; removed at its end. */
const STATE = '_export.state.json';
/** Files written between two updates of the state; `--resume` writes at most this many again. */
const STATE_EVERY = 16;

/** An exported file. */
export interface ExportedFile {
  /** Below the target. */
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  /** True for a byte for byte copy of a file of the archive. */
  readonly copied: boolean;
}

interface State {
  readonly request: unknown;
  /** Version of each dataset's log. */
  readonly versions: Readonly<Record<string, number>>;
  readonly planned: readonly string[];
  readonly files: readonly ExportedFile[];
  /** Keys of an earlier export that are being removed; until that is done, nothing is written. */
  readonly old?: readonly string[];
}

/** Where an export writes: a folder, or a prefix of a bucket. */
export class ExportTarget {
  private readonly done = new Map<string, ExportedFile>();
  private unsaved = 0;
  private state: Omit<State, 'files' | 'old'> | undefined;
  private old: readonly string[] = [];

  private constructor(readonly store: ObjectStore) {}

  /**
   * Checks the target: it must be empty, or continue the same request with `resume`, or contain nothing but an earlier
   * export with `overwrite`. Nothing is changed before `begin`.
   * @throws ParquetryError USAGE
   */
  static async open(
    store: ObjectStore,
    request: object,
    { overwrite, resume }: { readonly overwrite: boolean; readonly resume: boolean },
  ): Promise<ExportTarget> {
    const target = new ExportTarget(store);
    const state = (await readJson(store, STATE)) as State | undefined;
    if (overwrite) target.old = await earlierExport(store, state);
    else if (resume && state !== undefined) {
      if (canonicalJson(state.request) !== canonicalJson(request))
        throw refused(
          store,
          'has an unfinished export with other options',
          'Repeat its options, or add --overwrite.',
        );
      target.state = state;
      target.old = state.old ?? [];
      for (const file of state.files) target.done.set(file.path, file);
    } else
      for await (const { key } of store.list(''))
        throw state === undefined
          ? refused(
              store,
              `is not empty: it has ${key}`,
              'Choose an empty target, or add --overwrite to replace an earlier export.',
            )
          : refused(
              store,
              'has an unfinished export',
              'Add --resume to continue it, or --overwrite to start again.',
            );
    return target;
  }

  /** Versions of the datasets' logs that an unfinished export began with. */
  get versions(): Readonly<Record<string, number>> | undefined {
    return this.state?.versions;
  }

  /** Begins the export, or continues it. An earlier export is removed. */
  async begin(state: Omit<State, 'files' | 'old'>): Promise<void> {
    this.state = state;
    await this.save();
    if (this.old.length === 0) return;
    // The state has the names now: after a crash they are still known as those of an export. The manifest goes first.
    for (const key of [MANIFEST, ...this.old.filter((name) => name !== MANIFEST)])
      await this.store.delete(key);
    this.old = [];
    await this.save();
  }

  /** A file that an earlier attempt wrote and that is still there. */
  async written(path: string): Promise<ExportedFile | undefined> {
    const file = this.done.get(path);
    return file !== undefined && (await this.store.stat(path))?.size === file.bytes ? file : undefined;
  }

  /**
   * Writes a whole local file. An object at its name is from an earlier attempt, and replaced if it differs. A copy of
   * a file of the archive never shares its bytes with it on disk.
   * @throws ParquetryError VERIFY_MISMATCH
   */
  async put(
    localFile: string,
    identity: ContentIdentity,
    named: Pick<ExportedFile, 'path' | 'rows' | 'copied'>,
  ): Promise<ExportedFile> {
    const { path, copied } = named;
    const expected = { ...identity, final: !copied };
    let outcome = await this.store.uploadIfAbsent(path, localFile, expected);
    if (outcome === 'exists' && (await this.store.holds(path, localFile, identity)) === undefined) {
      await this.store.delete(path);
      outcome = await this.store.uploadIfAbsent(path, localFile, expected);
      if (outcome === 'exists')
        throw new ParquetryError('VERIFY_MISMATCH', `Another program writes ${this.store.uri}/${path}.`, {
          details: { path },
          hint: 'Export to another target.',
        });
    }
    const file = { ...named, bytes: identity.size, sha256: identity.sha256 };
    this.done.set(path, file);
    this.unsaved += 1;
    if (this.unsaved >= STATE_EVERY) await this.save();
    return file;
  }

  /** Writes the manifest, which completes the export. */
  async finish(manifest: object): Promise<void> {
    await this.store.replace(MANIFEST, Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`));
    await this.store.delete(STATE);
  }

  private async save(): Promise<void> {
    const old = this.old.length === 0 ? {} : { old: this.old };
    const state = { ...this.state, files: [...this.done.values()], ...old };
    await this.store.replace(STATE, Buffer.from(JSON.stringify(state)));
    this.unsaved = 0;
  }
}

/** The keys of an earlier export, without its state. @throws ParquetryError USAGE if there is anything else */
async function earlierExport(store: ObjectStore, state: State | undefined): Promise<string[]> {
  const manifest = (await readJson(store, MANIFEST)) as
    { datasets?: { files?: ExportedFile[] }[] } | undefined;
  const own = new Set([MANIFEST, ...(state?.planned ?? []), ...(state?.old ?? [])]);
  for (const { files = [] } of manifest?.datasets ?? []) for (const { path } of files) own.add(path);
  const found: string[] = [];
  for await (const { key } of store.list('')) {
    if (key === STATE) continue;
    if (!own.has(key))
      throw refused(
        store,
        `has ${key}, which no export wrote`,
        'Choose an empty target. Nothing was removed.',
      );
    found.push(key);
  }
  return found;
}

async function readJson(store: ObjectStore, key: string): Promise<unknown> {
  const bytes = await store.get(key).catch(whenAbsent);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw refused(store, `has a ${key} that is not JSON`, 'Choose an empty target.');
  }
}

function refused(store: ObjectStore, why: string, hint: string): ParquetryError {
  return new ParquetryError('USAGE', `The target ${store.uri} ${why}.`, {
    details: { target: store.uri },
    hint,
  });
}
