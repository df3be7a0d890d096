import { Transform, type TransformCallback } from 'node:stream';
import { ParquetryError } from '@parquetry/core';
import { FrameWalker } from './framewalk';
import { LargeFrame } from './largeframe';
import { decompress } from './native';

/** Larger frames are decompressed as a stream, which is slower but bounds memory. */
const WHOLE_FRAME = 128 << 20;
/** The streaming decoder supports offsets up to 25 bits. For `zstd --long=27` it was observed to return wrong bytes. */
const STREAM_WINDOW = 32 << 20;

/**
 * Decompresses zstd frames. The native library decompresses whole frames and verifies their checksums; a frame that is
 * too large for memory is decompressed as a stream.
 */
export class ZstdFrames extends Transform {
  private readonly walker = new FrameWalker();
  private parts: Buffer[] = [];
  private large: LargeFrame | undefined;

  constructor(private readonly wholeFrame = WHOLE_FRAME) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.accept(chunk).then(
      () => done(),
      (error: unknown) => done(error as Error),
    );
  }

  override _flush(done: TransformCallback): void {
    done(this.walker.idle ? null : new Error('the file ends inside a zstd frame'));
  }

  private async accept(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const size = this.walker.walk(chunk, at);
      // No copy is needed: a stream never reuses its chunks.
      const part = chunk.subarray(at, at + size);
      at += size;
      if (this.large === undefined) {
        this.parts.push(part);
        if (this.walker.contentBound > this.wholeFrame && !this.walker.skippable) {
          if (this.walker.window > STREAM_WINDOW)
            throw new ParquetryError(
              'SOURCE_INVALID',
              `A zstd frame has a window of ${this.walker.window} bytes and too much content to decompress at once.`,
              { hint: 'Compress the file again without --long and --ultra.' },
            );
          this.large = await LargeFrame.create((bytes) => this.push(bytes));
          for (const early of this.parts) this.large.push(early);
          this.parts = [];
        }
      } else this.large.push(part);
      if (!this.walker.frameEnded) continue;
      if (this.large !== undefined) this.large.finish(this.walker.hasChecksum);
      else if (!this.walker.skippable) this.push(await decompress(Buffer.concat(this.parts)));
      this.large = undefined;
      this.parts = [];
      this.walker.reset();
    }
  }
}
