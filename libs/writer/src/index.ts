import './allocator';
export type { MergedFiles, MergeRequest } from './compact';
export type { WrittenFile } from './cut';
export type { DatabaseOptions } from './database';
export type { Flush, WriteProgress, WriteRequest } from './dataset';
export type { NdjsonCopy } from './ndjson';
export { type Query, type QueryResult, openQuery } from './query';
export { type WriterVersions, writerVersions } from './version';
export { type Writer, openWriter } from './writer';
