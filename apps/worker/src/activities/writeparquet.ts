import { rm } from 'node:fs/promises';
import { openStore } from '@parquetry/storage';
import type { DatasetStep } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { flushLine, writtenLine } from '../debug';
import { StagedFiles } from '../files';
import { withHeartbeat } from '../heartbeat';
import { loadPlan } from '../plan/stored';
import { assertRejects } from '../refused';

/** See `StageActivities.writeParquet`. */
export async function writeParquet(
  { workplace, writer, archives, debug }: WorkerDeps,
  step: DatasetStep & { readonly schemaVersion: number },
): Promise<{ files: number; rows: number; bytes: number }> {
  const plan = await loadPlan(openStore(step.archive), step.archive, step.plan);
  const { spec, network } = plan;
  const stage = await StagedFiles.open(workplace, step.stageId, step.dataset);
  const { registry } = await archives.get(step.archive);
  const schema = await registry.get(step.dataset, step.schemaVersion);
  const files = await withHeartbeat(async (signal, report) => {
    // There may be as many rejects as messages.
    await assertRejects(stage, plan, step.dataset, schema);
    await rm(stage.outDir, { recursive: true, force: true });
    return writer.writeDataset({
      rowsFile: stage.rowsFile,
      staged: stage.staged,
      range: step.range,
      schema,
      settings: spec.settings,
      ...(network === undefined ? {} : { network }),
      outDir: stage.outDir,
      signal,
      onProgress: report,
      ...(debug === undefined ? {} : { onFlush: (flush) => debug(flushLine(step, flush)) }),
    });
  });
  await stage.noteWritten(files);
  for (const file of files) debug?.(writtenLine(step.dataset, file));
  return {
    files: files.length,
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    bytes: files.reduce((sum, file) => sum + file.size, 0),
  };
}
