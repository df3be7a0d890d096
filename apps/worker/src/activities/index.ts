import type {
  CompactActivities,
  SharedActivities,
  StageActivities,
  TailActivities,
  ScheduleActivities,
} from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { commit } from './commit';
import { mergeSegments } from './compactmerge';
import { findSegments } from './compactplan';
import { Cutter } from './cut';
import { dropStage } from './dropStage';
import { inspect } from './inspect';
import { nextPartitions } from './nextPartitions';
import { planRun } from './planRun';
import { pull } from './pull';
import { registerSchema } from './registerSchema';
import { resolveRange } from './scheduleRange';
import { summarize } from './summarize';
import { openTail } from './tailopen';
import { verifyRowCounts } from './verifyRowCounts';
import { writeParquet } from './writeParquet';

/** The steps that any worker can do. */
export function createSharedActivities(
  deps: WorkerDeps,
): SharedActivities & CompactActivities & ScheduleActivities {
  return {
    findSegments: (request) => findSegments(deps, request),
    mergeSegments: (request) => mergeSegments(deps, request),
    resolveRange: (input) => resolveRange(deps, input),
    planRun: (spec) => planRun(deps, spec),
    nextPartitions: (request) => nextPartitions(deps, request),
    pull: (request) => pull(deps, request),
    inspect: (ids) => inspect(deps, ids),
    summarize: (ref) => summarize(deps, ref),
  };
}

/** The steps that watch a source: they wait for minutes, and work a little in between. */
export function createWatchActivities(deps: WorkerDeps): TailActivities {
  const cutter = new Cutter(deps);
  return {
    openTail: (input) => openTail(deps, input),
    cut: (request) => cutter.cut(request),
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
