import type { SharedActivities, StageActivities } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { commit } from './commit';
import { dropStage } from './dropStage';
import { inspect } from './inspect';
import { nextPartitions } from './nextPartitions';
import { planRun } from './planRun';
import { pull } from './pull';
import { registerSchema } from './registerSchema';
import { summarize } from './summarize';
import { verifyRowCounts } from './verifyRowCounts';
import { writeParquet } from './writeParquet';

/** The steps that any worker can do. */
export function createSharedActivities(deps: WorkerDeps): SharedActivities {
  return {
    planRun: (spec) => planRun(deps, spec),
    nextPartitions: (request) => nextPartitions(deps, request),
    pull: (request) => pull(deps, request),
    inspect: (ids) => inspect(deps, ids),
    summarize: (ref) => summarize(deps, ref),
  };
}

/** The steps that need this worker's stage. */
export function createStageActivities(deps: WorkerDeps): StageActivities {
  return {
    registerSchema: (step) => registerSchema(deps, step),
    writeParquet: (step) => writeParquet(deps, step),
    verifyRowCounts: (step) => verifyRowCounts(deps, step),
    commit: (step) => commit(deps, step),
    dropStage: (stageId) => dropStage(deps, stageId),
  };
}
