import { createHash, randomBytes } from 'node:crypto';
import { constants, type PathLike } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError, systemErrorCode } from '@parquetry/core';
import { TEMP_PREFIX } from './key';
import type { UploadExpectation } from './store';

const COPY_BYTES = 1 << 20;

/**
 * Writes a temporary file beside `target`, on the disk before `use` gets its path, and removes it afterwards whatever
 * happens. Only a killed process leaves one behind.
 */
export async function withTemp<T>(
  target: string,
  fill: (file: FileHandle) => Promise<void>,
  use: (temp: string) => Promise<T>,
): Promise<T> {
  const temp = path.join(
    path.dirname(target),
    `${TEMP_PREFIX}${process.pid}-${randomBytes(8).toString('hex')}`,
  );
  const file = await open(temp, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o644);
  try {
    try {
      await fill(file);
      await file.sync();
    } finally {
      await file.close();
    }
    return await use(temp);
  } finally {
    await rm(temp, { force: true });
  }
}

/**
 * Copies a local file while hashing what it copies, so that the bytes checked are the bytes written.
 * @throws ParquetryError VERIFY_MISMATCH, STAGE_LOST, CANCELLED
 */
export async function copyChecked(
  from: PathLike,
  to: FileHandle,
  expected: UploadExpectation,
): Promise<void> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(COPY_BYTES);
  const source = await open(from, 'r').catch((error: unknown) => {
    throw systemErrorCode(error) === 'ENOENT'
      ? new ParquetryError('STAGE_LOST', `${String(from)} is no longer there to be uploaded.`, {
          cause: error,
        })
      : error;
  });
  let size = 0;
  try {
    for (;;) {
      if (expected.signal?.aborted === true)
        throw new ParquetryError('CANCELLED', `The upload of ${String(from)} was cancelled.`);
      const { bytesRead } = await source.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      for (let done = 0; done < bytesRead;) done += (await to.write(chunk, done)).bytesWritten;
      size += bytesRead;
    }
  } finally {
    await source.close();
  }
  const sha256 = hash.digest('hex');
  if (size !== expected.size || sha256 !== expected.sha256)
    throw new ParquetryError(
      'VERIFY_MISMATCH',
      `${String(from)} is not the file that was checked: ${size} bytes with sha256 ${sha256}, expected ${expected.size} bytes with ${expected.sha256}.`,
      { details: { size, sha256, expectedSize: expected.size, expectedSha256: expected.sha256 } },
    );
}
