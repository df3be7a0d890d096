import type { LiveFile } from '@parquetry/archive';
import type { ObjectStore } from '@parquetry/storage';
import type { VerifyRequest } from '@parquetry/verify';

/** A committed file for the second reader: a path on the local disk, else ranged reads. */
export function fileBytes(store: ObjectStore, file: LiveFile): VerifyRequest['file'] {
  const path = store.localPath(file.key);
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
