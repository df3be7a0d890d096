import { isParquetryError, ParquetryError } from '@parquetry/core';
import { compareKeys, type ObjectStore } from '@parquetry/storage';
import type { Archive } from '../archive';
import { whenAbsent } from '../absent';
import { sha256 } from '../checksum';
import { parquetCheckpointReader } from '../delta/reader';
import { commitName, LOG_FOLDER } from '../delta/paths';
import { datasetFault } from '../folder';
import { META_FOLDER } from '../identity';
import { liveSegments } from '../table';
import { type Assignment, assignSegments } from './assign';
import { BACKUP, type DamagedFile, type ExaminedLog, examineLog, readCheckpoint, unclear } from './examine';
import { damagedFolder, markerKey, readMarker } from './marker';
import { rebuildLog } from './rebuild';
import { readRecords, type Records } from './records';

const MAX_ATTEMPTS = 20;

/** What to restore, and how. */
export interface RestoreRequest {
  /** Only say what is damaged and what would be written. */
  readonly dryRun: boolean;
  /** Segments to ignore: those that were not committed, or were replaced, where the records do not tell. */
  readonly exclude?: readonly string[];
  /** Also commit recorded segments that no commit names, where the log has no hole. */
  readonly adopt?: boolean;
  /**
   * Called when the log is whole again, before the restore counts as finished: also by the run that continues a crashed
   * one. For what follows the commits one by one.
   */
  readonly onRestored?: () => Promise<void>;
}

/** What a restore found and did, or would do. */
export interface RestoredLog {
  readonly dataset: string;
  readonly outcome: 'whole' | 'restored' | 'would be restored';
  readonly damaged: readonly { readonly key: string; readonly why: string }[];
  /** Commits that are written again, and those after the newest known version. */
  readonly commits: readonly { readonly version: number; readonly segment?: string }[];
  /** Recorded segments that are in no commit. */
  readonly left: readonly { readonly id: string; readonly why: string }[];
  /** Keys to which damaged files were moved. */
  readonly kept: readonly string[];
  /** Ids of records that can't be read. */
  readonly damagedRecords: readonly string[];
}

/** Names of the datasets that have a log or records of segments. */
export async function recordedDatasets(archive: Archive): Promise<string[]> {
  const names = new Set(await archive.datasets());
  for await (const name of archive.store.folders(`${META_FOLDER}/segments`))
    if (datasetFault(name) === undefined) names.add(name);
  return [...names].sort();
}

/**
 * Restores the log of a dataset from the records of its segments. Readable commits stay as they are; damaged files are
 * moved to `_parquetry/damaged`; lost commits are written again, create-only, so a run may commit at the same time.
 * A log without damage is not touched.
 * @throws ParquetryError RESTORE_UNCLEAR when the records do not say which segments were committed, LOG_UNSUPPORTED
 */
export async function restoreLog(
  archive: Archive,
  dataset: string,
  request: RestoreRequest,
): Promise<RestoredLog> {
  const { store } = archive;
  const marker = markerKey(dataset);
  const started = await readMarker(store, dataset);
  let adopt = request.adopt === true || started !== undefined;
  const exclude = [...new Set([...(request.exclude ?? []), ...(started ?? [])])];
  const kept: string[] = [];
  const finish = async (): Promise<void> => {
    await request.onRestored?.();
    await store.delete(marker);
  };
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const plan = await planRestore(archive, dataset, { ...request, exclude, adopt });
    if (request.dryRun) return plan;
    if (plan.outcome === 'whole') {
      if (started !== undefined || attempt > 0) await finish();
      return plan;
    }
    await store.putIfAbsent(marker, Buffer.from(JSON.stringify({ exclude })));
    if (await write(archive, dataset, plan, kept)) {
      await archive.dataset(dataset).checkpoint({ force: true });
      await finish();
      return { ...plan, outcome: 'restored', kept };
    }
    // Another writer committed meanwhile, so the log may look whole now: what was decided before still holds.
    adopt = true;
  }
  throw new ParquetryError(
    'COMMIT_CONTENDED',
    `The restore of ${dataset} lost ${MAX_ATTEMPTS} races against other writers.`,
    {
      details: { dataset },
      hint: 'Try again when fewer runs write to the archive.',
    },
  );
}

interface Plan extends RestoredLog {
  readonly damage: readonly DamagedFile[];
  readonly texts: readonly { readonly version: number; readonly text: string }[];
}

/** The best plan that the records allow. @throws ParquetryError RESTORE_UNCLEAR */
async function planRestore(archive: Archive, dataset: string, request: RestoreRequest): Promise<Plan> {
  const { store } = archive;
  const table = archive.dataset(dataset);
  const records = await readRecords(archive, dataset, new Set(request.exclude));
  const log = await examineLog(store, table, records, parquetCheckpointReader);
  const whole = await wholeSegments(store, table.folder, records.byId.values());
  let failure: unknown;
  for (const base of log.bases)
    try {
      return await planFrom(archive, dataset, { records, log, whole, base, adopt: request.adopt === true });
    } catch (error) {
      if (!isParquetryError(error) || error.code !== 'RESTORE_UNCLEAR') throw error;
      failure ??= error;
    }
  throw failure;
}

interface Basis {
  readonly records: Records;
  readonly log: ExaminedLog;
  /** Segments with all files on storage. */
  readonly whole: ReadonlySet<string>;
  readonly base: number;
  readonly adopt: boolean;
}

async function planFrom(
  archive: Archive,
  dataset: string,
  { records, log, whole, base, adopt }: Basis,
): Promise<Plan> {
  const { store, identity, registry } = archive;
  const { folder } = archive.dataset(dataset);
  const reader = parquetCheckpointReader;
  const baseLive = await liveAt(store, log, base, reader);
  const assignment: Assignment = assignSegments({
    ...{ dataset, log, base, baseLive, records, adopt },
    isWhole: (id) => whole.has(id),
  });
  const damage = new Map(log.damaged.map((file) => [file.key, file]));
  const commits: { version: number; segment?: string; text: string }[] = [];
  try {
    for await (const commit of rebuildLog({
      ...{ store, network: identity.network, dataset, folder, reader, log, base, records, assignment },
      resumed: adopt,
      schemaOf: (subject, version) => registry.get(subject, version),
      onDamage: (file) => damage.set(file.key, file),
    }))
      commits.push(commit);
  } catch (error) {
    if (!isParquetryError(error) || error.code !== 'LOG_CORRUPT') throw error;
    unclear(dataset, error.message.replace(/\.$/, ''), BACKUP);
  }
  const damaged = [...damage.values()].sort((a, b) => compareKeys(a.key, b.key));
  const nothing = damaged.length === 0 && commits.length === 0;
  return {
    dataset,
    outcome: nothing ? 'whole' : 'would be restored',
    damaged: damaged.map(({ key, why }) => ({ key, why })),
    commits: commits.map(({ version, segment }) => ({
      version,
      ...(segment === undefined ? {} : { segment }),
    })),
    left: assignment.left,
    kept: [],
    damagedRecords: records.damaged,
    damage: damaged,
    texts: commits,
  };
}

/**
 * Moves the damaged files away and writes the commits; false when another writer took one of their versions. Hint
 * and checkpoints go first: a reader of the damaged log never gets a state that was not committed.
 */
async function write(
  archive: Archive,
  dataset: string,
  { damage, texts }: Plan,
  kept: string[],
): Promise<boolean> {
  const { store } = archive;
  const prefix = `${archive.dataset(dataset).folder}/${LOG_FOLDER}/`;
  for (const file of [...damage].sort(
    (a, b) => Number(a.key.endsWith('.json')) - Number(b.key.endsWith('.json')),
  )) {
    const bytes = await store.get(file.key).catch(whenAbsent);
    // Another restore was faster.
    if (bytes === undefined || sha256(bytes) !== file.sha256) continue;
    if (bytes.length > 0) {
      const name = `${file.key.slice(prefix.length)}.${file.sha256.slice(0, 8)}`;
      const key = damagedFolder(dataset) + name;
      await store.putIfAbsent(key, bytes);
      kept.push(key);
    }
    await store.delete(file.key);
  }
  for (const { version, text } of texts)
    if ((await store.putIfAbsent(prefix + commitName(version), Buffer.from(text))) === 'exists') return false;
  return true;
}

async function wholeSegments(
  store: ObjectStore,
  folder: string,
  records: Iterable<{
    readonly id: string;
    readonly files: readonly { readonly path: string; readonly size: number }[];
  }>,
): Promise<Set<string>> {
  const sizes = new Map<string, number>();
  for await (const { key, size } of store.list(`${folder}/`)) sizes.set(key.slice(folder.length + 1), size);
  const whole = new Set<string>();
  for (const { id, files } of records)
    if (files.every(({ path, size }) => sizes.get(path) === size)) whole.add(id);
  return whole;
}

async function liveAt(
  store: ObjectStore,
  log: ExaminedLog,
  base: number,
  reader: typeof parquetCheckpointReader,
): Promise<Set<string>> {
  const keys = log.checkpoints.get(base);
  if (keys === undefined) return new Set();
  const state = await readCheckpoint(store, base, keys, reader);
  return new Set(liveSegments(state).map(({ id }) => id));
}
