/**
 * How a stage's rows are split into files. A part ends when it has about 8 MB and its number of rows is a multiple of
 * DuckDB's vector size. DuckDB then reads every part in whole vectors, so the row groups of the Parquet file depend
 * only on the number of rows, not on the length of their text or the ends of read buffers.
 */
export const PART_ROWS = 2048;

/** Bytes at which a part is closed with its next whole vector. */
export const PART_BYTES = 8 << 20;

/** Name of a part of a dataset's staged rows: `{dataset}.rows.parquet`, then `{dataset}.rows.1.parquet` and so on. */
export function partName(dataset: string, part: number): string {
  return part === 0 ? `${dataset}.rows.parquet` : `${dataset}.rows.${part}.parquet`;
}
