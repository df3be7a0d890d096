import { isParquetryError } from '@parquetry/core';
import { type NdjsonColumns, selectNdjson } from './reader';
import type { Session } from './session';

/** Largest JSON object that is first allowed; DuckDB buffers about twice that a thread. */
const OBJECT_BYTES = 16 << 20;
const OBJECT_BYTES_LIMIT = 1 << 30;

/**
 * Loads NDJSON into the temporary table `rows` (columns c0, c1, …) in file order: `rows.rowid` is the number of the
 * line. Returns the number of rows.
 */
export async function loadNdjson(
  session: Session,
  files: readonly string[],
  columns: NdjsonColumns,
): Promise<number> {
  for (let bytes = OBJECT_BYTES; ; bytes *= 4)
    try {
      const rows = selectNdjson(files, columns, bytes);
      await session.run(`CREATE TEMP TABLE rows AS ${rows}`, 'read the staged rows');
      break;
    } catch (error) {
      const tooLong = isParquetryError(error) && /maximum_object_size/.test(error.message);
      if (!tooLong || bytes >= OBJECT_BYTES_LIMIT) throw error;
    }
  const [row] = await session.run('SELECT count(*) FROM rows', 'count the staged rows');
  return Number(row?.[0]);
}
