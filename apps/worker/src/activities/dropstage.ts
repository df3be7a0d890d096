import { rm, stat } from 'node:fs/promises';
import type { WorkerDeps } from '../deps';

/** See `StageActivities.dropStage`. */
export async function dropStage({ workplace }: WorkerDeps, stageId: string): Promise<boolean> {
  const dir = workplace.stageDir(stageId);
  const there = await stat(dir).then(
    () => true,
    () => false,
  );
  await rm(dir, { recursive: true, force: true });
  return there;
}
