import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { DraftRejects, SegmentDraft } from '@parquetry/archive';
import { openStore } from '@parquetry/storage';
import type { CommitResult, DatasetStep } from '@parquetry/workflows';
import { writerVersions } from '@parquetry/writer';
import { Context, log } from '@temporalio/activity';
import type { WorkerDeps } from '../deps';
import { StagedFiles } from '../files';
import { withHeartbeat } from '../heartbeat';
import { loadPlan } from '../plan/stored';

/** See `StageActivities.commit`. */
export async function commit(
  { workplace, archives }: WorkerDeps,
  step: DatasetStep & { readonly schemaVersion: number },
): Promise<CommitResult> {
  const { spec } = await loadPlan(openStore(step.archive), step.archive, step.plan);
  const stage = await StagedFiles.open(workplace, step.stageId, step.dataset);
  const archive = await archives.get(step.archive);
  const schema = await archive.registry.get(step.dataset, step.schemaVersion);
  const { staged, manifest } = stage;
  const { workflowExecution } = Context.current().info;
  const rejects = await draftRejects(stage);
  const draft: SegmentDraft = {
    range: step.range,
    schema,
    settings: spec.settings,
    contentHash: staged.contentHash,
    files: (await stage.verified()).map((file) => ({
      localPath: file.path,
      folder: file.folder,
      range: file.range,
      lastCloseTimeMicros: file.ledgers.reduce((max, ledger) => Math.max(max, ledger.lastCloseTimeMicros), 0),
      size: file.size,
      sha256: file.sha256,
      rows: file.rows,
      columns: file.columns,
      reason: file.reason,
    })),
    ...(rejects === undefined ? {} : { rejects }),
    ledgers: staged.ledgers,
    rejectedLedgers: staged.rejectedLedgers,
    proof: manifest.proof,
    writer: { ...writerVersions() },
    ...(workflowExecution === undefined
      ? {}
      : { workflow: { id: workflowExecution.workflowId, runId: workflowExecution.runId } }),
  };
  const dataset = archive.dataset(step.dataset);
  const published = await withHeartbeat(() => dataset.publish(draft));
  // A checkpoint only makes reads cheap: the commit stands without it, and the next one tries again.
  await dataset
    .checkpoint()
    .catch((error: unknown) => log.warn('no checkpoint was written', { error: String(error) }));
  await stage.remove();
  return {
    outcome: published.outcome,
    version: published.version,
    files: published.files.length,
    rows: published.rows,
    bytes: published.files.reduce((sum, file) => sum + file.size, 0),
    rejected: staged.rejected,
  };
}

async function draftRejects(stage: StagedFiles): Promise<DraftRejects | undefined> {
  const { rejected } = stage.staged;
  if (rejected === 0) return undefined;
  const body = await readFile(stage.rejectsFile);
  const sha256 = createHash('sha256').update(body).digest('hex');
  return { localPath: stage.rejectsFile, rows: rejected, size: body.length, sha256 };
}
