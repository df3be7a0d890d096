import { ParquetryError, isParquetryError } from '@parquetry/core';
import { decompressedBound } from './framewalk';
import { decompress } from './native';

/** Maximum size of a decompressed object, bytes: about 700 busy mainnet ledgers. */
const MAX_BATCH = 1 << 30;
/** Maximum size of a ledger: more than a hundred times a busy mainnet ledger. */
const MAX_LEDGER_BYTES = 256 << 20;

/**
 * Decompresses a lake object with at most `ledgers` ledgers; `key` identifies it in errors. Uses the native package even
 * if Node has built-in zstd (22.15 and later): the package was measured 3 to 4 times faster, and Node silently stops after
 * the first frame.
 * @throws ParquetryError SOURCE_CORRUPT for data that is truncated, not zstd, too large, or fails its checksum
 */
export async function decompressObject(key: string, bytes: Buffer, ledgers: number): Promise<Buffer> {
  const limit = Math.min(MAX_BATCH, ledgers * MAX_LEDGER_BYTES);
  const bound = decompressedBound(bytes);
  if (bound === undefined || bytes.length === 0) throw corrupt(key, 'it is truncated or not zstd');
  if (bound > limit)
    throw corrupt(key, `it can decompress to ${bound} bytes; the limit for ${ledgers} ledgers is ${limit}`);
  try {
    return await decompress(bytes);
  } catch (cause) {
    if (isParquetryError(cause)) throw cause;
    throw corrupt(key, 'its zstd data is damaged', cause);
  }
}

function corrupt(key: string, why: string, cause?: unknown): ParquetryError {
  return new ParquetryError('SOURCE_CORRUPT', `The lake object ${key} can't be decompressed: ${why}.`, {
    details: { object: key },
    hint: 'Copy the object from its origin again, then retry the partition.',
    cause,
  });
}
