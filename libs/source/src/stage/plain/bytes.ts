import { borrowBuffer, LEAST_BYTES, returnBuffer } from './pool';

/** At this size and above, a call into native code is cheaper than a loop. */
const NATIVE_COPY = 64;
const TWO_32 = 4_294_967_296;
/** Up to this length, a loop writes a text faster than native code. */
const SHORT_TEXT = 64;
const NOTHING = Buffer.alloc(0);
const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView => new DataView(buffer, byteOffset, length);

/** A growing buffer of little-endian values. */
export class ByteBuffer {
  bytes: Buffer = NOTHING;
  length = 0;
  /** The same memory as `bytes`. */
  private view = viewOf(NOTHING);

  /** `least`: initial size in bytes, a power of two. */
  constructor(private readonly least = LEAST_BYTES) {}

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    if (this.length + size <= this.bytes.length) return;
    const before = this.bytes;
    this.bytes = borrowBuffer(Math.max(before.length * 2, this.length + size), this.least);
    this.view = viewOf(this.bytes);
    before.copy(this.bytes, 0, 0, this.length);
    returnBuffer(before);
  }

  /** Discards the content and releases the memory. */
  release(): void {
    returnBuffer(this.bytes);
    this.bytes = NOTHING;
    this.view = viewOf(NOTHING);
    this.length = 0;
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** Appends `source[start, end)`. */
  copy(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.reserve(size);
    if (size > NATIVE_COPY) Buffer.prototype.copy.call(source, this.bytes, this.length, start, end);
    else {
      const target = this.bytes;
      let to = this.length;
      for (let at = start; at < end; at += 1) target[to++] = source[at] as number;
    }
    this.length += size;
  }

  /** Appends ASCII text. */
  ascii(text: string): void {
    const size = text.length;
    this.reserve(size);
    const { bytes, length } = this;
    if (size > SHORT_TEXT) bytes.write(text, length, 'latin1');
    else for (let at = 0; at < size; at += 1) bytes[length + at] = text.charCodeAt(at);
    this.length += size;
  }

  /** Appends text as UTF-8. */
  text(text: string): void {
    const size = text.length;
    this.reserve(size * 3);
    const { bytes, length } = this;
    let at = 0;
    if (size <= SHORT_TEXT)
      for (; at < size; at += 1) {
        const unit = text.charCodeAt(at);
        if (unit > 127) break;
        bytes[length + at] = unit;
      }
    this.length += at === size ? size : bytes.write(text, length);
  }

  /** Overwrites the 32 bits at `at` with the low 32 bits of an integer. */
  putInt32(value: number, at: number): void {
    const { bytes } = this;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
  }

  /** Appends the low 32 bits of an integer. */
  int32(value: number): void {
    this.reserve(4);
    this.putInt32(value, this.length);
    this.length += 4;
  }

  /** Appends the low 64 bits of an integer; numbers must be safe integers. */
  int64(value: number | bigint): void {
    this.reserve(8);
    if (typeof value === 'bigint') this.view.setBigInt64(this.length, value, true);
    else {
      this.putInt32(value, this.length);
      this.putInt32(Math.floor(value / TWO_32), this.length + 4);
    }
    this.length += 8;
  }

  /** Appends a big-endian integer of 128 bits. */
  int128(value: bigint): void {
    this.reserve(16);
    const { view, length } = this;
    const low = BigInt.asIntN(64, value);
    // Most values have 64 bits; a shift would allocate.
    const sign = value < 0n ? -1n : 0n;
    view.setBigInt64(length, low === value ? sign : value >> 64n);
    view.setBigInt64(length + 8, low);
    this.length += 16;
  }

  double(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Appends the JSON text `source[start, end)` as a JSON string, including the quotes. */
  quoted(source: Uint8Array, start: number, end: number): void {
    this.reserve((end - start) * 2 + 2);
    const target = this.bytes;
    let to = this.length;
    target[to++] = 34;
    for (let at = start; at < end; at += 1) {
      const byte = source[at] as number;
      // Outside of escapes, valid JSON has no control characters except these three.
      if (byte === 34 || byte === 92) target[to++] = 92;
      else if (byte < 32) {
        target[to++] = 92;
        target[to++] = byte === 9 ? 116 : byte === 10 ? 110 : 114;
        continue;
      }
      target[to++] = byte;
    }
    target[to++] = 34;
    this.length = to;
  }
}
