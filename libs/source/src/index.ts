export * from './source';
export { DatasetStage } from './stage/dataset';
export { readManifest } from './stage/manifest';
export { openNdjsonSource, type NdjsonOptions } from './ndjson';
export * from './galexie';
