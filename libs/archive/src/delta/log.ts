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

/** What a listing of the log found. */
interface LogListing {
  readonly commits: readonly number[];
  /** Whole checkpoints, newest first, with their files' keys. */
  readonly checkpoints: readonly { readonly version: number; readonly keys: readonly string[] }[];
}

/**
 * The `_delta_log` of one table. It keeps its last fold, so that the next look reads only what came since. Not for
 * concurrent use: the dataset runs one operation of its log at a time.
 */
export class DeltaLog {
  private folded = new TableState();
  private foldedAt = Number.NEGATIVE_INFINITY;

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

  /**
   * The table as it is now; version -1 when there is none. The state is this log's own and changes with the next call.
   * @throws ParquetryError LOG_CORRUPT, LOG_UNSUPPORTED
   */
  async refresh(): Promise<TableState> {
    try {
      if (this.folded.version < 0 || this.clock() - this.foldedAt > MAX_FOLD_AGE_MS) await this.load();
      else await this.follow();
    } catch (error) {
      this.foldedAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
    return this.folded;
  }

  /**
   * Writes version `version` unless there is one. When a write's answer was lost and the version there is byte for byte
   * ours, it counts as created.
   */
  async commit(version: number, actions: readonly Action[]): Promise<PutOutcome> {
    const key = this.key(commitName(version));
    const bytes = Buffer.from(formatCommit(actions));
    const outcome = await this.store.putIfAbsent(key, bytes);
    if (outcome === 'created') return 'created';
    return bytes.equals(await this.store.get(key)) ? 'created' : 'exists';
  }

  /** Reads one commit. @throws ParquetryError OBJECT_NOT_FOUND, LOG_CORRUPT */
  async read(version: number): Promise<Action[]> {
    const name = commitName(version);
    const bytes = await this.store.get(this.key(name));
    return parseCommit(Buffer.from(bytes).toString('utf8'), this.key(name));
  }

  private async follow(): Promise<void> {
    for (;;) {
      const version = this.folded.version + 1;
      const actions = await this.read(version).catch((error: unknown) => {
        if (isParquetryError(error) && error.code === 'OBJECT_NOT_FOUND') return undefined;
        throw error;
      });
      if (actions === undefined) return;
      this.folded.commit(version, actions);
    }
  }

  private async load(): Promise<void> {
    const hint = await readHint(this.store, this.key(LAST_CHECKPOINT));
    this.folded =
      (hint === undefined ? undefined : await this.foldFrom(await this.listLog(hint))) ??
      (await this.foldWhole());
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
      `The commit log of ${this.folder} can't be folded: its first commits are missing and no checkpoint stands for them.`,
      { details: { folder: this.folder, firstCommit: listing.commits[0] ?? null } },
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
      await this.replay(state, listing.commits);
      return state;
    }
    if (listing.commits[0] !== 0) return undefined;
    const state = new TableState();
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
          { details: { folder: this.folder, missing: state.version + 1 + index } },
        );
    });
    for (let from = 0; from < later.length; from += 256) {
      const part = later.slice(from, from + 256);
      const read = await mapLimit(part, READS_AT_ONCE, (version) => this.read(version));
      part.forEach((version, index) => state.commit(version, read[index] ?? []));
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
}
