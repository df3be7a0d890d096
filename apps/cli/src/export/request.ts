import { type Codec, ParquetryError } from '@parquetry/core';

/** Formats of exported files. */
export type ExportFormat = 'parquet' | 'arrow' | 'csv' | 'ndjson';

/** How the rows of a dataset are divided into files. */
export type Partitioning =
  /** One file for each file of the archive. */
  | { readonly by: 'file' }
  | { readonly by: 'dataset' }
  /** Windows of ledgers that start at multiples of `width`. */
  | { readonly by: 'ledgers'; readonly width: number }
  /** Calendar units of the close time in UTC. */
  | { readonly by: 'month' | 'day' | 'hour' };

/** What to export, and how. */
export interface ExportRequest {
  readonly format: ExportFormat;
  readonly partitioning: Partitioning;
  /** Absent: Parquet files have the codec of the archive's files; other formats are not compressed. */
  readonly compression?: Codec;
}

/** @throws ParquetryError USAGE */
export function parsePartitioning(partitionBy: string | undefined, oneFile: boolean): Partitioning {
  if (oneFile && partitionBy !== undefined)
    throw new ParquetryError('USAGE', '--one-file and --partition-by exclude each other.');
  if (oneFile) return { by: 'dataset' };
  if (partitionBy === undefined) return { by: 'file' };
  if (partitionBy === 'month' || partitionBy === 'day' || partitionBy === 'hour') return { by: partitionBy };
  const width = /^ledgers:([1-9]\d{0,9})$/.exec(partitionBy)?.[1];
  if (width !== undefined) return { by: 'ledgers', width: Number(width) };
  throw new ParquetryError('USAGE', `--partition-by ${partitionBy.slice(0, 60)} is not known.`, {
    hint: 'Use month, day or hour (close time in UTC), or ledgers:N for windows of N ledgers.',
  });
}

/** Codecs that a format has; Parquet has all. */
const CODECS_OF: Readonly<Partial<Record<ExportFormat, readonly Codec[]>>> = {
  arrow: ['none'],
  csv: ['none', 'gzip'],
  ndjson: ['none', 'gzip'],
};

/** @throws ParquetryError USAGE */
export function assertCodec(format: ExportFormat, codec: Codec | undefined): void {
  const known = CODECS_OF[format];
  if (codec === undefined || known === undefined || known.includes(codec)) return;
  throw new ParquetryError('USAGE', `${format} files are not compressed with ${codec} here.`, {
    hint: `With --format ${format}, --compression is ${known.join(' or ')}.`,
  });
}

/** The end of a file's name. */
export function extensionOf({ format, compression }: ExportRequest): string {
  return compression === 'gzip' && format !== 'parquet' ? `${format}.gz` : format;
}
