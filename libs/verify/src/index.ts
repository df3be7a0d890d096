export { type ColumnsRequest, readColumns } from './columns';
export { type DatasetFile, type DatasetReport, type DatasetVerifyRequest, verifyDataset } from './dataset';
export type { FileExpectation, FileReport, LedgerRows, VerifyLevel } from './expectation';
export { type VerifyRequest, verifyFile } from './file';
