import { rm } from 'node:fs/promises';
import { Archive, type LiveFile, filesIn } from '@parquetry/archive';
import { type LedgerRange, subtractIntervals } from '@parquetry/core';
import { syncIceberg } from '@parquetry/iceberg';
import { type ObjectStore, openStore } from '@parquetry/storage';
import type { DatasetSummary, PlanRef } from '@parquetry/workflows';
import { DATASETS_AT_ONCE, inBatches } from '../batches';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';
import { followCommit } from '../iceberg';
import { loadPlan, spoolKey } from '../plan/stored';
import { checkTotals, committedTotals } from '../totals';

/** See `SharedActivities.summarize`. */
export function summarize(deps: WorkerDeps, ref: PlanRef): Promise<readonly DatasetSummary[]> {
  return withHeartbeat((signal) => readBack(deps, ref, signal));
}

/** Reads the archive from storage: no cached state of this worker is used. */
async function readBack(
  { workplace }: WorkerDeps,
  ref: PlanRef,
  signal: AbortSignal,
): Promise<DatasetSummary[]> {
  const store = openStore(ref.archive);
  const { spec, index } = await loadPlan(store, ref.archive, ref.plan);
  const archive = await Archive.open(store);
  const summaries = await inBatches(
    index.datasets,
    async ({ dataset, messages }): Promise<DatasetSummary> => {
      // A run that wants Iceberg tables ends with them complete. A table of an earlier run can't fail this one.
      const iceberg =
        spec.iceberg === true ? await syncWanted(archive, dataset) : await followCommit(archive, dataset);
      const table = archive.dataset(dataset);
      const snapshot = await table.snapshot();
      const gaps = subtractIntervals(spec.range, snapshot.coverage);
      const totals = messages === undefined ? undefined : await committedTotals(table, snapshot, spec.range);
      const note =
        messages === undefined || totals === undefined || gaps.length > 0
          ? undefined
          : checkTotals(dataset, messages, totals, ref.plan);
      const notes = [note, iceberg].filter((each) => each !== undefined).join(' ');
      const files = filesIn(snapshot, [spec.range]);
      const missing = await findMissing(store, files, signal);
      return {
        dataset,
        files: files.length,
        rows: files.reduce((sum, file) => sum + (file.rows ?? 0), 0),
        bytes: files.reduce((sum, file) => sum + file.size, 0),
        schemaVersion: snapshot.schema?.version ?? 0,
        gaps,
        ...(messages === undefined ? {} : { messages }),
        ...(totals === undefined ? {} : { rejected: totals.rejected }),
        ...(notes === '' ? {} : { note: notes }),
        ...(missing.length === 0 ? {} : { missing: { files: missing.length, first: missing[0] ?? '' } }),
      };
    },
    DATASETS_AT_ONCE,
  );
  if (spec.mode === 'replace' && spec.types === undefined)
    summaries.push(
      ...(await untouched(archive, spec.range, new Set(summaries.map(({ dataset }) => dataset)))),
    );
  await rm(workplace.spoolDir(spoolKey(spec)), { recursive: true, force: true });
  return summaries;
}

async function syncWanted(archive: Archive, dataset: string): Promise<undefined> {
  await syncIceberg(archive, dataset);
}

/** Keys of committed files that are missing from storage or have another size. */
async function findMissing(
  store: ObjectStore,
  files: readonly LiveFile[],
  signal: AbortSignal,
): Promise<string[]> {
  const looked = await inBatches(files, async ({ key, size }) => {
    signal.throwIfAborted();
    return (await store.stat(key))?.size === size ? [] : [key];
  });
  return looked.flat();
}

/** Datasets with rows in a replaced range whose type has no message in the source: their rows stay. */
async function untouched(
  archive: Archive,
  range: LedgerRange,
  replaced: ReadonlySet<string>,
): Promise<DatasetSummary[]> {
  const found: DatasetSummary[] = [];
  for (const dataset of await archive.datasets()) {
    if (replaced.has(dataset)) continue;
    const snapshot = await archive.dataset(dataset).snapshot();
    const files = filesIn(snapshot, [range]);
    const rows = files.reduce((sum, file) => sum + (file.rows ?? 0), 0);
    if (rows === 0) continue;
    found.push({
      dataset,
      files: files.length,
      rows,
      bytes: files.reduce((sum, file) => sum + file.size, 0),
      schemaVersion: snapshot.schema?.version ?? 0,
      gaps: [],
      note: `${dataset}: the source has no messages of this type in the range; the ${rows} rows that are committed there were not replaced.`,
    });
  }
  return found;
}
