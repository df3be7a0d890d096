/** Magic number of a zstd frame, little endian (RFC 8878). */
const FRAME = 0xfd2fb528;
/** First magic number of skippable frames; the next fifteen numbers are skippable too. */
const SKIPPABLE = 0x184d2a50;
/** Maximum decompressed size of a block. */
const MAX_BLOCK = 128 * 1024;

/**
 * Upper bound of the decompressed size in bytes, computed from the block headers; undefined when the data is not a
 * sequence of complete zstd frames. It allows a decompression bomb to be refused before memory is allocated.
 */
export function decompressedBound(bytes: Buffer): number | undefined {
  let at = 0;
  let bound = 0;
  while (at < bytes.length) {
    if (at + 8 > bytes.length) return undefined;
    const magic = bytes.readUInt32LE(at);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      at += 8 + bytes.readUInt32LE(at + 4);
      continue;
    }
    if (magic !== FRAME) return undefined;
    const descriptor = bytes[at + 4] as number;
    at += 5 + headerSize(descriptor);
    const blocks = blocksBound(bytes, at);
    if (blocks === undefined) return undefined;
    bound += blocks.bound;
    at = blocks.end + (descriptor & 4 ? 4 : 0);
  }
  return at === bytes.length ? bound : undefined;
}

/** Size of a frame header after its descriptor: window, dictionary id, content size. */
function headerSize(descriptor: number): number {
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] as number;
  const contentSize = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
  return (singleSegment ? 0 : 1) + dictionary + contentSize;
}

function blocksBound(bytes: Buffer, start: number): { end: number; bound: number } | undefined {
  let at = start;
  let bound = 0;
  for (;;) {
    if (at + 3 > bytes.length) return undefined;
    const header = bytes.readUIntLE(at, 3);
    const size = header >> 3;
    const type = (header >> 1) & 3;
    if (type === 3) return undefined;
    // 0 raw and 1 run-length: `size` is the output; 2 compressed: `size` is the input.
    bound += type === 2 ? MAX_BLOCK : size;
    at += 3 + (type === 1 ? 1 : size);
    if ((header & 1) === 1) return { end: at, bound };
  }
}
