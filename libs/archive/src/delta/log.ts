import { isParquetryError, ParquetryError } from '@parquetry/core';
import { compareKeys, type ListedObject, type ObjectStore, type PutOutcome } from '@parquetry/storage';
import { whenAbsent } from '../absent';
import { sha256 } from '../checksum';
import { mapLimit } from '../serial';
import type { Action } from './actions';
import { type CheckpointReader, readHint } from './checkpoint';
import { formatCommit } from './format';
import { parseCommit } from './parse';
import { commitName, LAST_CHECKPOINT, LOG_FOLDER, type LogFile, paddedVersion, parseLogName } from './paths';
import { TableState } from './state';

/**
 * After this long without a listing of the whole log, log cleanup may have removed commits that the cached state
 * depends on.
 */
export const MAX_STATE_AGE_MS = 3_600_000;
const READS_AT_ONCE = 8;

/** A stored commit: its actions and the sha256 of its bytes. */
interface StoredCommit {
  readonly actions: readonly Action[];
  readonly sha256: string;
}

/** Outcome of a commit; `changed` when the log is no longer the one that the commit was based on. */
export type CommitOutcome = PutOutcome | 'changed';

/** Result of listing the log. */
interface LogListing {
  readonly commits: readonly number[];
  /** Complete checkpoints, newest first, with the keys of their files. */
  readonly checkpoints: readonly { readonly version: number; readonly keys: readonly string[] }[];
}

/**
 * The `_delta_log` of one table. It caches the replayed state: each refresh checks that storage still has the newest
 * replayed commit, byte for byte, and the objects that the replay started from. If so, only newer commits are read; if
 * not, because the table was removed, restored or swapped, the log is replayed from storage. Not safe for concurrent
 * use: the dataset runs one operation on its log at a time.
 */
export class DeltaLog {
  private state = new TableState();
  private replayedAt = Number.NEGATIVE_INFINITY;
  /** Keys of the objects that the replay started from: commit 0, or the parts of a checkpoint. */
  private base: readonly string[] = [];
  /** sha256 of the newest replayed commit; undefined when only a checkpoint contains it. */
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

  /** Counts the refreshes that found a different log from the replayed one. */
  get generation(): number {
    return this.changes;
  }

  /** The state of the last refresh or commit, without a look at storage; undefined before the first one. */
  get cached(): TableState | undefined {
    return this.state.version < 0 ? undefined : this.state;
  }

  /**
   * The current state of the table; version -1 when it does not exist. The log owns the returned state and changes it
   * in the next call.
   * @throws ParquetryError LOG_CORRUPT, LOG_UNSUPPORTED
   */
  async refresh(): Promise<TableState> {
    try {
      if (this.state.version < 0 || this.clock() - this.replayedAt > MAX_STATE_AGE_MS) await this.load();
      else {
        const [same, next] = await Promise.all([this.isCurrent(), this.find(this.state.version + 1)]);
        if (same && next !== undefined) await this.follow(next);
        else if (!same) {
          this.changes += 1;
          await this.load();
        }
      }
    } catch (error) {
      this.replayedAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
    return this.state;
  }

  /**
   * True while storage has the newest replayed commit, byte for byte, and the objects that the replay started from, so
   * that the cached state belongs to this log. True for an empty log.
   */
  async isCurrent(): Promise<boolean> {
    const { version } = this.state;
    if (version < 0) return true;
    const others = this.base.filter((key) => key !== this.key(commitName(version)));
    const [found, ...base] = await Promise.all([
      this.bytes(version),
      ...others.map((key) => this.store.stat(key)),
    ]);
    // Log cleanup may have removed every commit that a checkpoint contains.
    const newest = found === undefined ? undefined : sha256(found);
    return newest === this.newest && !base.includes(undefined);
  }

  /**
   * Writes version `version`, based on the last refresh, unless that version exists. When the response to a write is
   * lost and the existing version is byte for byte ours, it counts as created. After the write the log is compared with
   * the cached state again: when it was removed, restored or swapped in between, the commit is undone, because it was
   * decided for another table, and the outcome is `changed`. A created commit becomes part of the cached state.
   * @throws ParquetryError ARCHIVE_CHANGED when the commit can't be undone
   */
  async commit(version: number, actions: readonly Action[]): Promise<CommitOutcome> {
    const key = this.key(commitName(version));
    const bytes = Buffer.from(formatCommit(actions));
    const outcome = await this.store.putIfAbsent(key, bytes);
    if (outcome === 'exists' && !bytes.equals((await this.bytes(version)) ?? Buffer.of())) return 'exists';
    if (await this.isCurrent()) {
      this.apply({ actions: parseCommit(bytes.toString('utf8'), key), sha256: sha256(bytes) });
      return 'created';
    }
    const [own, next] = await Promise.all([this.bytes(version), this.bytes(version + 1)]);
    if (own !== undefined && bytes.equals(own)) {
      if (next !== undefined) throw this.notTakenBack(version);
      await this.store.delete(key);
    }
    return 'changed';
  }

  /** Reads one commit; undefined when it is not in the log. @throws ParquetryError LOG_CORRUPT */
  async read(version: number): Promise<readonly Action[] | undefined> {
    return (await this.find(version))?.actions;
  }

  /**
   * The table at an earlier version, read from storage; the cached state does not change.
   * @param base version of the newest checkpoint that may be used; absent for any
   * @throws ParquetryError USAGE for a version that the log does not have, LOG_CORRUPT
   */
  async at(version: number, base = version): Promise<TableState> {
    const { commits, checkpoints } = await this.listing();
    const newest = Math.max(commits.at(-1) ?? -1, checkpoints[0]?.version ?? -1);
    const old = new DeltaLog(this.store, this.folder, this.reader, this.clock);
    const state =
      version > newest
        ? undefined
        : await old.rebuild({
            commits: commits.filter((each) => each <= version),
            checkpoints: checkpoints.filter((each) => each.version <= base),
          });
    if (state?.version === version) return state;
    const oldest = commits[0] === 0 ? 0 : (checkpoints.at(-1)?.version ?? newest);
    throw new ParquetryError(
      'USAGE',
      version < oldest
        ? `${this.folder} no longer has version ${version}: log clean-up removed it. Its versions are ${oldest} to ${newest}.`
        : `${this.folder} has no version ${version}; its newest is ${newest}.`,
      {
        details: { folder: this.folder, version, oldest, newest },
        hint: `Choose a version from ${oldest} to ${newest}.`,
      },
    );
  }

  /**
   * The newest version that was committed at or before a time, Unix milliseconds.
   * @throws ParquetryError USAGE when every version is later
   */
  async versionAt(time: number): Promise<number> {
    const { commits } = await this.listing();
    const found = await this.newestBefore(commits, time);
    if (found !== undefined) return found;
    const [first = 0] = commits;
    const at = new Date(time).toISOString();
    throw new ParquetryError(
      'USAGE',
      first === 0
        ? `${this.folder} was first committed after ${at}.`
        : `${this.folder} no longer has the version of ${at}: log clean-up removed it. Its oldest version is ${first}.`,
      { details: { folder: this.folder, oldest: first }, hint: 'Choose a later time.' },
    );
  }

  /** The newest of some commits, in order, that was made at or before a time; undefined when all are later. */
  async newestBefore(commits: readonly number[], time: number): Promise<number | undefined> {
    let [low, high] = [0, commits.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((await this.committedAt(commits[middle] as number)) <= time) low = middle + 1;
      else high = middle;
    }
    return commits[low - 1];
  }

  /** When a version was committed: its own time, or that of its object if it has none. */
  private async committedAt(version: number): Promise<number> {
    for (const action of (await this.readStored(version)).actions) {
      if (!('commitInfo' in action)) continue;
      const { inCommitTimestamp, timestamp } = action.commitInfo;
      const time = inCommitTimestamp ?? timestamp;
      if (typeof time === 'number') return time;
    }
    return (await this.store.stat(this.key(commitName(version))))?.modified ?? 0;
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
      let next = found ?? (await this.find(this.state.version + 1));
      next !== undefined;
      next = await this.find(this.state.version + 1)
    )
      this.apply(next);
  }

  /** Adds the next commit to the cached state. */
  private apply({ actions, sha256: hash }: StoredCommit): void {
    if (this.state.version < 0) this.base = [this.key(commitName(0))];
    this.state.commit(this.state.version + 1, actions);
    this.newest = hash;
  }

  private async load(): Promise<void> {
    this.state = new TableState();
    this.base = [];
    this.newest = undefined;
    const hint = await readHint(this.store, this.key(LAST_CHECKPOINT));
    this.state =
      (hint === undefined ? undefined : await this.rebuild(await this.listing(hint))) ??
      (await this.foldWhole());
    const { version } = this.state;
    if (version >= 0 && this.newest === undefined) this.newest = (await this.find(version))?.sha256;
    this.replayedAt = this.clock();
    await this.follow();
  }

  /** The hint may be stale or wrong; then the whole log is listed. */
  private async foldWhole(): Promise<TableState> {
    const listing = await this.listing();
    if (listing.commits.length === 0 && listing.checkpoints.length === 0) return new TableState();
    const state = await this.rebuild(listing);
    if (state !== undefined) return state;
    throw new ParquetryError(
      'LOG_CORRUPT',
      `The commit log of ${this.folder} can't be read: its first commit is number ${listing.commits[0] ?? 'unknown'}, and there is no checkpoint of the commits before it.`,
      {
        details: { folder: this.folder, firstCommit: listing.commits[0] ?? null },
        hint: 'Run `parquetry restore`, or restore the whole folder from one backup. To start the table again, remove the rest of the folder.',
      },
    );
  }

  private async rebuild(listing: LogListing): Promise<TableState | undefined> {
    for (const { version, keys } of listing.checkpoints) {
      const state = new TableState();
      try {
        for (const key of keys)
          for await (const actions of this.reader.read(this.store, key)) state.apply(actions);
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
            hint: 'Run `parquetry restore`, or restore the whole folder from one backup.',
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

  /** The commits and checkpoints on storage, by version. */
  async *files(from = 0): AsyncGenerator<ListedObject & { readonly file: LogFile }> {
    const prefix = this.key('');
    const options = from === 0 ? {} : { after: prefix + paddedVersion(from) };
    for await (const listed of this.store.list(prefix, options)) {
      const file = parseLogName(listed.key.slice(prefix.length));
      if (file !== undefined) yield { ...listed, file };
    }
  }

  /** The commits and complete checkpoints on storage from a version on, of objects that `keep` accepts. */
  async listing(from = 0, keep: (listed: ListedObject) => boolean = () => true): Promise<LogListing> {
    const commits: number[] = [];
    const parts = new Map<string, { version: number; parts: number; keys: string[] }>();
    for await (const listed of this.files(from)) {
      if (!keep(listed)) continue;
      const { key, file } = listed;
      if (file.kind === 'commit') commits.push(file.version);
      if (file.kind !== 'checkpoint') continue;
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
      `The commit log of ${this.folder} was removed, restored or swapped while commit ${version} was written; another writer built on that commit, so it was not undone.`,
      {
        details: { folder: this.folder, version },
        hint: 'Restore the whole folder from one backup, then run again.',
      },
    );
  }
}
