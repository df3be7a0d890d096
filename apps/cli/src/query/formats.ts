/** Formats of a result. */
export const FORMATS = ['table', 'csv', 'json', 'ndjson', 'parquet', 'arrow'] as const;
export type Format = (typeof FORMATS)[number];
