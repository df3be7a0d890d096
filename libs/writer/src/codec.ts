import { CODECS, type Codec, ParquetryError } from '@parquetry/core';

const NAMES: Readonly<Record<Codec, string>> = {
  none: 'uncompressed',
  snappy: 'snappy',
  gzip: 'gzip',
  zstd: 'zstd',
  brotli: 'brotli',
  lz4: 'lz4_raw',
};

/**
 * COPY's options for a codec.
 * @throws ParquetryError CODEC_UNSUPPORTED for an unknown codec, a level outside 1–22, or a level for a codec other
 * than zstd
 */
export function codecOptions(codec: Codec, level?: number): string[] {
  if (!Object.hasOwn(NAMES, codec))
    throw new ParquetryError('CODEC_UNSUPPORTED', `Compression "${String(codec)}" is not written.`, {
      hint: `Use one of ${CODECS.join(', ')}.`,
    });
  const options = [`COMPRESSION ${NAMES[codec]}`];
  if (level === undefined) return options;
  if (codec !== 'zstd')
    throw new ParquetryError('CODEC_UNSUPPORTED', `Only zstd has a compression level, not ${codec}.`, {
      hint: 'Remove the level, or use zstd.',
    });
  if (!Number.isInteger(level) || level < 1 || level > 22)
    throw new ParquetryError(
      'CODEC_UNSUPPORTED',
      `A zstd level is a whole number from 1 to 22, not ${level}.`,
    );
  return [...options, `COMPRESSION_LEVEL ${level}`];
}

/** Number of rows up to which every column may have a dictionary: below it the dictionary's size does not matter. */
const MIN_DICTIONARY = 2048;

/** Maximum bytes of a text dictionary; readers keep all of it in memory. */
const DICTIONARY_BYTES = 16 * 1024 * 1024;

/**
 * COPY's options for dictionaries, by the rows of a row group. DuckDB writes a bloom filter for each column chunk with
 * a dictionary, but drops a dictionary with more values than a fifth of the rows, so `contract_id` of a busy range gets
 * neither. With a third of the rows, 40,000 distinct ids get both, and columns of unique values stay plain at less cost
 * than with half of the rows (docs/decisions/006-dictionaries.md).
 */
export function dictionaryOptions(rows: number, negativeZeros: boolean): string[] {
  if (negativeZeros) return ['DICTIONARY_SIZE_LIMIT 0'];
  const values = Math.max(MIN_DICTIONARY, Math.ceil(rows / 3));
  return [`DICTIONARY_SIZE_LIMIT ${values}`, `STRING_DICTIONARY_PAGE_SIZE_LIMIT ${DICTIONARY_BYTES}`];
}
