export { checkArchive, wantedIdentity } from './archives';
export type { DebugSink } from './deps';
export { type LookedOver, lookOver, runMessages } from './plan/look';
export { type PlannedDataset, planDatasets } from './plan/partitions';
export { type StoredPlan, loadPlan } from './plan/stored';
export { checkSource } from './sources';
export { type RunningWorker, type WorkerOptions, startWorker } from './worker';
