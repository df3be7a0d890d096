import { rename, rm, stat } from 'node:fs/promises';
import type { Codec } from '@parquetry/core';
import { quoteName, quoteText } from '@parquetry/schema';
import { codecOptions } from './codec';
import { loadNdjson } from './load';
import type { Session } from './session';

/** What `copyNdjsonToParquet` is asked. */
export interface NdjsonCopy {
  /** NDJSON file, one object a line. */
  readonly input: string;
  /** Column names and DuckDB types (`STRUCT(a BIGINT)`, `MAP(VARCHAR, VARCHAR)`), in order. Types are trusted SQL. */
  readonly columns: Readonly<Record<string, string>>;
  /** Parquet file to write; it appears when it is whole. */
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
  const rows = await loadNdjson(session, [input], columns);
  const names = columns.map(([name], index) => `c${index} AS ${quoteName(name)}`).join(', ');
  const partial = `${output}.partial`;
  try {
    await rm(partial, { force: true });
    await session.run(
      `COPY (SELECT ${names} FROM (SELECT * FROM rows ORDER BY rows.rowid))
       TO ${quoteText(partial)} (FORMAT parquet, ${codec.join(', ')})`,
      'write a Parquet file',
    );
    const { size } = await stat(partial);
    await rename(partial, output);
    return { rows, size };
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
