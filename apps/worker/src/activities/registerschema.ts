import { openStore } from '@parquetry/storage';
import type { DatasetStep } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { partitionSchema } from '../plan/committed';
import { registerOptions } from '../plan/contract';
import { loadPlan } from '../plan/stored';

/** See `StageActivities.registerSchema`. */
export async function registerSchema(
  { archives, debug }: WorkerDeps,
  step: DatasetStep,
): Promise<{ version: number; fingerprint: string }> {
  const store = openStore(step.archive);
  const plan = await loadPlan(store, step.archive, step.plan);
  const { schema, registered } = await partitionSchema(store, plan, step.dataset, step.range);
  const { registry } = await archives.get(step.archive);
  const { version, fingerprint } =
    registered ?? (await registry.register(step.dataset, schema, registerOptions(plan.spec)));
  debug?.(`schema ${step.dataset}: version ${version}, ${fingerprint.slice(0, 12)}`);
  return { version, fingerprint };
}
