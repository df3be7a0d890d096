export { openGalexieSource, openLedgerSource } from './source';
export { type LakeConfig, readLakeConfig } from './lake';
export { type LakeStore, LocalLakeStore, openLakeStore, RemoteLakeStore } from './store';
