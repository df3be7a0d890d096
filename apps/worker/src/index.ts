export { type AllowList, assertArchive } from './allowlist';
export { checkArchive, wantedIdentity } from './archives';
export { checkpointWriter } from './checkpoint';
export type { DebugSink } from './deps';
export type { Limits } from './limits';
export type { Log, LogFields, LogLevel } from './telemetry/log';
export { inspectMessages } from './plan/inspectmessages';
export { type PlannedDataset } from './plan/partitions';
export { type RunPreview, previewRun } from './plan/preview';
export type { Verdict } from './plan/verdict';
export { probeSource, sourceTimes } from './probe';
export { checkSource } from './sources';
export type { RunningWorker, WorkerVersion } from './worker';

/**
 * See `startWorker` of `./worker`: its libraries are loaded on the first call, because plans and inspections do not
 * need them.
 */
export const startWorker: typeof import('./worker').startWorker = (options) =>
  (require('./worker') as typeof import('./worker')).startWorker(options);
