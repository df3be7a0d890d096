import { lstat, readFile } from 'node:fs/promises';

/** The bytes of a file; none where an earlier damage put a folder or a link: one to a device has no end. */
export async function plainFile(file: string): Promise<Buffer> {
  const plain = (await lstat(file).catch(() => undefined))?.isFile() === true;
  return plain ? readFile(file) : Buffer.of();
}
