import type { Archive, LiveFile, SegmentRecord } from '@parquetry/archive';
import { type FindingCode, isParquetryError } from '@parquetry/core';
import { type HashedLedger, type VerifyLevel, verifyFile } from '@parquetry/verify';
import { fileBytes } from './bytes';
import type { AuditFinding } from './report';

/** The row hashes of a segment: those recorded, by ledger, and those found in its files. */
export interface SegmentHashes {
  readonly expected: ReadonlyMap<number, string> | undefined;
  /** Whether hashes are computed although none are expected. */
  readonly wanted: boolean;
  readonly found: HashedLedger[];
  /** Why those that were added to the segment later can't be used. */
  readonly damage?: string;
}

/**
 * Reads a committed file, whose entry in the log agrees with its segment's record (see `checkEntries`), again with the
 * second reader and compares it with the record: size, sha256, schema,
 * footer counts and bounds, rows per ledger; at level `full` every value.
 */
export async function checkFile(
  archive: Archive,
  dataset: string,
  file: LiveFile,
  segment: SegmentRecord,
  level: VerifyLevel,
  rowHashes: SegmentHashes,
): Promise<AuditFinding | undefined> {
  const { identity } = segment;
  const recorded = identity.files.find(({ path }) => path === file.path);
  const finding = (code: FindingCode, message: string): AuditFinding => ({
    code,
    fault: true,
    dataset,
    key: file.key,
    message,
  });
  // `checkEntries` compares the log with the records, and says that the record lacks the file.
  if (recorded === undefined) return undefined;
  const { store, registry } = archive;
  try {
    const expectedHashes = rowHashes.expected;
    const report = await verifyFile({
      file: await fileBytes(store, file),
      name: file.key,
      level,
      rowHashes: rowHashes.wanted,
      expected: {
        dataset,
        schema: await registry.get(identity.schema.subject, identity.schema.version),
        range: recorded.range,
        size: recorded.size,
        sha256: recorded.sha256,
        rows: recorded.rows,
        ledgers: identity.ledgers.filter(
          ({ ledger }) => ledger >= recorded.range.start && ledger <= recorded.range.end,
        ),
        network: archive.identity.network,
        codec: identity.settings.compression,
        columns: recorded.columns,
        ...(expectedHashes === undefined ? {} : { rowHashes: expectedHashes }),
      },
    });
    // Not in one call: a file may have more ledgers than a call can have arguments.
    for (const each of report.rowHashes ?? []) rowHashes.found.push(each);
    return undefined;
  } catch (error) {
    if (
      isParquetryError(error) &&
      (error.code === 'VERIFY_MISMATCH' || error.code === 'FILE_CORRUPT' || error.code === 'OBJECT_NOT_FOUND')
    )
      return finding(error.code, error.message);
    throw error;
  }
}
