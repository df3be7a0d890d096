import {
  type Dataset,
  type DraftRejects,
  type PublishResult,
  type SegmentDraft,
  assertMajor,
  parseDataset,
} from '@parquetry/archive';
import { fileIdentity } from '@parquetry/storage';
import type { CommitResult } from '@parquetry/workflows';
import { type FlushReason, isParquetryError } from '@parquetry/core';
import { writerVersions } from '@parquetry/writer';
import { Context, log } from '@temporalio/activity';
import type { WorkerDeps } from '../deps';
import { commitLine } from '../debug';
import type { StagedFiles, VerifiedFile } from '../files';
import { withHeartbeat } from '../heartbeat';
import { followCommit, follower } from '../iceberg';
import { countCommit } from '../metrics';
import { segmentSettings } from '../plan/settings';
import { type SchemaStep, openStep } from '../step';

/** See `StageActivities.commit`. */
export async function commit(deps: WorkerDeps, step: SchemaStep): Promise<CommitResult> {
  const {
    plan: { spec },
    stage,
    archive,
    schema,
  } = await openStep(deps, step);
  const { staged, manifest } = stage;
  const { workflowExecution } = Context.current().info;
  const rejects = await withHeartbeat((signal) => draftRejects(stage, signal));
  const files = await stage.verified();
  const rowHashes = await rowHashesOf(stage, files, spec.rowHashes === true);
  const draft: SegmentDraft = {
    range: step.range,
    schema,
    settings: segmentSettings(spec, step.dataset),
    contentHash: staged.contentHash,
    files: files.map((file) => ({
      localPath: file.path,
      folder: file.folder,
      range: file.range,
      lastCloseTimeMicros: file.ledgers.reduce((max, ledger) => Math.max(max, ledger.lastCloseTimeMicros), 0),
      size: file.size,
      sha256: file.sha256,
      ...(file.mark === undefined ? {} : { checked: file.mark }),
      rows: file.rows,
      columns: file.columns,
      // The end of a tail's range has its own closing reason.
      reason: file.reason === 'range_end' ? (step.reason ?? file.reason) : file.reason,
    })),
    ...(rejects === undefined ? {} : { rejects }),
    ledgers: staged.ledgers,
    rejectedLedgers: staged.rejectedLedgers,
    proof: manifest.proof,
    ...(rowHashes === undefined ? {} : { rowHashes }),
    ...(manifest.conservation === undefined ? {} : { conservation: manifest.conservation }),
    writer: { ...writerVersions() },
    ...mergedFrom(step),
    ...(spec.mode === 'replace' ? { mode: 'replace' } : {}),
    ...(workflowExecution === undefined
      ? {}
      : {
          workflow: {
            id: workflowExecution.workflowId,
            runId: workflowExecution.runId,
            plan: step.plan,
          },
        }),
  };
  const dataset = archive.dataset(step.dataset);
  assertMajor(await archive.majors.list(parseDataset(step.dataset).messageType), step.dataset, step.range);
  let iceberg: string | undefined;
  const published = await withHeartbeat(async (signal) => {
    const options = { signal, follower: follower(archive, step.dataset, spec.iceberg) };
    const result = await publishOrYield(dataset, draft, options);
    if (result.outcome === 'overtaken') return result;
    // The commit is complete. A cancelled step leaves replaced files to `gc` and the checkpoint to the next commit.
    iceberg = await followCommit(archive, step.dataset, spec.iceberg);
    if (spec.keepReplaced !== true && iceberg === undefined)
      await dataset.retire(result.replaced, { signal });
    await dataset
      .checkpoint({ signal })
      .catch((error: unknown) => log.warn('no checkpoint was written', { error: String(error) }));
    return result;
  });
  await stage.remove();
  if (published.outcome === 'overtaken') return published;
  deps.debug?.(commitLine(step, published));
  const result: CommitResult = {
    outcome: published.outcome,
    version: published.version,
    files: published.files.length,
    rows: published.rows,
    bytes: published.files.reduce((sum, file) => sum + file.size, 0),
    rejected: staged.rejected,
    closedBy: closedBy(draft.files),
    ...(iceberg === undefined ? {} : { iceberg }),
  };
  countCommit(deps.telemetry.meters, step.dataset, result);
  return result;
}

/** A workflow of an earlier version passes `true` and does not name the segments: its commit is refused. */
function mergedFrom({ compaction }: SchemaStep): Pick<SegmentDraft, 'mode' | 'compaction'> {
  if (compaction === undefined) return {};
  return { mode: 'replace', compaction: Array.isArray(compaction) ? compaction : [] };
}

/** The row hashes that the pull computed, else those of the verified files. */
async function rowHashesOf(
  stage: StagedFiles,
  files: readonly VerifiedFile[],
  wanted: boolean,
): Promise<Buffer | undefined> {
  const pulled = await stage.rowHashes();
  if (pulled !== undefined) return Buffer.from(pulled, 'base64');
  const found = files.flatMap((file) => file.rowHashes ?? []);
  if (!wanted || found.length < files.length) return undefined;
  return Buffer.concat(found.map((hashes) => Buffer.from(hashes, 'base64')));
}

/**
 * Publishes. When another run committed some or all of the ledgers first with the same rows, returns which ones and
 * which remain. Throws any other conflict.
 */
async function publishOrYield(
  dataset: Dataset,
  draft: SegmentDraft,
  options: Parameters<Dataset['publish']>[1],
): Promise<PublishResult | (CommitResult & { readonly outcome: 'overtaken' })> {
  try {
    return await dataset.publish(draft, options);
  } catch (error) {
    if (!isParquetryError(error) || error.code !== 'COMMIT_CONFLICT') throw error;
    const overtaken = await dataset.overtaken(draft);
    if (overtaken === undefined) throw error;
    const { message: note, rest } = overtaken;
    const { version } = await dataset.snapshot();
    log.info(note);
    return {
      outcome: 'overtaken',
      version,
      files: 0,
      rows: 0,
      bytes: 0,
      rejected: 0,
      closedBy: {},
      note,
      rest,
    };
  }
}

function closedBy(files: SegmentDraft['files']): Partial<Record<FlushReason, number>> {
  const counts: Partial<Record<FlushReason, number>> = {};
  for (const { reason } of files) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

async function draftRejects(stage: StagedFiles, signal: AbortSignal): Promise<DraftRejects | undefined> {
  const { rejected } = stage.staged;
  if (rejected === 0) return undefined;
  const identity = await fileIdentity(stage.rejectsFile, signal);
  return { localPath: stage.rejectsFile, rows: rejected, ...identity };
}
