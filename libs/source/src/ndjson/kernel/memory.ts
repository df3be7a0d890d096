import { keepsBuffers } from '../../bufferlimit';

const PAGE = 1 << 16;

let idle: WebAssembly.Memory | undefined;

/**
 * Memory of at least so many bytes, all zero: that of the kernel before, where there was one. New memory for each pull
 * costs the pages of a system that clears them, and collections of everything else in the thread.
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

/** Gives memory back that its kernel uses no more. */
export function returnMemory(memory: WebAssembly.Memory): void {
  if (!keepsBuffers) return;
  if (idle === undefined || idle.buffer.byteLength < memory.buffer.byteLength) idle = memory;
}
