import type { FileCut } from '@parquetry/core';

/** Consecutive rows in total order (ledger, row of the stage): those of a file, or of the probe. */
export type RowRun = Pick<FileCut, 'firstRow' | 'rows' | 'ledgers'>;

/**
 * The rows of a dataset as DuckDB gets them. COPY reads sorted stages directly. Unsorted stages, stages with sort keys,
 * stages whose parts are not whole vectors, and files to be merged are loaded into a table and sorted. All give the
 * same bytes, because COPY always gets whole vectors: a row group then has the requested number of rows. (Rows that are
 * filtered without sorting arrive in partial vectors, so their row groups would depend on threads.)
 */
export interface RowSource {
  /**
   * A query of these rows as columns c0, c1, …. `unordered`: only nulls are counted, so rows may come in any order, with
   * their staged values.
   */
  select(run: RowRun, options?: { readonly unordered?: true; readonly limit?: number }): Promise<string>;
  /** Removes the files of `select`. */
  close(): Promise<void>;
}
