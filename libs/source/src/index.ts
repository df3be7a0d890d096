export * from './source';
export { DatasetStage } from './stage/dataset';
export { readManifest } from './stage/manifest';
