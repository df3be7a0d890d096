import { decompress } from '@mongodb-js/zstd';
import { ParquetryError } from '@parquetry/core';
import { decompressedBound } from './frames';

/** Largest batch after decompression, bytes: about 700 busy mainnet ledgers. */
const MAX_BATCH = 1 << 30;

/**
 * Decompresses a lake object. `key` names it in errors. The native package is used also where Node has zstd of its own
 * (22.15 and later): measured 3 to 4 times faster, and Node's stops after the first frame without a word.
 * @throws ParquetryError SOURCE_CORRUPT for data that is no whole zstd, fails its checksum or is too large
 */
export async function decompressObject(key: string, bytes: Buffer): Promise<Buffer> {
  const bound = decompressedBound(bytes);
  if (bound === undefined || bytes.length === 0) throw corrupt(key, 'it is no whole zstd data');
  if (bound > MAX_BATCH)
    throw corrupt(key, `it would decompress to up to ${bound} bytes, more than ${MAX_BATCH}`);
  try {
    return await decompress(bytes);
  } catch (cause) {
    throw corrupt(key, 'zstd finds it damaged', cause);
  }
}

function corrupt(key: string, why: string, cause?: unknown): ParquetryError {
  return new ParquetryError('SOURCE_CORRUPT', `The lake object ${key} can't be decompressed: ${why}.`, {
    details: { object: key },
    hint: 'Fetch the object again from its origin, then retry the partition.',
    cause,
  });
}
