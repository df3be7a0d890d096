export { contractDataSchema, messageSchemas, stellarSchemas } from './schemas';
export {
  BALANCE_COLUMNS,
  BALANCE_TABLES,
  type BalanceTable,
  ConservationCheck,
  type LumenTotals,
  isBalanceTable,
  lumensChanged,
} from './conservation';
export { KNOWN_NETWORKS, detectNetwork } from './network';
export { type ResultPair, checkLedger, checkLink, resultSetHashOf } from './proof';
export {
  type OperationCounts,
  REFERENCE_COLUMNS,
  ReferenceCounts,
  type References,
  countFault,
  operationFaults,
  referenceFaults,
  setFault,
} from './rowproof';
export { nativeContract } from './rows/assetid';
export { LedgerContext, closeTimeMicros } from './rows/context';
export { DEVIATIONS } from './rows/deviations';
export { type StellarType, isStellarType, stellarRows } from './rows';
export type { Row, RowValue } from './rows/row';
export { hex } from './bytes';
export * from './sep54';
export { type DecodedLedger, assertEnd, readBatchHeader, readHeader, readLedger } from './xdr/reader';
export type { LedgerHeader } from './xdr/types';
export { type UnknownLedger, readUnknown } from './xdr/unknown';
