import {
  type Archive,
  type LiveFile,
  type SegmentRecord,
  folderValues,
  formatStats,
  whenAbsent,
} from '@parquetry/archive';
import { formatRange } from '@parquetry/core';
import { parseExact } from '@parquetry/iceberg';
import type { TableSchema } from '@parquetry/schema';
import type { AuditFinding } from './report';

type RecordedFile = SegmentRecord['identity']['files'][number];

/**
 * Compares the entries of files in the log with the records of their segments. Readers believe the log: with wrong
 * statistics or partition values they skip a file, and so its rows. Reads no file.
 */
export async function* checkEntries(
  archive: Archive,
  dataset: string,
  files: readonly LiveFile[],
  segments: ReadonlyMap<string, SegmentRecord>,
): AsyncGenerator<AuditFinding> {
  const schemas = new Map<number, TableSchema>();
  for (const file of files) {
    const identity = segments.get(file.segment ?? '')?.identity;
    if (identity === undefined) continue;
    const { subject, version } = identity.schema;
    const schema =
      schemas.get(version) ?? (await archive.registry.get(subject, version).catch(whenAbsent))?.schema;
    if (schema === undefined) {
      const message = `The registry has no version ${version} of ${subject}, the schema of ${file.key}.`;
      yield { code: 'ARCHIVE_INVALID', fault: true, dataset, key: file.key, message };
      continue;
    }
    schemas.set(version, schema);
    const what = entryFault(
      file,
      identity.files.find(({ path }) => path === file.path),
      schema,
    );
    if (what === undefined) continue;
    const message = `The log and the segment's record of ${file.key} differ in ${what}.`;
    yield { code: 'RECORD_DIFFERS', fault: true, dataset, key: file.key, message };
  }
}

/** In what the log's entry of a file differs from its record; undefined when they agree. */
export function entryFault(
  file: LiveFile,
  recorded: RecordedFile | undefined,
  schema: TableSchema,
): string | undefined {
  if (recorded === undefined) return 'the path';
  if (recorded.sha256 !== file.sha256 || recorded.size !== file.size) return 'size or sha256';
  if (file.range === undefined || formatRange(file.range) !== formatRange(recorded.range)) return 'ledgers';
  if (!sameValues(file.partitionValues, folderValues(file.path))) return 'partition values';
  return sameStats(file.stats, recorded, schema) ? undefined : 'statistics';
}

function sameValues(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(a).length === Object.keys(b).length && isPartOf(a, b);
}

/**
 * A file may have no bounds, if one can't be written, or no statistics at all. Those of one column alone must not be
 * missing: some readers then drop the file from a filtered read.
 */
function sameStats(stats: string | undefined, { rows, columns }: RecordedFile, schema: TableSchema): boolean {
  const text = formatStats(schema, rows, columns);
  if (stats === undefined || stats === text) return true;
  const [found, expected] = [parseExact(stats), parseExact(text)];
  const { minValues = {}, maxValues = {}, nullCount = {} } = found;
  if (found.numRecords !== expected.numRecords) return false;
  if (![minValues, maxValues, nullCount].every((part) => isObject(part))) return false;
  // Columns that are newer than the file are all null.
  const known = new Set(schema.fields.map(({ name }) => name));
  const nulls = Object.entries(nullCount).filter(
    ([name, count]) => known.has(name) || count !== String(rows),
  );
  return (
    isAllOrNone(minValues, expected.minValues) &&
    isAllOrNone(maxValues, expected.maxValues) &&
    isAllOrNone(Object.fromEntries(nulls), expected.nullCount)
  );
}

function isAllOrNone(
  found: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>> = {},
): boolean {
  const count = Object.keys(found).length;
  return count === 0 || (count === Object.keys(expected).length && isPartOf(found, expected));
}

function isPartOf(
  part: Readonly<Record<string, unknown>>,
  whole: Readonly<Record<string, unknown>> = {},
): boolean {
  return Object.entries(part).every(([name, value]) => Object.hasOwn(whole, name) && whole[name] === value);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
