import { ParquetryError } from '@parquetry/core';
import type { Action, AddFile, MetaData, Protocol, RemoveFile, Txn } from './actions';
import { assertReadable } from './protocol';

/** The tag with the segment id of a file; a file without it was added by another program. */
export const SEGMENT_TAG = 'parquetry.segment';

/** A table at one version: the result of replaying its log. */
export class TableState {
  /** -1 before the first commit. */
  version = -1;
  /** Version of the newest known checkpoint, -1 when there is none. */
  checkpoint = -1;
  protocol: Protocol | undefined;
  metaData: MetaData | undefined;
  /** Live files by path. */
  readonly files = new Map<string, AddFile>();
  /** Live files that another program added, by path. */
  readonly foreign = new Map<string, AddFile>();
  /** Removed files by path, until their retention ends. */
  readonly removed = new Map<string, RemoveFile>();
  readonly txns = new Map<string, Txn>();
  /** Configuration by domain. */
  readonly domains = new Map<string, string>();

  /**
   * Applies the actions of the next commit. A commit is a set; removes are applied before adds.
   * @throws ParquetryError LOG_CORRUPT when the version is not the next one, LOG_UNSUPPORTED
   */
  commit(version: number, actions: readonly Action[]): void {
    if (version !== this.version + 1)
      throw new ParquetryError('LOG_CORRUPT', `Commit ${version} follows ${this.version} in the log.`);
    this.apply(actions);
    this.version = version;
    if (this.protocol === undefined || this.metaData === undefined)
      throw new ParquetryError('LOG_CORRUPT', `The log has no protocol or metadata at version ${version}.`);
  }

  /** Applies some rows of a checkpoint; `at` completes it. */
  apply(actions: readonly Action[]): void {
    for (const action of actions) if ('remove' in action) this.remove(action.remove);
    for (const action of actions) {
      if ('add' in action) {
        this.files.set(action.add.path, action.add);
        this.removed.delete(action.add.path);
        if (action.add.tags?.[SEGMENT_TAG] === undefined) this.foreign.set(action.add.path, action.add);
        else this.foreign.delete(action.add.path);
      } else if ('protocol' in action) {
        assertReadable(action.protocol);
        this.protocol = action.protocol;
      } else if ('metaData' in action) this.metaData = action.metaData;
      else if ('txn' in action) this.txns.set(action.txn.appId, action.txn);
      else if ('domainMetadata' in action) {
        const { domain, configuration, removed } = action.domainMetadata;
        if (removed) this.domains.delete(domain);
        else this.domains.set(domain, configuration);
      }
    }
  }

  /** Completes a checkpoint: the state is now the table at `version`. @throws ParquetryError LOG_CORRUPT */
  at(version: number): void {
    if (this.protocol === undefined || this.metaData === undefined)
      throw new ParquetryError(
        'LOG_CORRUPT',
        `The checkpoint of version ${version} has no protocol or metadata.`,
      );
    this.version = version;
    this.checkpoint = version;
  }

  private remove(file: RemoveFile): void {
    this.files.delete(file.path);
    this.foreign.delete(file.path);
    this.removed.set(file.path, file);
  }
}
