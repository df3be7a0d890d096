import { createHash } from 'node:crypto';
import { isParquetryError, ParquetryError } from '@parquetry/core';
import { compareKeys, type ObjectStore, type PutOutcome } from '@parquetry/storage';
import { mapLimit } from '../serial';
import type { Action } from './actions';
import { type CheckpointReader, readHint } from './checkpoint';
import { formatCommit } from './format';
import { parseCommit } from './parse';
import { commitName, LAST_CHECKPOINT, LOG_FOLDER, paddedVersion, parseLogName } from './paths';
import { TableState } from './state';

/** After this long without a look at the whole log, commits may have been cleaned up behind a cached fold. */
const MAX_FOLD_AGE_MS = 3_600_000;
const READS_AT_ONCE = 8;

/** A commit as it is on storage: its actions, and the sha256 of its bytes. */
interface StoredCommit {
  readonly actions: readonly Action[];
  readonly sha256: string;
}

/** What a log's commit did: `changed` when the log is no longer the one that the commit was made for. */
export type CommitOutcome = PutOutcome | 'changed';

/** What a listing of the log found. */
interface LogListing {
  readonly commits: readonly number[];
  /** Whole checkpoints, newest first, with their files' keys. */
  readonly checkpoints: readonly { readonly version: number; readonly keys: readonly string[] }[];
}

/**
 * The `_delta_log` of one table. It keeps its last fold as a hint: each refresh checks that storage still has the
 * newest folded commit, byte for byte, and the objects that the fold began with. When it does, only newer commits are
 * read; when it does not, because the table was removed, restored or swapped, the log is folded again from storage.
 * Not for concurrent use: the dataset runs one operation of its log at a time.
 */
export class DeltaLog {
  private folded = new TableState();
  private foldedAt = Number.NEGATIVE_INFINITY;
  /** Keys of the objects that the fold began with: commit 0, or the parts of a checkpoint. */
  private base: readonly string[] = [];
  /** sha256 of the newest folded commit; undefined when only a checkpoint has it. */
  private newest: string | undefined;
  private changes = 0;

  constructor(
    private readonly store: ObjectStore,
    /** The table's folder. */
    private readonly folder: string,
    private readonly reader: CheckpointReader,
    private readonly clock: () => number,
  ) {}

  /** The key of a file of the log. */
  key(name: string): string {
    return `${this.folder}/${LOG_FOLDER}/${name}`;
  }

  /** How often a refresh found that the log was no longer the one it had folded. */
  get generation(): number {
    return this.changes;
  }

  /**
   * The table as it is now; version -1 when there is none. The state is this log's own and changes with the next call.
   * @throws ParquetryError LOG_CORRUPT, LOG_UNSUPPORTED
   */
  async refresh(): Promise<TableState> {
    try {
      if (this.folded.version < 0 || this.clock() - this.foldedAt > MAX_FOLD_AGE_MS) await this.load();
      else {
        const [same, next] = await Promise.all([this.isCurrent(), this.find(this.folded.version + 1)]);
        if (same) await this.follow(next);
        else {
          this.changes += 1;
          await this.load();
        }
      }
    } catch (error) {
      this.foldedAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
    return this.folded;
  }

  /**
   * True while storage has the newest folded commit, byte for byte, and what the fold began with: then the fold is of
   * this log. An empty log has nothing to compare.
   */
  async isCurrent(): Promise<boolean> {
    const { version } = this.folded;
    if (version < 0) return true;
    const others = this.base.filter((key) => key !== this.key(commitName(version)));
    const [found, ...base] = await Promise.all([
      this.bytes(version),
      ...others.map((key) => this.store.stat(key)),
    ]);
    return found !== undefined && sha256(found) === this.newest && !base.includes(undefined);
  }

  /**
   * Writes version `version`, on top of the last refresh, unless there is one. When a write's answer was lost and the
   * version there is byte for byte ours, it counts as created. The log is compared with the fold once more after the
   * write: when it was removed, restored or swapped in between, the commit is taken back, because it was decided for
   * another table, and the outcome is `changed`.
   * @throws ParquetryError ARCHIVE_CHANGED when the commit can't be taken back
   */
  async commit(version: number, actions: readonly Action[]): Promise<CommitOutcome> {
    const key = this.key(commitName(version));
    const bytes = Buffer.from(formatCommit(actions));
    const outcome = await this.store.putIfAbsent(key, bytes);
    if (outcome === 'exists' && !bytes.equals((await this.bytes(version)) ?? Buffer.of())) return 'exists';
    if (await this.isCurrent()) return 'created';
    const [own, next] = await Promise.all([this.bytes(version), this.bytes(version + 1)]);
    if (own !== undefined && bytes.equals(own)) {
      if (next !== undefined) throw this.notTakenBack(version);
      await this.store.delete(key);
    }
    return 'changed';
  }

  /** Reads one commit. @throws ParquetryError OBJECT_NOT_FOUND, LOG_CORRUPT */
  async read(version: number): Promise<readonly Action[]> {
    return (await this.readStored(version)).actions;
  }

  private async readStored(version: number): Promise<StoredCommit> {
    const key = this.key(commitName(version));
    const bytes = Buffer.from(await this.store.get(key));
    return { actions: parseCommit(bytes.toString('utf8'), key), sha256: sha256(bytes) };
  }

  private async find(version: number): Promise<StoredCommit | undefined> {
    return this.readStored(version).catch(whenAbsent);
  }

  private async bytes(version: number): Promise<Uint8Array | undefined> {
    return this.store.get(this.key(commitName(version))).catch(whenAbsent);
  }

  private async follow(found?: StoredCommit): Promise<void> {
    for (
      let next = found ?? (await this.find(this.folded.version + 1));
      next !== undefined;
      next = await this.find(this.folded.version + 1)
    ) {
      if (this.folded.version < 0) this.base = [this.key(commitName(0))];
      this.folded.commit(this.folded.version + 1, next.actions);
      this.newest = next.sha256;
    }
  }

  private async load(): Promise<void> {
    this.folded = new TableState();
    this.base = [];
    this.newest = undefined;
    const hint = await readHint(this.store, this.key(LAST_CHECKPOINT));
    this.folded =
      (hint === undefined ? undefined : await this.foldFrom(await this.listLog(hint))) ??
      (await this.foldWhole());
    const { version } = this.folded;
    if (version >= 0 && this.newest === undefined) this.newest = (await this.find(version))?.sha256;
    this.foldedAt = this.clock();
    await this.follow();
  }

  /** The hint may be stale or wrong; then all of the log is listed. */
  private async foldWhole(): Promise<TableState> {
    const listing = await this.listLog(0);
    if (listing.commits.length === 0 && listing.checkpoints.length === 0) return new TableState();
    const state = await this.foldFrom(listing);
    if (state !== undefined) return state;
    throw new ParquetryError(
      'LOG_CORRUPT',
      `The commit log of ${this.folder} can't be read: its first commit is number ${listing.commits[0] ?? 'unknown'}, and there is no checkpoint of the commits before it.`,
      {
        details: { folder: this.folder, firstCommit: listing.commits[0] ?? null },
        hint: 'Restore the whole folder from one backup; or, to start the table again, remove the rest of the folder.',
      },
    );
  }

  private async foldFrom(listing: LogListing): Promise<TableState | undefined> {
    for (const { version, keys } of listing.checkpoints) {
      const state = new TableState();
      try {
        for (const key of keys)
          for await (const actions of this.reader.read(this.store, key)) state.fold(actions);
        state.at(version);
      } catch (error) {
        if (isParquetryError(error) && error.code === 'LOG_CORRUPT') continue;
        throw error;
      }
      this.base = keys;
      await this.replay(state, listing.commits);
      return state;
    }
    if (listing.commits[0] !== 0) return undefined;
    const state = new TableState();
    this.base = [this.key(commitName(0))];
    await this.replay(state, listing.commits);
    return state;
  }

  private async replay(state: TableState, commits: readonly number[]): Promise<void> {
    const later = commits.filter((version) => version > state.version);
    later.forEach((version, index) => {
      if (version !== state.version + 1 + index)
        throw new ParquetryError(
          'LOG_CORRUPT',
          `Commit ${state.version + 1 + index} is missing from the log of ${this.folder}.`,
          {
            details: { folder: this.folder, missing: state.version + 1 + index },
            hint: 'Restore the whole folder from one backup.',
          },
        );
    });
    for (let from = 0; from < later.length; from += 256) {
      const part = later.slice(from, from + 256);
      const read = await mapLimit(part, READS_AT_ONCE, (version) => this.readStored(version));
      part.forEach((version, index) => state.commit(version, read[index]?.actions ?? []));
      this.newest = read.at(-1)?.sha256;
    }
  }

  private async listLog(from: number): Promise<LogListing> {
    const commits: number[] = [];
    const parts = new Map<string, { version: number; parts: number; keys: string[] }>();
    const prefix = this.key('');
    const options = from === 0 ? {} : { after: prefix + paddedVersion(from) };
    for await (const { key } of this.store.list(prefix, options)) {
      const file = parseLogName(key.slice(prefix.length));
      if (file?.kind === 'commit') commits.push(file.version);
      if (file?.kind !== 'checkpoint') continue;
      const id = `${file.version}/${file.parts}`;
      const found = parts.get(id) ?? { version: file.version, parts: file.parts, keys: [] };
      found.keys.push(key);
      parts.set(id, found);
    }
    const checkpoints = [...parts.values()]
      .filter((checkpoint) => checkpoint.keys.length === checkpoint.parts)
      .map(({ version, keys }) => ({ version, keys: keys.sort(compareKeys) }))
      .sort((a, b) => b.version - a.version);
    return { commits, checkpoints };
  }

  private notTakenBack(version: number): ParquetryError {
    return new ParquetryError(
      'ARCHIVE_CHANGED',
      `The commit log of ${this.folder} was removed, restored or swapped while commit ${version} was written; another writer went on from that commit, so it was not taken back.`,
      {
        details: { folder: this.folder, version },
        hint: 'Restore the whole folder from one backup, then run again.',
      },
    );
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function whenAbsent(error: unknown): undefined {
  if (isParquetryError(error) && error.code === 'OBJECT_NOT_FOUND') return undefined;
  throw error;
}
