import { ParquetryError } from '@parquetry/core';

/** @throws ParquetryError STAGE_LOST: staged record batches are not what the pull wrote */
export function damaged(why: string): never {
  throw new ParquetryError('STAGE_LOST', `The staged record batches are damaged: ${why}.`, {
    hint: 'Pull the partition again.',
  });
}
