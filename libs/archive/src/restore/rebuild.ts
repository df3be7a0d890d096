import { intersectRange, mergeIntervals } from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { commitDraft, placedFile } from '../adopt';
import { commitActions, type PlacedFile } from '../commit';
import type { Action } from '../delta/actions';
import type { CheckpointReader } from '../delta/checkpoint';
import { formatCommit } from '../delta/format';
import { parseCommit } from '../delta/parse';
import { commitName, LOG_FOLDER } from '../delta/paths';
import { TableState } from '../delta/state';
import { engineInfo } from '../engine';
import { readSegment } from '../segment';
import { mapLimit } from '../serial';
import { COVERAGE_DOMAIN, formatCoverage, liveSegments, tableCoverage } from '../table';
import type { Assignment } from './assign';
import { isOwnCommit } from './fault';
import type { Records } from './records';
import { sha256 } from '../checksum';
import { BACKUP, type DamagedFile, type ExaminedLog, readCheckpoint, unclear } from './examine';

const STATS_AT_ONCE = 8;

/** A commit to write. */
export interface RebuiltCommit {
  readonly version: number;
  /** Absent for one that only corrects the recorded coverage. */
  readonly segment?: string;
  readonly text: string;
}

/** What a rebuild reads. */
export interface RebuildInput {
  readonly store: ObjectStore;
  readonly network: string;
  readonly dataset: string;
  readonly folder: string;
  readonly reader: CheckpointReader;
  readonly log: ExaminedLog;
  readonly base: number;
  readonly records: Records;
  readonly assignment: Assignment;
  /** True when this run continues a restore that may have written commits, or was told to commit more. */
  readonly resumed: boolean;
  readonly schemaOf: (subject: string, version: number) => Promise<RegisteredSchema>;
  /** Gets checkpoints whose content is not that of the commits before them. */
  readonly onDamage: (file: DamagedFile) => void;
}

/**
 * Replays a log, with its lost commits made again from the records of their segments, and yields those. The last state
 * is checked: no ledger is in two segments, and the recorded coverage is that of the segments.
 * @throws ParquetryError RESTORE_UNCLEAR
 */
export async function* rebuildLog(input: RebuildInput): AsyncGenerator<RebuiltCommit> {
  const { store, dataset, folder, reader, log, base, assignment } = input;
  const { placed, appended } = assignment;
  const last = log.top + appended.length;
  let foreign = false;
  let state = new TableState();
  const from = log.checkpoints.get(base);
  if (from !== undefined) state = await readCheckpoint(store, base, from, reader);
  for (let version = base + 1; version <= last; version++) {
    const id = version > log.top ? appended[version - log.top - 1] : placed.get(version);
    if (id === undefined) {
      const key = `${folder}/${LOG_FOLDER}/${commitName(version)}`;
      const actions = parseCommit(Buffer.from(await store.get(key)).toString('utf8'), key);
      foreign ||= isForeign(actions);
      state.commit(version, actions);
    } else {
      const text = formatCommit(await segmentActions(input, state, id));
      state.commit(version, parseCommit(text, id));
      yield { version, segment: id, text };
    }
    await compareCheckpoint(input, state);
  }
  const live = liveSegments(state);
  live.forEach(({ id, range }, index) => {
    const before = live[index - 1];
    if (before !== undefined && intersectRange(before.range, range) !== undefined)
      unclear(
        dataset,
        `the segments ${before.id} and ${id} would both be live`,
        'Name the one that is not live with --exclude SEGMENT.',
        [before.id, id],
      );
  });
  const coverage = formatCoverage(mergeIntervals(live.map(({ range }) => range)));
  if (state.version < 0 || coverage === formatCoverage(tableCoverage(state))) return;
  // Another program rewrites or deletes files of live segments; that is no reason to change the coverage.
  const written = placed.size + appended.length > 0 || input.resumed;
  if (foreign || state.foreign.size > 0 || !written) return;
  const commitInfo = {
    ...{ timestamp: Date.now(), operation: 'RESTORE', operationParameters: {}, isBlindAppend: false },
    ...{ operationMetrics: { numFiles: '0', numRemovedFiles: '0' }, engineInfo: engineInfo() },
  };
  const domainMetadata = { domain: COVERAGE_DOMAIN, configuration: coverage, removed: false };
  yield { version: last + 1, text: formatCommit([{ commitInfo }, { domainMetadata }]) };
}

/** True for a commit of another program that changes files. */
function isForeign(actions: readonly Action[]): boolean {
  const changes = actions.some((action) => 'add' in action || 'remove' in action);
  return changes && !actions.some((action) => 'commitInfo' in action && isOwnCommit(action.commitInfo));
}

/** The actions of a recorded segment's commit; its time is that of the record. */
async function segmentActions(input: RebuildInput, state: TableState, id: string): Promise<Action[]> {
  const { store, network, dataset, folder, records, schemaOf } = input;
  const record = await readSegment(store, dataset, id);
  const { identity, recordedAt } = record;
  const schema = await schemaOf(identity.schema.subject, identity.schema.version);
  const live = liveSegments(state);
  // A clone may never have had a segment that its source replaced, but an earlier one.
  const cloned = identity.replaces.some((other) => !records.byId.has(other));
  const replaces = live.filter(
    ({ id: other, range }) =>
      identity.replaces.includes(other) ||
      (cloned && identity.range.start <= range.start && range.end <= identity.range.end),
  );
  const now = Date.parse(recordedAt);
  const placed = await mapLimit(identity.files, STATS_AT_ONCE, async (file): Promise<PlacedFile> => {
    const info = await store.stat(`${folder}/${file.path}`);
    return placedFile(file, identity.settings, info?.modified ?? now);
  });
  const draft = commitDraft(record, schema, identity.replaces.length > 0);
  const actions = commitActions(state, { network, dataset, draft, segment: id, placed, replaces, now });
  // Neighbouring commits may have been made in another order, so the recorded coverage may lack live segments.
  const gone = new Set(replaces.map((segment) => segment.id));
  const covered = mergeIntervals([
    ...tableCoverage(state),
    ...live.filter((segment) => !gone.has(segment.id)).map(({ range }) => range),
    identity.range,
  ]);
  return actions.map((action) =>
    'domainMetadata' in action && action.domainMetadata.domain === COVERAGE_DOMAIN
      ? { domainMetadata: { ...action.domainMetadata, configuration: formatCoverage(covered) } }
      : action,
  );
}

/**
 * Compares a checkpoint with the commits before it: damaged bytes may still be Parquet.
 * @throws ParquetryError RESTORE_UNCLEAR when some of these are written again, and may have been in another order
 */
async function compareCheckpoint(input: RebuildInput, state: TableState): Promise<void> {
  const { store, dataset, reader, log, assignment, onDamage } = input;
  const { version } = state;
  const keys = log.checkpoints.get(version);
  if (keys === undefined) return;
  const found = await readCheckpoint(store, version, keys, reader);
  if (summary(found) === summary(state)) return;
  if ([...assignment.placed.keys()].some((placed) => placed <= version))
    unclear(dataset, `checkpoint ${version} has other files than the restored commits before it`, BACKUP);
  for (const key of keys)
    onDamage({
      key,
      why: 'it does not have the files of the commits before it',
      sha256: await store.sha256(key),
    });
}

/** A hash of what readers take from a state; tombstones end with their retention. */
function summary({ files, domains, protocol, metaData }: TableState): string {
  const lines = [...files.values()].map(({ path, size, stats, partitionValues, tags }) =>
    JSON.stringify([
      path,
      size,
      stats,
      Object.entries(partitionValues).sort(),
      Object.entries(tags ?? {}).sort(),
    ]),
  );
  const rest = [[...domains].sort(), protocol, metaData?.id, metaData?.schemaString];
  return sha256(Buffer.from(lines.sort().join('\n') + JSON.stringify(rest)));
}
