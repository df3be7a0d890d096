import type { ObjectStore } from '@parquetry/storage';
import type { AsyncBuffer } from 'hyparquet';

/** An object of the archive as hyparquet reads files. */
export function parquetFile(store: ObjectStore, key: string, size: number): AsyncBuffer {
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      const bytes = await store.getRange(key, start, end - start);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    },
  };
}
