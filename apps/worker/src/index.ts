export { checkArchive, wantedIdentity } from './archives';
export type { DebugSink } from './deps';
export { inspectMessages } from './plan/inspectmessages';
export { type RangeIndex, indexRange, runMessages } from './plan/indexrange';
export { type PlannedDataset, planDatasets } from './plan/partitions';
export { type DatasetPreview, type RunPreview, previewRun } from './plan/preview';
export { type StoredPlan, loadPlan } from './plan/stored';
export type { Verdict } from './plan/verdict';
export { checkSource } from './sources';
export type { RunningWorker, WorkerOptions } from './worker';

/**
 * See `startWorker` of `./worker`: its libraries are loaded on the first call, because plans and inspections do not
 * need them.
 */
export const startWorker: typeof import('./worker').startWorker = (options) =>
  (require('./worker') as typeof import('./worker')).startWorker(options);
