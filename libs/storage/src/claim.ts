import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ParquetryError, systemErrorCode } from '@parquetry/core';
import { TEMP_PREFIX } from './key';

const PATIENCE_MS = 30_000;

/**
 * Runs `change` under a lock for `target`. The lock is a file created with O_EXCL. A lock that a killed process left is
 * never broken, since that can't be done without a race: the error names it, and `pendingUploads` lists it with its
 * age.
 * @throws ParquetryError STORAGE_UNREACHABLE when another process holds the lock for 30 s
 */
export async function withClaim<T>(target: string, change: () => Promise<T>): Promise<T> {
  const name = createHash('sha256').update(path.basename(target)).digest('hex').slice(0, 32);
  const claim = path.join(path.dirname(target), `${TEMP_PREFIX}claim-${name}`);
  const end = Date.now() + PATIENCE_MS;
  while (!(await made(claim))) {
    if (Date.now() > end)
      throw new ParquetryError('STORAGE_UNREACHABLE', `Another process holds ${claim}.`, {
        details: { claim },
        hint: 'If no process is writing, the owner was killed: remove the file.',
      });
    await sleep(5 + Math.random() * 20);
  }
  try {
    return await change();
  } finally {
    await rm(claim, { force: true });
  }
}

async function made(claim: string): Promise<boolean> {
  try {
    await (await open(claim, 'wx')).close();
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
