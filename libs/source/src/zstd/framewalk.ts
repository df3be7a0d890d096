/** Magic number of a frame, little-endian. */
const MAGIC = 0xfd2fb528;
/** First magic number of skippable frames; the next fifteen are skippable too. */
const SKIPPABLE = 0x184d2a50;
/** Maximum size of a block, decompressed and compressed. */
const BLOCK_MAX = 128 << 10;
/** Block types; a compressed block is 2. */
const RUN_LENGTH = 1;
const COMPRESSED = 2;
const RESERVED = 3;
const DICTIONARY_BYTES = [0, 1, 2, 4];
const CONTENT_BYTES = [0, 2, 4, 8];

type State = 'magic' | 'descriptor' | 'header' | 'block' | 'body' | 'checksum' | 'skip-size' | 'skip' | 'end';

/**
 * Upper bound of the decompressed size in bytes; undefined if the data is not a sequence of complete zstd frames. It
 * allows a decompression bomb to be refused before memory is allocated.
 */
export function decompressedBound(bytes: Uint8Array): number | undefined {
  const walker = new FrameWalker();
  let bound = 0;
  try {
    for (let at = 0; at < bytes.length; walker.reset()) {
      at += walker.walk(bytes, at);
      if (!walker.frameEnded) return undefined;
      bound += walker.contentBound;
    }
  } catch {
    return undefined;
  }
  return bound;
}

/**
 * Parses the structure of zstd frames (RFC 8878) in a stream of chunks, without decompressing them. It throws an Error
 * for data that is not zstd.
 */
export class FrameWalker {
  private state: State = 'magic';
  /** Missing bytes of the current field, and the bytes read so far. */
  private need = 4;
  private readonly field = Buffer.alloc(16);
  private have = 0;
  private lastBlock = false;
  private contentField = 0;
  /** Upper bound of the content of the blocks so far. */
  private blockBound = 0;
  /** Content size in the frame's header; 0 if absent. */
  private declared = 0;
  private singleSegment = false;
  /** The frame's window size in bytes. */
  window = 0;
  hasChecksum = false;
  skippable = false;

  /** Whether the current frame is complete. */
  get frameEnded(): boolean {
    return this.state === 'end';
  }

  /** Whether the position is between two frames. */
  get idle(): boolean {
    return this.state === 'magic' && this.have === 0;
  }

  /** Upper bound of the frame's content in bytes, from the parts read so far. A frame may declare a wrong size. */
  get contentBound(): number {
    return Math.max(this.declared, this.blockBound);
  }

  /** Starts the next frame. */
  reset(): void {
    this.expect('magic', 4);
    this.blockBound = this.declared = 0;
    this.hasChecksum = this.skippable = false;
  }

  /** Consumes bytes of `chunk` from `from`; returns their number, which is less than all only at the frame's end. */
  walk(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length && this.state !== 'end') {
      const size = Math.min(this.need, chunk.length - at);
      if (this.state !== 'body' && this.state !== 'skip')
        for (let index = 0; index < size; index += 1)
          this.field[this.have + index] = chunk[at + index] as number;
      this.have += size;
      this.need -= size;
      at += size;
      while (this.need === 0 && (this.state as State) !== 'end') this.advance();
    }
    return at - from;
  }

  private expect(state: State, need: number): void {
    this.state = state;
    this.need = need;
    this.have = 0;
  }

  private advance(): void {
    const { field } = this;
    switch (this.state) {
      case 'magic': {
        const magic = field.readUInt32LE(0);
        this.skippable = (magic & 0xfffffff0) >>> 0 === SKIPPABLE;
        if (!this.skippable && magic !== MAGIC) throw new Error('bytes that are not a zstd frame');
        return this.skippable ? this.expect('skip-size', 4) : this.expect('descriptor', 1);
      }
      case 'descriptor': {
        const descriptor = field[0] as number;
        this.singleSegment = (descriptor & 32) !== 0;
        this.hasChecksum = (descriptor & 4) !== 0;
        this.contentField = CONTENT_BYTES[descriptor >> 6] || (this.singleSegment ? 1 : 0);
        const dictionary = DICTIONARY_BYTES[descriptor & 3] as number;
        return this.expect('header', (this.singleSegment ? 0 : 1) + dictionary + this.contentField);
      }
      case 'header':
        this.declared = contentSize(field.subarray(this.have - this.contentField, this.have));
        this.window = this.singleSegment ? this.declared : windowSize(field[0] as number);
        return this.expect('block', 3);
      case 'block': {
        const header = field.readUIntLE(0, 3);
        const [type, size] = [(header >> 1) & 3, header >> 3];
        if (type === RESERVED) throw new Error('a zstd block of the reserved type');
        if (size > BLOCK_MAX) throw new Error(`a zstd block of ${size} bytes; the maximum is ${BLOCK_MAX}`);
        this.lastBlock = (header & 1) !== 0;
        // The size of a compressed block is that of its input; of the others, that of the output.
        this.blockBound += type === COMPRESSED ? BLOCK_MAX : size;
        return this.expect('body', type === RUN_LENGTH ? 1 : size);
      }
      case 'body':
        if (!this.lastBlock) return this.expect('block', 3);
        return this.hasChecksum ? this.expect('checksum', 4) : this.expect('end', 0);
      case 'skip-size':
        return this.expect('skip', field.readUInt32LE(0));
      case 'checksum':
      case 'skip':
      case 'end':
        return this.expect('end', 0);
    }
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(field: Buffer): number {
  if (field.length === 0) return 0;
  if (field.length === 2) return field.readUInt16LE(0) + 256;
  return field.length === 8 ? Number(field.readBigUInt64LE(0)) : field.readUIntLE(0, field.length);
}
