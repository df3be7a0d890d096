import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isParquetryError, type LedgerRange, ParquetryError, subtractIntervals } from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { hashFile } from '@parquetry/system';
import {
  checkpointDue,
  type CheckpointReader,
  checkpointRows,
  type CheckpointWriter,
  formatHint,
  readHint,
} from './delta/checkpoint';
import { cleanLog, type LogCleanup } from './delta/cleanup';
import { DeltaLog } from './delta/log';
import { checkpointName, LAST_CHECKPOINT } from './delta/paths';
import type { PublishResult, SegmentDraft } from './draft';
import type { Follower } from './follower';
import { type CommitRecord, recordOf } from './history';
import type { ArchiveIdentity } from './identity';
import { assertLayout } from './layout';
import { type Overtaken, overtaken } from './overtaken';
import { NeededFiles } from './restore/needed';
import { REUSE_MS } from './upload';
import { publishSegment } from './publish';
import { readSegment, type SegmentRecord } from './segment';
import { Serial } from './serial';
import { isDataPath } from './folder';
import { filesIn, type LiveFile, type Snapshot, snapshotOf } from './snapshot';
import { type AdoptResult, adoptSegment } from './adopt';
import { liveSegments, tableCoverage } from './table';
import { assertDraft } from './valid';

/** What an archive passes to its datasets. */
export interface DatasetContext {
  readonly store: ObjectStore;
  readonly identity: ArchiveIdentity;
  readonly reader: CheckpointReader;
  readonly writer: CheckpointWriter | undefined;
  /** Unix milliseconds. */
  readonly clock: () => number;
}

/**
 * One dataset of an archive: a Delta table. Safe for concurrent use; the replayed state of its log is kept between
 * calls.
 */
export class Dataset {
  private readonly log: DeltaLog;
  private readonly serial = new Serial();
  private readonly needed: NeededFiles;

  constructor(
    readonly name: string,
    /** Below the archive's root. */
    readonly folder: string,
    private readonly context: DatasetContext,
  ) {
    this.log = new DeltaLog(context.store, folder, context.reader, context.clock);
    this.needed = new NeededFiles(context.store, name, folder, context.clock);
  }

  /** The current state of the table. @throws ParquetryError LOG_CORRUPT, LOG_UNSUPPORTED */
  snapshot(): Promise<Snapshot> {
    return this.serial.run(async () => snapshotOf(this.name, this.folder, await this.log.refresh()));
  }

  /**
   * The table at an earlier version, or at a time in Unix milliseconds.
   * @throws ParquetryError USAGE when there was none; OBJECT_NOT_FOUND when a file of it was deleted since
   */
  async snapshotAt(at: { readonly version: number } | { readonly time: number }): Promise<Snapshot> {
    const { store } = this.context;
    const old = await this.serial.run(async () => {
      const version = 'time' in at ? await this.log.versionAt(at.time) : at.version;
      return snapshotOf(this.name, this.folder, await this.log.at(version));
    });
    const live = new Set((await this.snapshot()).files.map(({ key }) => key));
    for (const { key } of old.files)
      if (!live.has(key) && (await store.stat(key)) === undefined)
        throw new ParquetryError(
          'OBJECT_NOT_FOUND',
          `Version ${old.version} of ${this.name} can't be read: its file ${key} was replaced and deleted.`,
          {
            details: { dataset: this.name, version: old.version, key },
            hint: 'Choose a later version. With --keep-replaced, replaced files are kept until `gc`.',
          },
        );
    return old;
  }

  /** Ids of the segments at an earlier version; undefined when the log does not have it, or no longer. */
  async segmentsAt(version: number): Promise<ReadonlySet<string> | undefined> {
    try {
      return new Set(liveSegments(await this.log.at(version)).map(({ id }) => id));
    } catch (error) {
      if (isParquetryError(error) && error.code === 'USAGE') return undefined;
      throw error;
    }
  }

  /** Live files, or those that may contain ledgers of some ranges. */
  async files(ranges?: readonly LedgerRange[]): Promise<LiveFile[]> {
    return filesIn(await this.snapshot(), ranges);
  }

  /**
   * Ledgers of a range that no segment covers; without a range, the gaps between the first and the last covered ledger.
   */
  gaps(range?: LedgerRange): Promise<LedgerRange[]> {
    return this.serial.run(async () => {
      const coverage = tableCoverage(await this.log.refresh());
      const first = coverage[0];
      const last = coverage.at(-1);
      const whole = range ?? (first && last && { start: first.start, end: last.end });
      return whole === undefined ? [] : subtractIntervals(whole, coverage);
    });
  }

  /** What one commit did; undefined when it is not in the log, or no longer. @throws ParquetryError LOG_CORRUPT */
  async commit(version: number): Promise<CommitRecord | undefined> {
    const actions = await this.log.read(version);
    return actions === undefined ? undefined : recordOf(version, actions);
  }

  /** The record of a segment. @throws ParquetryError OBJECT_NOT_FOUND, ARCHIVE_INVALID */
  segment(id: string): Promise<SegmentRecord> {
    return readSegment(this.context.store, this.name, id);
  }

  /**
   * Publishes a verified segment exactly once. Repeating the call after a crash at any point yields the same archive.
   * The commit waits until a `follower` has the version before it.
   * @throws ParquetryError COMMIT_CONFLICT, COMMIT_CONTENDED, SCHEMA_CONFLICT, VERIFY_MISMATCH, ARCHIVE_MISMATCH,
   *   CANCELLED
   */
  async publish(
    draft: SegmentDraft,
    { signal, follower }: { readonly signal?: AbortSignal; readonly follower?: Follower | undefined } = {},
  ): Promise<PublishResult> {
    assertDraft(draft);
    assertLayout(this.context.identity, draft.settings.layout);
    const { store, clock, identity } = this.context;
    return publishSegment(
      {
        store,
        clock,
        network: identity.network,
        dataset: this.name,
        folder: this.folder,
        log: this.log,
        serial: this.serial,
        signal,
        follower,
      },
      draft,
    );
  }

  /**
   * Commits a segment whose record and files are on storage already, unless it is live. `replaceable` says which live
   * segments inside its range it replaces; others are a conflict.
   * @throws ParquetryError COMMIT_CONFLICT, COMMIT_CONTENDED, SCHEMA_CONFLICT, OBJECT_NOT_FOUND, ARCHIVE_INVALID
   */
  async adopt(
    id: string,
    schema: RegisteredSchema,
    replaceable: (id: string) => boolean = () => false,
  ): Promise<AdoptResult> {
    const { store, clock, identity } = this.context;
    const { name: dataset, folder, log, serial } = this;
    const context = { store, clock, network: identity.network, dataset, folder, log, serial };
    return adoptSegment(context, await this.segment(id), schema, replaceable);
  }

  /**
   * Why `publish` refused a draft: its ledgers were committed by another writer meanwhile, with the same rows. Undefined
   * when the conflict is a real one.
   */
  async overtaken(draft: SegmentDraft): Promise<Overtaken | undefined> {
    return overtaken(await this.snapshot(), draft, (id) => this.segment(id));
  }

  /**
   * Deletes replaced files. Right before each delete the log is read again; a file that is live, or was never removed
   * from the table, is kept. Returns the keys that were deleted; after an abort the others are left to `gc`.
   */
  async retire(
    keys: readonly string[],
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<string[]> {
    const deleted: string[] = [];
    for (const key of keys) {
      if (signal?.aborted === true) break;
      const relative = key.slice(this.folder.length + 1);
      const gone = await this.serial.run(async () => {
        const state = await this.log.refresh();
        if (!key.startsWith(`${this.folder}/`) || !state.removed.has(relative) || state.files.has(relative))
          return false;
        return this.context.store.delete(key);
      });
      if (gone) deleted.push(key);
    }
    return deleted;
  }

  /**
   * Deletes a data file that is not in the table: one that no commit references, or that was replaced, if it was
   * written (and removed) before `before`, Unix milliseconds. The log and the object are read again right before the
   * delete. `before` must be older than `REUSE_MS`, the age up to which objects are reused; otherwise a running publish
   * could lose its file. What a restore of the log may need stays, see `isNeeded`.
   */
  async sweep(key: string, before: number): Promise<boolean> {
    const { store, clock } = this.context;
    if (!key.startsWith(`${this.folder}/`) || before > clock() - 2 * REUSE_MS) return false;
    const path = key.slice(this.folder.length + 1);
    if (!isDataPath(path)) return false;
    return this.serial.run(async () => {
      const state = await this.log.refresh();
      const removed = state.removed.get(path)?.deletionTimestamp;
      if (state.files.has(path) || (removed ?? 0) >= before) return false;
      const isOld = async (): Promise<boolean> => ((await store.stat(key))?.modified ?? before) < before;
      if (!(await isOld()) || (await this.needed.has(state, path))) return false;
      // A commit follows its record within `REUSE_MS`, or twice that when a retry reuses the objects.
      if (removed === undefined && (await this.needed.replacedAt(state, path)) >= before - 2 * REUSE_MS)
        return false;
      // That took requests: meanwhile another clean-up may have removed the file, and a commit put a new one in its place.
      if ((await this.log.refresh()).files.has(path) || !(await isOld())) return false;
      return store.delete(key);
    });
  }

  /**
   * True for a data file that is not in the table, but that a restore of the log may need: while a restore is unfinished
   * any, else a file of a recorded segment whose ledgers the table does not have.
   */
  isNeeded(key: string): Promise<boolean> {
    const path = key.slice(this.folder.length + 1);
    return this.serial.run(async () => this.needed.has(await this.log.refresh(), path));
  }

  /**
   * Writes a checkpoint of the newest version when one is due (or `force`), and returns its version. A checkpoint only
   * speeds up reads, so a publish never waits for it; readers skip a missing or damaged one.
   */
  async checkpoint(
    options: { readonly force?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<number | undefined> {
    const { writer, store, clock } = this.context;
    const { signal } = options;
    if (writer === undefined || signal?.aborted === true) return undefined;
    return this.serial.run(async () => {
      const { cached } = this.log;
      // Called after each commit, and rarely due: then the log is not read again.
      if (options.force !== true && cached !== undefined && !checkpointDue(cached)) return undefined;
      const state = await this.log.refresh();
      if (state.version < 0 || state.checkpoint === state.version) return undefined;
      if (options.force !== true) {
        if (!checkpointDue(state)) return undefined;
        const hint = await readHint(store, this.log.key(LAST_CHECKPOINT));
        if (hint !== undefined && hint <= state.version) state.checkpoint = Math.max(hint, state.checkpoint);
        if (!checkpointDue(state)) return undefined;
      }
      const rows = checkpointRows(state, clock());
      const folder = await mkdtemp(path.join(tmpdir(), 'parquetry-checkpoint-'));
      try {
        const file = path.join(folder, 'checkpoint.parquet');
        await writer.write(rows, file);
        const { sha256, size } = await hashFile(file);
        const key = this.log.key(checkpointName(state.version));
        const expected = { sha256, size, ...(signal === undefined ? {} : { signal }) };
        // A checkpoint replaces all commits before it, so it must never be written to the log of another table.
        if (!(await this.log.isCurrent())) return undefined;
        const outcome = await store.uploadIfAbsent(key, file, expected);
        if (!(await this.log.isCurrent())) {
          if (outcome === 'created') await store.delete(key);
          return undefined;
        }
        await store.replace(
          this.log.key(LAST_CHECKPOINT),
          Buffer.from(formatHint(state.version, rows, size)),
        );
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      state.checkpoint = state.version;
      return state.version;
    });
  }

  /**
   * Removes commits and checkpoints that no reader of a version since `before` (Unix milliseconds) needs; `before` is at
   * least `MIN_RETENTION_MS` ago. See `cleanLog`.
   */
  cleanLog(before: number, options: { readonly signal?: AbortSignal } = {}): Promise<LogCleanup> {
    const { store, reader, clock } = this.context;
    // It reads the log on its own, so that commits of this process do not wait for it.
    const log = new DeltaLog(store, this.folder, reader, clock);
    return cleanLog(log, store, { ...options, before, now: clock() });
  }
}
