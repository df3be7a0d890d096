import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { ParquetryError, type Reject, type StagedDataset } from '@parquetry/core';
import { openStore } from '@parquetry/storage';
import type { DatasetStep } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { flushLine } from '../debug';
import { StagedFiles } from '../files';
import { withHeartbeat } from '../heartbeat';
import { loadPlan } from '../plan/stored';

/** See `StageActivities.writeParquet`. */
export async function writeParquet(
  { workplace, writer, archives, debug }: WorkerDeps,
  step: DatasetStep & { readonly schemaVersion: number },
): Promise<{ files: number; rows: number; bytes: number }> {
  const { spec, network } = await loadPlan(openStore(step.archive), step.archive, step.plan);
  const stage = await StagedFiles.open(workplace, step.stageId, step.dataset);
  if (stage.staged.rejected > spec.maxRejects) throw await tooManyRejects(stage, spec.maxRejects);
  const { registry } = await archives.get(step.archive);
  const schema = await registry.get(step.dataset, step.schemaVersion);
  await rm(stage.outDir, { recursive: true, force: true });
  const files = await withHeartbeat((signal, report) =>
    writer.writeDataset({
      rowsFile: stage.rowsFile,
      staged: stage.staged,
      range: step.range,
      schema,
      settings: spec.settings,
      ...(network === undefined ? {} : { network }),
      outDir: stage.outDir,
      signal,
      onProgress: report,
    }),
  );
  await stage.noteWritten(files);
  for (const file of files) debug?.(flushLine(step.dataset, file));
  return {
    files: files.length,
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    bytes: files.reduce((sum, file) => sum + file.size, 0),
  };
}

async function tooManyRejects(stage: StagedFiles, allowed: number): Promise<ParquetryError> {
  const { dataset, rejected }: StagedDataset = stage.staged;
  const first: string[] = [];
  const lines = createInterface({ input: createReadStream(stage.rejectsFile), crlfDelay: Infinity });
  for await (const line of lines) {
    const { code, reason, position } = JSON.parse(line) as Reject;
    first.push(`${position} ${code}: ${reason}`);
    if (first.length === 3) break;
  }
  lines.close();
  return new ParquetryError(
    'REJECTS_EXCEEDED',
    `${rejected} messages of ${dataset} were rejected, ${allowed} are allowed a partition. First: ${first.join('; ')}`.slice(
      0,
      1500,
    ),
    {
      details: { dataset, rejected, maxRejects: allowed },
      hint: `Mend the messages and run again, or keep them aside with --max-rejects ${rejected}.`,
    },
  );
}
