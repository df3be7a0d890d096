/**
 * How a stage's rows are split over files. A part ends where the number of its rows is a multiple of DuckDB's vector
 * size and it has about 8 MB: DuckDB then reads every part in whole vectors, so the row groups of the Parquet file
 * depend on the number of rows alone, not on how long their text is or where a read buffer ended.
 */
export const PART_ROWS = 2048;

/** Bytes at which a part is closed with its next whole vector. */
export const PART_BYTES = 8 << 20;

/** Name of a part of a dataset's staged rows: `{dataset}.rows.parquet`, then `{dataset}.rows.1.parquet` and so on. */
export function partName(dataset: string, part: number): string {
  return part === 0 ? `${dataset}.rows.parquet` : `${dataset}.rows.${part}.parquet`;
}
