import { type Data, Utf8, makeData } from 'apache-arrow';
import type { CellValue } from './cell';
import { ColumnBuilder } from './column';
import { refuse } from './refuse';

const FIRST_BYTES = 1 << 16;
/** Arrow's offsets are 32-bit. */
const MAX_BYTES = 2 ** 31 - 1;

/** What a byte takes more in JSON text than itself: 1 for `"`, `\` and short escapes, 5 for other control characters. */
const ESCAPE = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 34 || byte === 92) return 1;
  if (byte >= 32) return 0;
  return [8, 9, 10, 12, 13].includes(byte) ? 1 : 5;
});

/** Whether a string has no half surrogate pair, which UTF-8 can't hold. (ES2024; Node has it, TypeScript's ES2023 not.) */
function isWhole(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

/** Strings in UTF-8. */
export class TextBuilder extends ColumnBuilder {
  protected readonly width = 4;
  private offsets = new Int32Array(this.capacity + 1);
  private heap = Buffer.allocUnsafeSlow(FIRST_BYTES);
  private used = 0;

  get bytes(): number {
    return this.used + 4 * this.length;
  }

  override clear(): void {
    super.clear();
    this.used = 0;
  }

  textBytes(): number {
    let bytes = this.used + 2 * (this.length - this.nulls);
    const { heap, used } = this;
    for (let at = 0; at < used; at += 1) bytes += ESCAPE[heap[at] as number] as number;
    return bytes;
  }

  protected override heapBytes(): number {
    return this.used;
  }

  finish(): Data<Utf8> {
    const { length, nulls: nullCount, validity: nullBitmap } = this;
    const valueOffsets = this.offsets.subarray(0, length + 1);
    const data = this.heap.subarray(0, this.used);
    return makeData({ type: new Utf8(), length, nullCount, nullBitmap, valueOffsets, data });
  }

  protected put(value: CellValue, at: number): void {
    if (typeof value !== 'string' || !isWhole(value)) refuse('utf8', value);
    const { used } = this;
    const most = used + 3 * value.length;
    if (most > this.heap.length) this.enlarge(used, value);
    this.used = used + this.heap.write(value, used);
    this.offsets[at + 1] = this.used;
  }

  protected override putNull(at: number): void {
    this.offsets[at + 1] = this.used;
  }

  protected grow(capacity: number): void {
    const offsets = new Int32Array(capacity + 1);
    offsets.set(this.offsets);
    this.offsets = offsets;
  }

  private enlarge(used: number, value: string): void {
    const need = used + Buffer.byteLength(value);
    if (need > MAX_BYTES) refuse('utf8 of 2 GB a batch', value);
    const heap = Buffer.allocUnsafeSlow(
      Math.min(Math.max(2 * this.heap.length, used + 3 * value.length), MAX_BYTES),
    );
    heap.set(this.heap.subarray(0, used));
    this.heap = heap;
  }
}
