import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';

/**
 * Writes a local file so that readers see the whole new file, the one before, or none. Concurrent writers don't disturb
 * each other; the last one wins. On failure nothing is left behind.
 *
 * `content`: text, bytes, or a function that writes the draft whose path it gets. The draft lies next to `path`.
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
