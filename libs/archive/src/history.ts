import { SCHEMA_PROPERTIES } from './commit';
import type { Action } from './delta/actions';

/** What one commit of a table did. */
export interface CommitRecord {
  readonly version: number;
  /** Distinguishes the commit from any other one with the same number; absent for commits of other programs. */
  readonly id?: string;
  /** Unix milliseconds, by the clock of the writer. */
  readonly timestamp?: number;
  /** `compaction` moves rows to other files, `replacement` changes committed rows. */
  readonly kind: 'append' | 'replacement' | 'compaction';
  /** Paths of the files that it added, relative to the dataset's folder. */
  readonly added: readonly string[];
  /** Number of files that it removed. */
  readonly removed: number;
  /** The registered schema version that the table has from this commit on, when the commit changed it. */
  readonly schemaVersion?: number;
}

/** The record of a commit from its actions. */
export function recordOf(version: number, actions: readonly Action[]): CommitRecord {
  const added: string[] = [];
  let removed = 0;
  let dataChange = false;
  let info: Readonly<Record<string, unknown>> = {};
  let schemaVersion: number | undefined;
  for (const action of actions) {
    if ('add' in action) added.push(action.add.path);
    else if ('remove' in action) removed += 1;
    else if ('commitInfo' in action) info = action.commitInfo;
    else if ('metaData' in action)
      schemaVersion = Number(action.metaData.configuration[SCHEMA_PROPERTIES.version] ?? 0);
    const change = 'add' in action ? action.add : 'remove' in action ? action.remove : undefined;
    dataChange ||= change?.dataChange === true;
  }
  const { timestamp, txnId, operationParameters } = info;
  const { mode } = (operationParameters ?? {}) as { readonly mode?: unknown };
  const files = added.length + removed > 0;
  return {
    version,
    ...(typeof txnId === 'string' ? { id: txnId } : {}),
    ...(typeof timestamp === 'number' && Number.isSafeInteger(timestamp) ? { timestamp } : {}),
    // A replacement may keep every file, when only its record differs.
    kind:
      files && !dataChange ? 'compaction' : removed > 0 || mode === 'Overwrite' ? 'replacement' : 'append',
    added,
    removed,
    ...(schemaVersion === undefined ? {} : { schemaVersion }),
  };
}
