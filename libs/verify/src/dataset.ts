import {
  type Codec,
  type ColumnTally,
  type LedgerRange,
  type StagedDataset,
  ledgerRowHashes,
} from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import { observed } from '@parquetry/system';
import type { FileReport, LedgerRows, VerifyLevel } from './expectation';
import { Checker } from './fault';
import { verifyFile } from './file';
import { Tally, checkTally } from './tally';

/** A file to verify, from the writer's report. */
interface DatasetFile {
  /** Local path. */
  readonly path: string;
  readonly name: string;
  readonly range: LedgerRange;
  readonly rows: number;
  readonly size: number;
  readonly sha256: string;
  readonly ledgers: readonly LedgerRows[];
  readonly columns: Readonly<Record<string, ColumnTally>>;
}

/** Options of `verifyDataset`. */
export interface DatasetVerifyRequest {
  readonly files: readonly DatasetFile[];
  /** The counts of the pull. */
  readonly staged: StagedDataset;
  readonly schema: RegisteredSchema;
  /** The ledgers of the partition, inclusive. */
  readonly range: LedgerRange;
  readonly network?: string;
  readonly codec?: Codec;
  readonly level?: VerifyLevel;
  /** With level full: computes row hashes and compares those that the pull found. It holds the values of a row group. */
  readonly rowHashes?: boolean;
  readonly signal?: AbortSignal;
  /** Called after each file. */
  readonly onProgress?: (progress: { files: number; totalFiles: number; rows: number }) => void;
}

/** Result for the files of a dataset that match the expectation. */
export interface DatasetReport {
  readonly files: readonly FileReport[];
  readonly rows: number;
  readonly size: number;
  /** Values decoded. */
  readonly values: number;
}

/**
 * Checks all files of a staged dataset, each one and all together against the pull: every row of every ledger exactly
 * once, nulls and bounds of every column, no ledger in two files, ranges in order and inside the partition.
 * @throws ParquetryError VERIFY_MISMATCH, FILE_CORRUPT, CANCELLED
 */
export async function verifyDataset(request: DatasetVerifyRequest): Promise<DatasetReport> {
  const { files, staged, schema, network, codec, level, signal } = request;
  const all = new Checker(staged.dataset);
  checkRanges(all, files, request.range);
  checkLedgerTallies(all, files, staged);
  const reports: FileReport[] = [];
  const rowHashes =
    request.rowHashes === true && staged.rowHashes !== undefined
      ? ledgerRowHashes(staged.ledgers, staged.rowHashes)
      : undefined;
  let rows = 0;
  for (const file of files) {
    const { range, size, sha256, ledgers, columns } = file;
    const expected = {
      dataset: schema.subject,
      schema,
      range,
      size,
      sha256,
      rows: file.rows,
      ledgers,
      columns,
      ...(network === undefined ? {} : { network }),
      ...(codec === undefined ? {} : { codec }),
      ...(rowHashes === undefined ? {} : { rowHashes }),
    };
    const operation = {
      kind: 'verify',
      name: 'file',
      facts: { key: file.name, rows: file.rows, size },
    } as const;
    const verify = (): Promise<FileReport> =>
      verifyFile({
        file: file.path,
        name: file.name,
        expected,
        ...(level === undefined ? {} : { level }),
        ...(request.rowHashes === undefined ? {} : { rowHashes: request.rowHashes }),
        ...(signal === undefined ? {} : { signal }),
      });
    reports.push(await observed(operation, verify));
    rows += file.rows;
    request.onProgress?.({ files: reports.length, totalFiles: files.length, rows });
  }
  all.same('the number of rows', staged.rows, rows);
  checkTotals(all, reports, request);
  const sum = (pick: (report: FileReport) => number): number =>
    reports.reduce((total, report) => total + pick(report), 0);
  return { files: reports, rows, size: sum(({ size }) => size), values: sum(({ values }) => values) };
}

function checkRanges(check: Checker, files: readonly DatasetFile[], range: LedgerRange): void {
  let next = range.start;
  for (const { name, range: covered } of files) {
    if (covered.start < next || covered.end < covered.start || covered.end > range.end)
      check.mismatch(
        `the range of ${name}`,
        `within ${next}-${range.end}`,
        `${covered.start}-${covered.end}`,
      );
    next = covered.end + 1;
  }
}

/** Checks that the concatenated ledgers of the files equal those of the pull. */
function checkLedgerTallies(check: Checker, files: readonly DatasetFile[], staged: StagedDataset): void {
  const found = files.flatMap(({ ledgers }) => ledgers);
  check.same('the number of ledgers with rows', staged.ledgers.length, found.length);
  staged.ledgers.forEach((want, index) => {
    const got = found[index];
    check.same(`ledger ${index + 1}`, want.ledger, got?.ledger);
    check.same(`the number of rows of ledger ${want.ledger}`, want.rows, got?.rows);
    check.same(
      `the last close time of ledger ${want.ledger}`,
      want.lastCloseTimeMicros,
      got?.lastCloseTimeMicros,
    );
  });
}

/** Checks that null counts and bounds add up over the files. */
function checkTotals(check: Checker, reports: readonly FileReport[], request: DatasetVerifyRequest): void {
  const { staged, schema, files, level } = request;
  if (staged.rows === 0) return;
  for (const field of schema.schema.fields) {
    const expected = staged.columns[field.name];
    if (expected === undefined) check.mismatch(`the pull's count of ${field.name}`, 'there', 'missing');
    const found = new Tally();
    for (const [index, report] of reports.entries()) {
      // The footer has neither the nulls of lists and structs nor exact bounds of DECIMAL: for those COPY's report is
      // used.
      const exact = level === 'full' || !['uint64', 'list', 'struct'].includes(field.type.type);
      const tally = exact ? report.columns[field.name] : files[index]?.columns[field.name];
      if (tally === undefined) return check.mismatch(`the count of ${field.name}`, 'there', 'missing');
      found.addTally(tally);
    }
    checkTally(check, field, expected, found.value(), true);
  }
}
