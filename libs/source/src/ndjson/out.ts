/** From this many bytes on a call into native code is cheaper than a loop. */
const NATIVE_COPY = 80;

/** A growing buffer that one staged row is written into. */
export class RowBuffer {
  bytes = Buffer.allocUnsafe(1 << 16);
  length = 0;

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    if (this.length + size <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + size));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
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
    this.reserve(text.length);
    this.length += this.bytes.write(text, this.length, 'latin1');
  }

  /** Appends `source[start, end)`, which is JSON text, as the content of a JSON string, quotes included. */
  quoted(source: Uint8Array, start: number, end: number): void {
    this.reserve((end - start) * 2 + 2);
    const target = this.bytes;
    let to = this.length;
    target[to++] = 34;
    for (let at = start; at < end; at += 1) {
      const byte = source[at] as number;
      // Valid JSON has no other control characters outside of escapes than these three.
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
