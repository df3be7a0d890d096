export { checkArchive, wantedIdentity } from './archives';
export type { DebugSink } from './deps';
export { type RangeIndex, indexRange, runMessages } from './plan/indexrange';
export { type PlannedDataset, planDatasets } from './plan/partitions';
export { type StoredPlan, loadPlan } from './plan/stored';
export { checkSource } from './sources';
export { type RunningWorker, type WorkerOptions, startWorker } from './worker';
