import { rm } from 'node:fs/promises';
import type { WorkerDeps } from '../deps';
import { flushLine, writtenLine } from '../debug';
import { withHeartbeat } from '../heartbeat';
import { assertRejects } from '../refused';
import { type SchemaStep, openStep } from '../step';

/** See `StageActivities.writeParquet`. */
export async function writeParquet(
  deps: WorkerDeps,
  step: SchemaStep,
): Promise<{ files: number; rows: number; bytes: number }> {
  const { writer, debug } = deps;
  const { plan, stage, schema } = await openStep(deps, step);
  const { spec, network } = plan;
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
