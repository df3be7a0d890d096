import { link, lstat, stat } from 'node:fs/promises';
import path from 'node:path';
import { type FileIdentity, fileIdentity, sameFile, systemErrorCode } from '@parquetry/core';
import { syncFolder } from './root';
import type { ContentIdentity, PutOutcome, UploadExpectation } from './store';
import { assertContent, openStaged } from './temp';

/** Errors of link(2) when the file can't be linked there: the caller then copies it. */
const NO_LINK = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * Hard-links local files as objects, without a copy. A check made before the link stays valid while the file's identity
 * is unchanged, so that a check right after the upload does not read the file again.
 */
export class AdoptedFiles {
  private readonly checked = new Map<string, ContentIdentity & { readonly mark: FileIdentity }>();

  /**
   * Checks a file that may have changed since it was verified, syncs it and links it to `target`, whose folder must
   * exist. Undefined when the file system can't. The modification time becomes the current time, whatever the age of
   * the file.
   * @throws ParquetryError STAGE_LOST, VERIFY_MISMATCH, CANCELLED
   */
  async adopt(
    target: string,
    localFile: string,
    expected: UploadExpectation,
  ): Promise<PutOutcome | undefined> {
    const file = await openStaged(localFile);
    try {
      const { checked } = expected;
      if (checked === undefined || !sameFile(checked, fileIdentity(await file.stat())))
        await assertContent(localFile, file, expected);
      const now = new Date();
      await file.utimes(now, now);
      await file.sync();
      await link(localFile, target);
      await syncFolder(path.dirname(target));
      const [linked, opened] = [await lstat(target), await file.stat()];
      // Another file may have replaced the one that was read.
      if (linked.ino === opened.ino && linked.dev === opened.dev)
        this.checked.set(target, {
          sha256: expected.sha256,
          size: expected.size,
          mark: fileIdentity(opened),
        });
      return 'created';
    } catch (error) {
      const code = systemErrorCode(error) ?? '';
      if (code === 'EEXIST') return 'exists';
      if (NO_LINK.has(code)) return undefined;
      throw error;
    } finally {
      await file.close();
    }
  }

  /** Whether `target` is still the file that was checked as `identity`; called once after each link. */
  async holds(target: string, { sha256, size }: ContentIdentity): Promise<boolean> {
    const known = this.checked.get(target);
    this.checked.delete(target);
    if (known === undefined || known.sha256 !== sha256 || known.size !== size) return false;
    return sameFile(known.mark, fileIdentity(await stat(target)));
  }
}
