export { GalexieSource, openGalexieSource } from './source';
export { type LakeConfig, readLakeConfig } from './lake';
export { type LakeStore, LocalLakeStore, openLakeStore, RemoteLakeStore } from './store';
