import type { LiveFile } from '@parquetry/archive';
import { type ObjectStore, localFile } from '@parquetry/storage';
import type { VerifyRequest } from '@parquetry/verify';

/**
 * A committed file for the second reader: a path on the local disk, else ranged reads.
 * @throws ParquetryError KEY_INVALID for a link out of the archive, OBJECT_NOT_FOUND
 */
export async function fileBytes(store: ObjectStore, file: LiveFile): Promise<VerifyRequest['file']> {
  const path = await localFile(store, file.key);
  if (path !== undefined) return path;
  return {
    byteLength: file.size,
    slice: async (start: number, end: number = file.size): Promise<ArrayBuffer> => {
      const from = start < 0 ? file.size + start : start;
      const to = end < 0 ? file.size + end : end;
      const bytes = await store.getRange(file.key, from, to - from);
      if (bytes.byteLength !== to - from)
        throw new RangeError(`it ended at byte ${from + bytes.byteLength} of ${file.size}`);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    },
  };
}
