export { readColumns } from './columns';
export { type DatasetReport, verifyDataset } from './dataset';
export type { FileExpectation, VerifyLevel } from './expectation';
export { type VerifyRequest, verifyFile } from './file';
