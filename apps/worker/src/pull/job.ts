import { parseDataset } from '@parquetry/archive';
import type { StageManifest } from '@parquetry/core';
import type { MessageDecision, SourceProgress } from '@parquetry/source';
import { openStore } from '@parquetry/storage';
import type { PastOperation } from '@parquetry/telemetry';
import type { PartitionTask } from '@parquetry/workflows';
import type { AllowList } from '../allowlist';
import { partitionSchema } from '../plan/committed';
import { loadPlan } from '../plan/stored';
import { openSource } from '../sources';

/** A partition to stage, by references that any thread can resolve. */
export interface PullJob {
  readonly archive: string;
  readonly plan: string;
  readonly task: PartitionTask;
  readonly stageId: string;
  readonly stageDir: string;
  readonly spareDir: string;
  readonly spoolDir: string;
  readonly allow: AllowList;
}

/** Callbacks and signal of a running pull. */
export interface PullHooks {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SourceProgress) => void;
  readonly onDecision?: (decision: MessageDecision) => void;
  /** Receives the requests to stores of a pull on its own thread, in the context of the step. */
  readonly onOperations?: (operations: readonly PastOperation[]) => void;
}

/** Stages a partition. @throws ParquetryError as the source does; CONFIG_INVALID for a dataset that the plan lacks */
export async function runPull(
  job: PullJob,
  { signal, onProgress, onDecision }: PullHooks,
): Promise<StageManifest> {
  const store = openStore(job.archive);
  const plan = await loadPlan(store, job.archive, job.plan);
  const { spec, index } = plan;
  const datasets = await Promise.all(
    job.task.datasets.map(async (name) => {
      const { schema } = await partitionSchema(store, plan, name, job.task.range);
      // The source has message types; the archive decides the major.
      return { dataset: parseDataset(name).messageType, schema };
    }),
  );
  const source = await openSource(spec, new Map(), job.allow);
  const { stageId, stageDir, spareDir, spoolDir, task } = job;
  const { layout } = spec.settings;
  return source.pull({
    stageId,
    range: task.range,
    datasets,
    index,
    stageDir,
    spareDir,
    spoolDir,
    layout,
    unknown: spec.unknown,
    // Decoding a ledger costs much more than hashing its rows; reading messages does not.
    rowHashes: spec.rowHashes ?? index.kind !== 'ndjson',
    signal,
    onProgress,
    ...(onDecision === undefined ? {} : { onDecision }),
  });
}
