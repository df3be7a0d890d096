import { rm } from 'node:fs/promises';
import { filesIn } from '@parquetry/archive';
import { subtractIntervals } from '@parquetry/core';
import { openStore } from '@parquetry/storage';
import type { DatasetSummary, PlanRef } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { loadPlan, spoolKey } from '../plan/stored';

/** See `SharedActivities.summarize`. */
export async function summarize(
  { workplace, archives }: WorkerDeps,
  ref: PlanRef,
): Promise<readonly DatasetSummary[]> {
  const { spec, index } = await loadPlan(openStore(ref.archive), ref.archive, ref.plan);
  const archive = await archives.get(ref.archive);
  const summaries: DatasetSummary[] = [];
  for (const { dataset } of index.datasets) {
    const snapshot = await archive.dataset(dataset).snapshot();
    const files = filesIn(snapshot, spec.range);
    summaries.push({
      dataset,
      files: files.length,
      rows: files.reduce((sum, file) => sum + (file.rows ?? 0), 0),
      bytes: files.reduce((sum, file) => sum + file.size, 0),
      schemaVersion: snapshot.schema?.version ?? 0,
      gaps: subtractIntervals(spec.range, snapshot.coverage),
    });
  }
  await rm(workplace.spoolDir(spoolKey(spec)), { recursive: true, force: true });
  return summaries;
}
