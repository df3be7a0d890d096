import { stat } from 'node:fs/promises';
import { type Codec, isParquetryError } from '@parquetry/core';
import { quoteName, quoteText } from '@parquetry/schema';
import { replaceFile } from '@parquetry/system';
import { codecOptions } from './codec';
import type { Session } from './session';

/** Request of `copyNdjsonToParquet`. */
export interface NdjsonCopy {
  /** NDJSON file, one object per line. */
  readonly input: string;
  /** Column names and DuckDB types (`STRUCT(a BIGINT)`, `MAP(VARCHAR, VARCHAR)`), in order. Types are trusted SQL. */
  readonly columns: Readonly<Record<string, string>>;
  /** Parquet file to write; it appears when it is complete. */
  readonly output: string;
  /** Default: snappy. */
  readonly codec?: Codec;
  readonly signal?: AbortSignal;
}

/** Writes an NDJSON file as one Parquet file; see `Writer.copyNdjsonToParquet`. */
export async function copyNdjson(
  session: Session,
  copy: NdjsonCopy,
): Promise<{ rows: number; size: number }> {
  const { input, output } = copy;
  const codec = codecOptions(copy.codec ?? 'snappy');
  const columns = Object.entries(copy.columns);
  const rows = await loadNdjson(session, input, columns);
  const names = columns.map(([name], index) => `c${index} AS ${quoteName(name)}`).join(', ');
  await replaceFile(output, async (draft) => {
    await session.run(
      `COPY (SELECT ${names} FROM (SELECT * FROM rows ORDER BY rows.rowid))
       TO ${quoteText(draft)} (FORMAT parquet, ${codec.join(', ')})`,
      'write a Parquet file',
    );
  });
  return { rows, size: (await stat(output)).size };
}

/** Initial limit for a JSON object; DuckDB buffers about twice that per thread. */
const OBJECT_BYTES = 16 << 20;
const OBJECT_BYTES_LIMIT = 1 << 30;

/** Columns by name and DuckDB type, in order. */
type Columns = readonly (readonly [name: string, type: string])[];

/**
 * Loads NDJSON into the temporary table `rows` in file order: `rows.rowid` is the line number. Columns are renamed c0,
 * c1, … so that no name in the file can collide with DuckDB's own names (`rowid`, `filename`). Returns the number of
 * rows.
 */
async function loadNdjson(session: Session, file: string, columns: Columns): Promise<number> {
  const names = columns.map(([name], index) => `${quoteName(name)} AS c${index}`).join(', ');
  const types = columns.map(([name, type]) => `${quoteText(name)}: ${quoteText(type)}`).join(', ');
  for (let bytes = OBJECT_BYTES; ; bytes *= 4)
    try {
      await session.run(
        `CREATE TEMP TABLE rows AS SELECT ${names} FROM read_json([${quoteText(file)}],
          format = 'newline_delimited', records = 'true', compression = 'uncompressed', hive_partitioning = false,
          union_by_name = false, ignore_errors = false, maximum_object_size = ${bytes}, columns = {${types}})`,
        'read an NDJSON file',
      );
      break;
    } catch (error) {
      const tooLong = isParquetryError(error) && /maximum_object_size/.test(error.message);
      if (!tooLong || bytes >= OBJECT_BYTES_LIMIT) throw error;
    }
  const [row] = await session.run('SELECT count(*) FROM rows', 'count the rows of an NDJSON file');
  return Number(row?.[0]);
}
