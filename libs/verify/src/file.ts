import path from 'node:path';
import { type ColumnTally, ParquetryError, systemErrorCode } from '@parquetry/core';
import type { AsyncBuffer } from 'hyparquet';
import { type Bytes, bytesOf, openFile } from './bytes';
import { type DecodedFile, decodeColumn, withoutDecimals } from './decode';
import { checkSchema } from './elements';
import type { FileExpectation, FileReport, VerifyLevel } from './expectation';
import { Checker } from './fault';
import { readFooter } from './footer';
import { checkGroups, checkMetadata } from './footercheck';
import { checkLedgers } from './ledgers';
import { checkTally, footerTallies, isNested } from './tally';
import { type HashedLedger, LedgerHasher } from './rowhashes';
import { ValueTally } from './values';

/** Options of `verifyFile`. */
export interface VerifyRequest {
  /** A local path, or a source of byte ranges. */
  readonly file: string | AsyncBuffer;
  /** Name of the file in errors; default: the last part of its path. */
  readonly name?: string;
  readonly expected: FileExpectation;
  /** Default: ledger. */
  readonly level?: VerifyLevel;
  /** With level full: computes the row hash of each ledger, also if none are expected. */
  readonly rowHashes?: boolean;
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
  const { expected, level = 'ledger', signal } = request;
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
  let rowHashes: readonly HashedLedger[] | undefined;
  if (level === 'full') {
    const hashes = request.rowHashes === true || expected.rowHashes !== undefined;
    const read = await (hashes ? hashValues : readValues)(check, file, request);
    for (const field of schema.fields) {
      const footer = columns[field.name];
      const tally = read.columns[field.name];
      if (footer !== undefined && tally !== undefined)
        checkTally(check, field, footer, tally, field.type.type !== 'uint64');
    }
    columns = read.columns;
    checkColumns(check, columns, expected, true);
    rowHashes = read.rowHashes;
    checkRowHashes(check, rowHashes ?? [], expected);
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
    ...(rowHashes === undefined ? {} : { rowHashes }),
  };
}

interface Values {
  readonly columns: Record<string, ColumnTally>;
  readonly rowHashes?: readonly HashedLedger[];
}

/** Decodes every value, one column after the other: nulls and bounds of the columns. */
async function readValues(
  check: Checker,
  file: DecodedFile,
  { signal, onProgress }: VerifyRequest,
): Promise<Values> {
  const { fields } = file.schema;
  const columns: [string, ColumnTally][] = [];
  for (const field of fields) {
    const tally = new ValueTally(check, field);
    for await (const parts of decodeColumn(check, file, field.name)) {
      signal?.throwIfAborted();
      tally.add(parts);
      // Decoding is synchronous: yield to heartbeats and cancellation between row groups.
      await new Promise(setImmediate);
    }
    columns.push([field.name, tally.value()]);
    onProgress?.({ columns: columns.length, totalColumns: fields.length });
  }
  return { columns: Object.fromEntries(columns) };
}

/** The same, with the row hash of each ledger: it holds the values of a row group. */
async function hashValues(
  check: Checker,
  file: DecodedFile,
  { signal, onProgress }: VerifyRequest,
): Promise<Values> {
  const { schema, metadata } = file;
  const columns = schema.fields.map((field) => ({
    field,
    tally: new ValueTally(check, field),
    parts: decodeColumn(check, file, field.name),
  }));
  const hasher = new LedgerHasher(schema);
  const totalColumns = columns.length * metadata.row_groups.length;
  let decoded = 0;
  for (const { num_rows } of metadata.row_groups) {
    const group = new Map<string, unknown[]>();
    for (const { field, tally, parts } of columns) {
      signal?.throwIfAborted();
      const { value, done } = await parts.next();
      if (done === true) return check.corrupt(`column ${field.name} has too few row groups`);
      tally.add(value);
      group.set(
        field.name,
        value.flatMap((part): unknown[] => Array.from(part as ArrayLike<unknown>)),
      );
      decoded += 1;
      onProgress?.({ columns: decoded, totalColumns });
      await new Promise(setImmediate);
    }
    hasher.addGroup(group, Number(num_rows));
  }
  return {
    columns: Object.fromEntries(columns.map(({ field, tally }) => [field.name, tally.value()])),
    rowHashes: hasher.finish(),
  };
}

function checkRowHashes(check: Checker, found: readonly HashedLedger[], expected: FileExpectation): void {
  const { rowHashes } = expected;
  if (rowHashes === undefined) return;
  for (const { ledger, hash } of found)
    check.same(`the row hash of ledger ${ledger}`, rowHashes.get(ledger), hash.toString('hex'));
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
