import type { FileCut } from '@parquetry/core';

/** A run of rows in the one total order, (ledger, row of the stage): those of a file, or of the probe. */
export type RowRun = Pick<FileCut, 'firstRow' | 'rows' | 'ledgers'>;

/**
 * The rows of a dataset as DuckDB gets them. COPY reads sorted stages as they are; unsorted ones, those with sort keys,
 * those whose parts are not whole vectors, and files to be merged are loaded into a table and sorted. All give the same bytes, because all hand COPY whole vectors: a row group then has as many rows as asked.
 * (Rows that are filtered without sorting come in broken vectors: their row groups depend on threads.)
 */
export interface RowSource {
  /** A query of the run's rows as columns c0, c1, …; in order, unless they are only to be counted. */
  select(run: RowRun, options?: { readonly unordered?: true; readonly limit?: number }): Promise<string>;
  /** Removes what `select` left on disk. */
  close(): Promise<void>;
}
