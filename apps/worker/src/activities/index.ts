import type {
  CompactActivities,
  LeaseActivities,
  MaintainActivities,
  SharedActivities,
  StageActivities,
  TailActivities,
  ScheduleActivities,
} from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { auditAll } from './auditall';
import { collectGarbage } from './collectgarbage';
import { commit } from './commit';
import { mergeSegments } from './compactmerge';
import { findSegments } from './compactplan';
import { Cutter } from './cut';
import { dropStage } from './dropstage';
import { endOutdated } from './endoutdated';
import { inspect } from './inspect';
import { nextPartitions } from './nextpartitions';
import { planRun } from './planrun';
import { pull } from './pull';
import { registerSchema } from './registerschema';
import { reportRejects } from './reportrejects';
import { requestLease } from './requestlease';
import { resolveRange } from './schedulerange';
import { summarize } from './summarize';
import { openTail } from './tailopen';
import { tidyLogs } from './tidylogs';
import { verifyRowCounts } from './verifyrowcounts';
import { writeParquet } from './writeparquet';

/** The steps that any worker can run. */
export function createSharedActivities(
  deps: WorkerDeps,
): SharedActivities & CompactActivities & LeaseActivities & MaintainActivities & ScheduleActivities {
  return {
    auditAll: (request) => auditAll(deps, request),
    collectGarbage: (request) => collectGarbage(deps, request),
    reportRejects: (request) => reportRejects(deps, request),
    tidyLogs: (request) => tidyLogs(deps, request),
    findSegments: (request) => findSegments(deps, request),
    mergeSegments: (request) => mergeSegments(deps, request),
    resolveRange: (input) => resolveRange(deps, input),
    planRun: (spec) => planRun(deps, spec),
    nextPartitions: (request) => nextPartitions(deps, request),
    pull: (request) => pull(deps, request),
    inspect: (ids) => inspect(deps, ids),
    endOutdated: (child) => endOutdated(deps, child),
    requestLease: (request) => requestLease(deps, request),
    summarize: (ref) => summarize(deps, ref),
  };
}

/** The steps that watch a source: they mostly wait. */
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
