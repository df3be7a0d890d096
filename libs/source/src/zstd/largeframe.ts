import { Decompress } from 'fzstd';
import { createXXHash64, type IHasher } from 'hash-wasm';

/** Decompresses one zstd frame as a stream and verifies the content checksum, which the decoder ignores. */
export class LargeFrame {
  private readonly decoder: Decompress;
  private tail = Buffer.alloc(0);

  private constructor(
    private readonly hasher: IHasher,
    onContent: (bytes: Buffer) => void,
  ) {
    this.decoder = new Decompress((bytes) => {
      if (bytes.length === 0) return;
      // The decoder reuses its memory.
      const content = Buffer.from(bytes);
      this.hasher.update(content);
      onContent(content);
    });
  }

  /** Calls `onContent` for each chunk of content. */
  static async create(onContent: (bytes: Buffer) => void): Promise<LargeFrame> {
    return new LargeFrame((await createXXHash64()).init(), onContent);
  }

  /** Decompresses the next bytes of the frame. */
  push(bytes: Buffer): void {
    this.decoder.push(bytes);
    this.tail = Buffer.concat([this.tail, bytes.subarray(-4)]).subarray(-4);
  }

  /** Ends the frame. @throws Error if the checksum does not match */
  finish(hasChecksum: boolean): void {
    this.decoder.push(new Uint8Array(0), true);
    // The frame's last four bytes are the low half of the content's XXH64, little-endian.
    if (
      hasChecksum &&
      this.hasher.digest('hex').slice(8) !== Buffer.from(this.tail).reverse().toString('hex')
    )
      throw new Error('the checksum of the content does not match');
  }
}
