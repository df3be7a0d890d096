export {
  contractDataSchema,
  contractEventsSchema,
  ledgersSchema,
  messageSchemas,
  stellarSchemas,
  transactionsSchema,
} from './schemas';
export { KNOWN_NETWORKS, detectNetwork, networkId } from './network';
export { type ResultPair, checkLedger, resultSetHash, resultSetHashOf } from './proof';
export { LedgerContext, closeTimeMicros } from './rows/context';
export { DEVIATIONS, type Deviation } from './rows/deviations';
export { STELLAR_TYPES, type StellarType, isStellarType, stellarRows } from './rows';
export type { Row, RowValue } from './rows/row';
export { addressText, hex, scValJson } from './sep51';
export * from './sep54';
export { STRKEY, accountStrkey, contractStrkey, strkey } from './strkey';
export {
  type BatchHeader,
  type DecodedLedger,
  SUPPORTED_PROTOCOL,
  assertEnd,
  readBatchHeader,
  readHeader,
  readLedger,
  readScVal,
} from './xdr/reader';
export type { LedgerCloseMeta, LedgerHeader, ScVal } from './xdr/types';
