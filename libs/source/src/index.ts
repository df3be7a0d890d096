import type * as ledgers from './ledgers';

export * from './source';
export { DatasetStage } from './stage/dataset';
export type { MessageDecision } from './stage/decision';
export { hasManifest, readManifest, readRowHashes, ROW_HASHES_FILE, writeManifest } from './stage/manifest';
export { PlainParts } from './stage/plain/parts';
export { keepForReuse } from './stage/plain/reusedparts';
export { RowAppender } from './stage/rows/appender';
export { byteSlices, messageEstimator } from './estimate';
export { type InspectedMessage, inspectNdjson } from './ndjson/inspect';
export { messageTimes } from './ndjson/times';
export { openNdjsonSource, type NdjsonOptions } from './ndjson';
export { answersSpec } from './processor';
export { openProcessorSource } from './processor/source';
export * from './tail';

/** Loaded at first use: threads and commands that read messages do not need it. */
const lazy = (): typeof ledgers => require('./ledgers') as typeof import('./ledgers');

export const openGalexieSource: typeof ledgers.openGalexieSource = (...args) =>
  lazy().openGalexieSource(...args);
export const openLedgerSource: typeof ledgers.openLedgerSource = (...args) =>
  lazy().openLedgerSource(...args);
export const openFeed: typeof ledgers.openFeed = (...args) => lazy().openFeed(...args);
export const openRpcFeed: typeof ledgers.openRpcFeed = (...args) => lazy().openRpcFeed(...args);
export const openLedgerTail: typeof ledgers.openLedgerTail = (...args) => lazy().openLedgerTail(...args);
export const ledgerTailIndex: typeof ledgers.ledgerTailIndex = (...args) => lazy().ledgerTailIndex(...args);
