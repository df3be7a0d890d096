import { ParquetryError } from '@parquetry/core';

/**
 * Decompresses one or more whole zstd frames and verifies their checksums. Loads the native library at first use: on the
 * way it requests a diagnostic report of the process, which takes 20 ms and more in a worker with many threads.
 * @throws ParquetryError CONFIG_INVALID when the library is not installed for this platform
 */
export async function decompress(bytes: Buffer): Promise<Buffer> {
  const { decompress: native } = await import('@mongodb-js/zstd').catch(notInstalled);
  return native(bytes);
}

function notInstalled(cause: unknown): never {
  const { platform, arch, version } = process;
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
  throw new ParquetryError('CONFIG_INVALID', `The zstd library can't be loaded: ${reason}`, {
    details: { platform, arch, node: version },
    hint: 'It is an optional package of the platform: install Parquetry again on this machine, without --omit=optional.',
    cause,
  });
}
