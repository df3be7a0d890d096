import { CODECS, type Codec, ParquetryError } from '@parquetry/core';

const NAMES: Readonly<Record<Codec, string>> = {
  none: 'uncompressed',
  snappy: 'snappy',
  gzip: 'gzip',
  zstd: 'zstd',
};

/**
 * COPY's options for a codec.
 * @throws ParquetryError CODEC_UNSUPPORTED for an unknown codec, a level out of 1–22, or a level beside zstd
 */
export function codecOptions(codec: Codec, level?: number): string[] {
  if (!Object.hasOwn(NAMES, codec))
    throw new ParquetryError('CODEC_UNSUPPORTED', `Compression "${String(codec)}" is not written.`, {
      hint: `Use one of ${CODECS.join(', ')}.`,
    });
  const options = [`COMPRESSION ${NAMES[codec]}`];
  if (level === undefined) return options;
  if (codec !== 'zstd')
    throw new ParquetryError(
      'CODEC_UNSUPPORTED',
      `A compression level goes with zstd only, not with ${codec}.`,
      {
        hint: 'Drop the level, or use zstd.',
      },
    );
  if (!Number.isInteger(level) || level < 1 || level > 22)
    throw new ParquetryError(
      'CODEC_UNSUPPORTED',
      `A zstd level is a whole number from 1 to 22, not ${level}.`,
    );
  return [...options, `COMPRESSION_LEVEL ${level}`];
}
