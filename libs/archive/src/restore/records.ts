import { isParquetryError, type LedgerRange } from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import type { Archive } from '../archive';
import { readSegment, recordedSegments } from '../segment';
import { mapLimit } from '../serial';

const READS_AT_ONCE = 8;

/** A file of a recorded segment. */
interface RecordedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly rows: number;
  readonly range: LedgerRange;
  readonly reason: string;
}

/** The parts of a segment's record that a restore needs for all segments at once. */
export interface Recorded {
  readonly id: string;
  readonly range: LedgerRange;
  readonly files: readonly RecordedFile[];
  readonly replaces: readonly string[];
  /** Unix milliseconds. */
  readonly recordedAt: number;
  /** Equal for segments with the same rows, where the ranges are equal. */
  readonly content: string;
  readonly schema: { readonly subject: string; readonly version: number; readonly fingerprint: string };
}

/** The records of a dataset by id, and the keys of those that can't be used. */
export interface Records {
  readonly byId: ReadonlyMap<string, Recorded>;
  readonly damaged: readonly string[];
  /** Registered versions of the dataset's schema. */
  readonly schemas: readonly RegisteredSchema[];
}

/** Reads the records of all segments that were ever prepared for a dataset, committed or not, without `excluded`. */
export async function readRecords(
  { store, registry }: Archive,
  dataset: string,
  excluded: ReadonlySet<string>,
): Promise<Records> {
  const ids: string[] = [];
  for await (const { id } of recordedSegments(store, dataset)) if (!excluded.has(id)) ids.push(id);
  const byId = new Map<string, Recorded>();
  const damaged: string[] = [];
  await mapLimit(ids, READS_AT_ONCE, async (id) => {
    try {
      const { identity, recordedAt } = await readSegment(store, dataset, id);
      const { range, files, replaces, schema, contentHash } = identity;
      byId.set(id, {
        ...{ id, range, replaces },
        files: files.map(({ columns: _, ...file }) => file),
        recordedAt: Date.parse(recordedAt),
        content: `${contentHash} ${schema.fingerprint} ${identity.rejects?.sha256 ?? ''}`,
        schema,
      });
    } catch (error) {
      if (!isParquetryError(error) || error.code !== 'ARCHIVE_INVALID') throw error;
      damaged.push(id);
    }
  });
  return { byId, damaged: damaged.sort(), schemas: await registry.list(dataset) };
}
