import path from 'node:path';
import { type ColumnTally, ParquetryError, systemErrorCode } from '@parquetry/core';
import type { AsyncBuffer } from 'hyparquet';
import { type Bytes, bytesOf, openFile } from './bytes';
import { type DecodedFile, withoutDecimals } from './decode';
import { checkSchema } from './elements';
import type { FileExpectation, FileReport, VerifyLevel } from './expectation';
import { Checker } from './fault';
import { readFooter } from './footer';
import { checkGroups, checkMetadata } from './footercheck';
import { checkLedgers } from './ledgers';
import { checkTally, footerTallies, isNested } from './tally';
import { decodeTally } from './values';

/** Options of `verifyFile`. */
export interface VerifyRequest {
  /** A local path, or a source of byte ranges. */
  readonly file: string | AsyncBuffer;
  /** Name of the file in errors; default: the last part of its path. */
  readonly name?: string;
  readonly expected: FileExpectation;
  /** Default: ledger. */
  readonly level?: VerifyLevel;
  readonly signal?: AbortSignal;
  /** Called after each decoded column. */
  readonly onProgress?: (progress: { columns: number; totalColumns: number }) => void;
}

/**
 * Checks a Parquet file with code that is not the writer's: size and sha256, and only then magic, footer, schema, field
 * ids, metadata, row groups, codec, nulls and bounds, and the decoded ledger column; at level full every value.
 * @throws ParquetryError VERIFY_MISMATCH (file, what, expected, found), FILE_CORRUPT, CANCELLED
 */
export async function verifyFile(request: VerifyRequest): Promise<FileReport> {
  const { file, signal } = request;
  const name = request.name ?? (typeof file === 'string' ? path.basename(file) : 'the file');
  const check = new Checker(name);
  if (typeof file !== 'string') return guard(check, signal, () => inspect(check, bytesOf(file), request));
  return guard(check, signal, async () => {
    const opened = await openFile(file);
    try {
      return { ...(await inspect(check, opened, request)), mark: opened.mark };
    } finally {
      await opened.close();
    }
  });
}

/** Converts any error that a decoder throws for a damaged file to a coded error. */
async function guard<T>(check: Checker, signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ParquetryError) throw error;
    if (signal?.aborted === true)
      throw new ParquetryError('CANCELLED', `Cancelled while ${check.file} was verified.`, { cause: error });
    if (systemErrorCode(error) === 'ENOENT') return check.corrupt('it does not exist', error);
    return check.corrupt(error instanceof Error ? error.message : String(error), error);
  }
}

async function inspect(check: Checker, bytes: Bytes, request: VerifyRequest): Promise<FileReport> {
  const { buffer } = bytes;
  const { expected, level = 'ledger', signal, onProgress } = request;
  const { schema } = expected.schema;
  check.same('the size in bytes', expected.size, buffer.byteLength);
  const sha256 = await bytes.sha256(signal);
  check.same('the sha256', expected.sha256, sha256);
  const metadata = await readFooter(buffer, check);
  checkSchema(check, metadata, schema);
  checkMetadata(check, metadata, expected);
  checkGroups(check, metadata, expected, buffer.byteLength - metadata.metadata_length - 8);
  let columns = footerTallies(check, metadata, schema);
  checkColumns(check, columns, expected, false);
  checkCloseTime(check, columns, expected);
  const file: DecodedFile = { buffer, metadata: withoutDecimals(metadata), schema };
  const ledgers = await checkLedgers(check, file, expected);
  const totalColumns = level === 'full' ? schema.fields.length : 1;
  if (level === 'full') {
    const entries: [string, ColumnTally][] = [];
    for (const [index, field] of schema.fields.entries()) {
      signal?.throwIfAborted();
      const tally = await decodeTally(check, file, field);
      const footer = columns[field.name];
      if (footer !== undefined) checkTally(check, field, footer, tally, field.type.type !== 'uint64');
      entries.push([field.name, tally]);
      onProgress?.({ columns: index + 1, totalColumns });
    }
    columns = Object.fromEntries(entries);
    checkColumns(check, columns, expected, true);
  }
  const { rows, size } = expected;
  const rowGroups = metadata.row_groups.length;
  return {
    file: check.file,
    level,
    rows,
    size,
    sha256,
    rowGroups,
    ledgers,
    columns,
    values: rows * totalColumns,
  };
}

function checkColumns(
  check: Checker,
  found: Readonly<Record<string, ColumnTally>>,
  { columns, schema }: FileExpectation,
  decoded: boolean,
): void {
  for (const field of schema.schema.fields) {
    const tally = found[field.name];
    if (tally === undefined) {
      if (!isNested(field)) check.mismatch(`column ${field.name}`, 'there', 'missing');
      continue;
    }
    if (!field.nullable) check.same(`the number of nulls in ${field.name}`, 0, tally.nulls);
    const expected = columns?.[field.name];
    if (expected !== undefined)
      checkTally(check, field, expected, tally, decoded || field.type.type !== 'uint64');
  }
}

function checkCloseTime(
  check: Checker,
  columns: Readonly<Record<string, ColumnTally>>,
  { ledgers, schema }: FileExpectation,
): void {
  const { closeTimeColumn } = schema.schema;
  let last = 0;
  for (const { lastCloseTimeMicros } of ledgers) {
    if (lastCloseTimeMicros === undefined) return;
    last = Math.max(last, lastCloseTimeMicros);
  }
  check.same(`the greatest value of ${closeTimeColumn}`, String(last), columns[closeTimeColumn]?.max);
}
