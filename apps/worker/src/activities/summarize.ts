import { rm } from 'node:fs/promises';
import { filesIn } from '@parquetry/archive';
import { subtractIntervals } from '@parquetry/core';
import { openStore } from '@parquetry/storage';
import type { DatasetSummary, PlanRef } from '@parquetry/workflows';
import { Context } from '@temporalio/activity';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';
import { loadPlan, spoolKey } from '../plan/stored';
import { checkTotals, committedTotals } from '../totals';

/** See `SharedActivities.summarize`. */
export function summarize(deps: WorkerDeps, ref: PlanRef): Promise<readonly DatasetSummary[]> {
  return withHeartbeat(() => readBack(deps, ref));
}

async function readBack({ workplace, archives }: WorkerDeps, ref: PlanRef): Promise<DatasetSummary[]> {
  const { spec, index } = await loadPlan(openStore(ref.archive), ref.archive, ref.plan);
  const archive = await archives.get(ref.archive);
  const summaries: DatasetSummary[] = [];
  for (const { dataset, messages } of index.datasets) {
    const table = archive.dataset(dataset);
    const snapshot = await table.snapshot();
    const gaps = subtractIntervals(spec.range, snapshot.coverage);
    const totals = messages === undefined ? undefined : await committedTotals(table, snapshot, spec.range);
    const note =
      messages === undefined || totals === undefined || gaps.length > 0
        ? undefined
        : checkTotals(dataset, messages, totals, Context.current().info.workflowExecution?.workflowId ?? '');
    const files = filesIn(snapshot, spec.range);
    summaries.push({
      dataset,
      files: files.length,
      rows: files.reduce((sum, file) => sum + (file.rows ?? 0), 0),
      bytes: files.reduce((sum, file) => sum + file.size, 0),
      schemaVersion: snapshot.schema?.version ?? 0,
      gaps,
      ...(messages === undefined ? {} : { messages }),
      ...(totals === undefined ? {} : { rejected: totals.rejected }),
      ...(note === undefined ? {} : { note }),
    });
  }
  await rm(workplace.spoolDir(spoolKey(spec)), { recursive: true, force: true });
  return summaries;
}
