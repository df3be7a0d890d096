export { whenAbsent } from './absent';
export { Archive } from './archive';
export type { CommitRecord } from './history';
export { checkSnapshot, type Finding } from './check';
export { folderValues } from './folder';
export { schemaConflict } from './schemaconflict';
export { Dataset } from './dataset';
export type { CheckpointWriter } from './delta/checkpoint';
export { MIN_RETENTION_MS } from './delta/cleanup';
export { replacedMeanwhile } from './commitrule';
export type { DraftRejects, PublishResult, SegmentDraft } from './draft';
export {
  type ArchiveIdentity,
  META_FOLDER,
  UNSPECIFIED_NETWORK,
  assertIdentity,
  findIdentity,
} from './identity';
export { assertMajor, type Major, majorAt, Majors, parseDataset, splitByMajor } from './majors';
export { REUSE_MS } from './upload';
export { majorCoverage, promote } from './promote';
export { type RegisterOptions, SchemaRegistry } from './registry';
export { formatStats } from './delta/stats';
export { mapLimit, Serial } from './serial';
export { addRowHashes, findRowHashes, type SegmentRecord, segmentRange } from './segment';
export { type Committed, committedIn, type Unread } from './committed';
export { archiveTimes } from './times';
export { assertSegments, filesIn, type LiveFile, type Snapshot } from './snapshot';
export { type ClonedDataset, cloneArchive } from './clone/clone';
export type { Follower } from './follower';
export { type RestoredLog, recordedDatasets, restoreLog } from './restore/restore';
