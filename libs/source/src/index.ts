export * from './source';
export { DatasetStage, type StageOptions } from './stage/dataset';
export type { MessageDecision } from './stage/decision';
export { readManifest, writeManifest } from './stage/manifest';
export { messageEstimator } from './estimate';
export { type InspectedMessage, type InspectRequest, inspectNdjson } from './ndjson/inspect';
export { openNdjsonSource, type NdjsonOptions } from './ndjson';
export * from './galexie';
export * from './tail';
