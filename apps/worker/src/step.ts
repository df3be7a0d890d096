import type { Archive } from '@parquetry/archive';
import type { RegisteredSchema } from '@parquetry/schema';
import { openStore } from '@parquetry/storage';
import type { DatasetStep } from '@parquetry/workflows';
import type { WorkerDeps } from './deps';
import { StagedFiles } from './files';
import { type StoredPlan, loadPlan } from './plan/stored';

/** A step of a dataset whose schema is registered. */
export type SchemaStep = DatasetStep & { readonly schemaVersion: number };

/** What the steps of one dataset work on after its schema is registered. */
export interface OpenStep {
  readonly plan: StoredPlan;
  readonly stage: StagedFiles;
  readonly archive: Archive;
  readonly schema: RegisteredSchema;
}

/**
 * Opens the plan, the stage, the archive and the schema of a step.
 * @throws ParquetryError ARCHIVE_CHANGED without the plan, STAGE_LOST when the stage is not on this worker
 */
export async function openStep({ workplace, archives }: WorkerDeps, step: SchemaStep): Promise<OpenStep> {
  const plan = await loadPlan(openStore(step.archive), step.archive, step.plan);
  const stage = await StagedFiles.open(workplace, step.stageId, step.dataset);
  const archive = await archives.get(step.archive);
  const schema = await archive.registry.get(step.dataset, step.schemaVersion);
  return { plan, stage, archive, schema };
}
