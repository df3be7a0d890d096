import { keepsBuffers } from '../../bufferlimit';

const PAGE = 1 << 16;

let idle: WebAssembly.Memory | undefined;

/**
 * Returns zeroed memory of at least this size; reuses the memory of the previous kernel. New memory for each pull costs
 * page faults, and triggers garbage collections in the thread.
 */
export function borrowMemory(bytes: number): WebAssembly.Memory {
  const before = idle;
  idle = undefined;
  if (before !== undefined && before.buffer.byteLength >= bytes) {
    new Uint8Array(before.buffer).fill(0);
    return before;
  }
  const pages = Math.ceil(bytes / PAGE);
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/** Releases the memory of a kernel for reuse. */
export function returnMemory(memory: WebAssembly.Memory): void {
  if (!keepsBuffers) return;
  if (idle === undefined || idle.buffer.byteLength < memory.buffer.byteLength) idle = memory;
}
