import { PART_BYTES } from '@parquetry/core';
import { keepsBuffers } from '../../bufferlimit';

/** Buffers up to this size in all are kept for the next stage of the thread. */
const KEPT_BYTES = keepsBuffers ? 32 << 20 : 0;
/** Least size of a column's buffer, and of what is begun with where there is room. */
export const LEAST_BYTES = 1 << 16;
const ROOMY_BYTES = 1 << 20;

const kept: Buffer[] = [];
let keptBytes = 0;

/**
 * With what size the buffers of so many columns begin. One that grows is copied, and the system has to clear its new
 * memory; but the engine collects garbage for the sum of their sizes, used or not.
 */
function firstBytes(columns: number): number {
  if (!keepsBuffers) return LEAST_BYTES;
  const share = 2 ** Math.floor(Math.log2(KEPT_BYTES / Math.max(columns, 1)));
  return Math.min(Math.max(share, LEAST_BYTES), ROOMY_BYTES);
}

/** Datasets whose parts may all have their full size, and the least that a part of many has. */
const FULL_PARTS = 4;
const LEAST_PART = 1 << 20;

/** How the datasets of a pull share memory: it holds one part of each until the part is closed. */
export function memoryShares(
  datasets: readonly { readonly schema: { readonly fields: readonly unknown[] } }[],
): { readonly columnBytes: number; readonly partBytes: number } {
  const columns = datasets.reduce((sum, { schema }) => sum + schema.fields.length, 0);
  const share = Math.floor((FULL_PARTS * PART_BYTES) / Math.max(datasets.length, FULL_PARTS));
  return { columnBytes: firstBytes(columns), partBytes: Math.max(share, LEAST_PART) };
}

/** A buffer of at least `size` and `least` bytes with any content; powers of two, so that few fit many. */
export function borrowBuffer(size: number, least: number): Buffer {
  const wanted = Math.max(least, 2 ** Math.ceil(Math.log2(size)));
  const at = kept.findIndex((buffer) => buffer.length === wanted);
  if (at < 0) return Buffer.allocUnsafeSlow(wanted);
  keptBytes -= wanted;
  return kept.splice(at, 1)[0] as Buffer;
}

/** Gives a buffer back that nobody reads any more. */
export function returnBuffer(buffer: Buffer): void {
  if (buffer.length === 0 || keptBytes + buffer.length > KEPT_BYTES) return;
  kept.push(buffer);
  keptBytes += buffer.length;
}
