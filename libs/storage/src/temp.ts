import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError, systemErrorCode } from '@parquetry/core';
import { hashFile } from '@parquetry/system';
import { TEMP_PREFIX } from './key';
import type { ContentIdentity, UploadExpectation } from './store';

/**
 * Writes and syncs a temporary file next to `target`, passes its path to `use`, and always removes it afterwards. Only
 * a killed process leaves one.
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
 * Copies a local file and hashes the copied bytes, so that the checked bytes are the written ones.
 * @throws ParquetryError VERIFY_MISMATCH, STAGE_LOST, CANCELLED
 */
export async function copyChecked(from: string, to: FileHandle, expected: UploadExpectation): Promise<void> {
  const source = await openStaged(from);
  try {
    await assertContent(from, source, expected, async (chunk) => {
      for (let done = 0; done < chunk.length;) done += (await to.write(chunk, done)).bytesWritten;
    });
  } finally {
    await source.close();
  }
}

/** @throws ParquetryError STAGE_LOST when the file is missing */
export async function openStaged(from: string): Promise<FileHandle> {
  return open(from, 'r').catch((error: unknown) => {
    throw systemErrorCode(error) === 'ENOENT'
      ? new ParquetryError('STAGE_LOST', `${from} no longer exists and can't be uploaded.`, { cause: error })
      : error;
  });
}

/**
 * Reads an open file from its start and checks that it is the expected one.
 * @throws ParquetryError VERIFY_MISMATCH, CANCELLED
 */
export async function assertContent(
  name: string,
  source: FileHandle,
  expected: UploadExpectation,
  onChunk?: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  const { sha256, size } = await hashFile(source, {
    signal: expected.signal,
    ...(onChunk === undefined ? {} : { onChunk }),
  });
  assertIdentity(name, expected, size, sha256);
}

/**
 * Checks the size of a file, and its sha256 where it is already known.
 * @throws ParquetryError VERIFY_MISMATCH
 */
export function assertIdentity(name: string, expected: ContentIdentity, size: number, sha256?: string): void {
  if (size === expected.size && (sha256 === undefined || sha256 === expected.sha256)) return;
  const found = sha256 === undefined ? `${size} bytes` : `${size} bytes with sha256 ${sha256}`;
  throw new ParquetryError(
    'VERIFY_MISMATCH',
    `${name} is not the file that was checked: ${found}, expected ${expected.size} bytes with ${expected.sha256}.`,
    {
      details: {
        size,
        sha256: sha256 ?? null,
        expectedSize: expected.size,
        expectedSha256: expected.sha256,
      },
    },
  );
}

/**
 * Size and sha256 of a local file of any size before its upload.
 * @throws ParquetryError STAGE_LOST when the file is missing, CANCELLED
 */
export async function fileIdentity(localFile: string, signal?: AbortSignal): Promise<ContentIdentity> {
  const file = await openStaged(localFile);
  try {
    return await hashFile(file, { signal });
  } finally {
    await file.close();
  }
}
