import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';

/**
 * Replaces a local file atomically: readers see the new file, the old file, or no file. With concurrent writers the
 * last one wins. A failure leaves no draft behind.
 *
 * `content`: text, bytes, or a function that writes the draft at the given path. The draft is next to `path`.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array | ((draft: string) => Promise<void>),
): Promise<void> {
  const draft = `${path}.${process.pid}-${randomUUID().slice(0, 8)}.tmp`;
  try {
    await (typeof content === 'function' ? content(draft) : writeFile(draft, content));
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
