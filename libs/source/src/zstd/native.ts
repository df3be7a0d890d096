/**
 * Decompresses one or more whole zstd frames and verifies their checksums. Loads the native library at first use: on the
 * way it requests a diagnostic report of the process, which takes 20 ms and more in a worker with many threads.
 */
export async function decompress(bytes: Buffer): Promise<Buffer> {
  const zstd = await import('@mongodb-js/zstd');
  return zstd.decompress(bytes);
}
