import { hash } from 'node:crypto';

// Text forms of bytes, without the Buffer that Node's own methods need around a view.

type Slice = (this: Uint8Array, start: number, end: number) => string;
const { latin1Slice, hexSlice } = Buffer.prototype as unknown as Record<'latin1Slice' | 'hexSlice', Slice>;

/** One character per byte. */
export function latin1(bytes: Uint8Array): string {
  return latin1Slice.call(bytes, 0, bytes.length);
}

/** Lower-case hex. */
export function hex(bytes: Uint8Array): string {
  return hexSlice.call(bytes, 0, bytes.length);
}

/** Whether bytes are this text of one byte per character. */
export function isText(bytes: Uint8Array, text: string): boolean {
  if (bytes.length !== text.length) return false;
  for (let index = 0; index < bytes.length; index += 1)
    if (bytes[index] !== text.charCodeAt(index)) return false;
  return true;
}

/** sha256 in lower-case hex. One call is faster than a `Hash` object. */
export function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** Memory of `joined`. */
const JOINED = Buffer.allocUnsafe(1 << 16);

/** The parts one after the other, in memory that the next call overwrites. */
export function joined(...parts: readonly Uint8Array[]): Buffer {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const memory = size <= JOINED.length ? JOINED : Buffer.allocUnsafe(size);
  let at = 0;
  for (const part of parts) {
    memory.set(part, at);
    at += part.length;
  }
  return memory.subarray(0, size);
}
