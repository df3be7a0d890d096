export { readColumns } from './columns';
export { type DatasetReport, verifyDataset } from './dataset';
export type { FileExpectation, VerifyLevel } from './expectation';
export { type HashedLedger } from './rowhashes';
export { type VerifyRequest, verifyFile } from './file';
export { readLedgerRows } from './ledgerrows';
