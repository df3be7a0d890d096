export { checkArchive } from './archives';
export { type RunningWorker, type WorkerOptions, startWorker } from './worker';
export { checkSource } from './sources';
export { type StoredPlan, loadPlan } from './plan/stored';
