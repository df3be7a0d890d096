import { isRoomy } from '../../roomy';

/** Buffers up to this size in all are kept for the next stage of the thread. */
const KEPT_BYTES = isRoomy ? 32 << 20 : 0;
/** What nobody writes to costs nothing, but a buffer that grows is copied, and its new memory is cleared by the system. */
const LEAST = isRoomy ? 1 << 20 : 1 << 16;

const kept: Buffer[] = [];
let keptBytes = 0;

/** A buffer of at least `size` bytes with any content; powers of two, so that few fit many. */
export function borrowBuffer(size: number): Buffer {
  const wanted = Math.max(LEAST, 2 ** Math.ceil(Math.log2(size)));
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
