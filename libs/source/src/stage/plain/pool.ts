import { PART_BYTES } from '@parquetry/core';
import { keepsBuffers } from '../../bufferlimit';

/** Total size of the buffers that are kept for the next stage of the thread. */
const KEPT_BYTES = keepsBuffers ? 32 << 20 : 0;
/** Minimum size of a column's buffer, and the maximum initial size. */
export const LEAST_BYTES = 1 << 16;
const ROOMY_BYTES = 1 << 20;

const kept: Buffer[] = [];
let keptBytes = 0;

/**
 * The initial buffer size for this number of columns. Growing a buffer copies it, and the system must clear the new
 * memory. But large buffers trigger garbage collections even if they are not used.
 */
function firstBytes(columns: number): number {
  if (!keepsBuffers) return LEAST_BYTES;
  const share = 2 ** Math.floor(Math.log2(KEPT_BYTES / Math.max(columns, 1)));
  return Math.min(Math.max(share, LEAST_BYTES), ROOMY_BYTES);
}

/** Number of datasets up to which parts have their full size, and the minimum size of a part beyond it. */
const FULL_PARTS = 4;
const LEAST_PART = 1 << 20;

/** Splits memory between the datasets of a pull, which holds one open part of each dataset in memory. */
export function memoryShares(
  datasets: readonly { readonly schema: { readonly fields: readonly unknown[] } }[],
): { readonly columnBytes: number; readonly partBytes: number } {
  const columns = datasets.reduce((sum, { schema }) => sum + schema.fields.length, 0);
  const share = Math.floor((FULL_PARTS * PART_BYTES) / Math.max(datasets.length, FULL_PARTS));
  return { columnBytes: firstBytes(columns), partBytes: Math.max(share, LEAST_PART) };
}

/** A buffer of at least `size` and `least` bytes with arbitrary content. Sizes are powers of two to increase reuse. */
export function borrowBuffer(size: number, least: number): Buffer {
  const wanted = Math.max(least, 2 ** Math.ceil(Math.log2(size)));
  const at = kept.findIndex((buffer) => buffer.length === wanted);
  if (at < 0) return Buffer.allocUnsafeSlow(wanted);
  keptBytes -= wanted;
  return kept.splice(at, 1)[0] as Buffer;
}

/** Returns a buffer that is no longer used. */
export function returnBuffer(buffer: Buffer): void {
  if (buffer.length === 0 || keptBytes + buffer.length > KEPT_BYTES) return;
  kept.push(buffer);
  keptBytes += buffer.length;
}
