import { ParquetryError } from '@parquetry/core';
import type { CompactInput, VerifyLevel } from '@parquetry/workflows';
import type { WorkerOptions } from './workeroptions';

/** Options of commands that merge segments, as parsed by commander. */
export interface CompactOptions extends WorkerOptions {
  readonly archive: string;
  readonly types?: string;
  readonly partitionSize: number;
  /** Bytes. */
  readonly targetSize?: number;
  readonly verify: VerifyLevel;
  readonly keepReplaced?: boolean;
}

/** How segments are merged. @throws ParquetryError USAGE */
export function compactSettings({
  partitionSize,
  targetSize,
  verify,
  keepReplaced,
}: CompactOptions): Pick<CompactInput, 'partitionSize' | 'verify' | 'targetBytes' | 'keepReplaced'> {
  if (targetSize !== undefined && targetSize < 1)
    throw new ParquetryError('USAGE', '--target-size must be at least one byte.');
  return {
    partitionSize,
    verify,
    ...(targetSize === undefined ? {} : { targetBytes: targetSize }),
    ...(keepReplaced === true ? { keepReplaced: true } : {}),
  };
}
