import { compress } from '@mongodb-js/zstd';
import fc from 'fast-check';
import { decompressedBound, FrameWalker } from './framewalk';
import { block, frame } from './testing/frames';

describe('zstd frames', () => {
  it('have an upper bound of their decompressed size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 2000 }),
          fc.tuple(fc.nat(255), fc.nat(600_000)).map(([byte, size]) => new Uint8Array(size).fill(byte)),
        ),
        fc.integer({ min: 1, max: 6 }),
        async (content, level) => {
          const compressed = await compress(Buffer.from(content), level);
          const bound = decompressedBound(compressed);
          expect(bound).toBeGreaterThanOrEqual(content.length);
          // A compressed block counts with its maximum size: 128 KiB.
          expect(bound).toBeLessThanOrEqual(content.length + 128 * 1024);
          expect(decompressedBound(Buffer.concat([compressed, compressed]))).toBe((bound ?? 0) * 2);
          expect(decompressedBound(compressed.subarray(0, -1))).toBeUndefined();
          expect(decompressedBound(Buffer.concat([compressed, Buffer.of(0)]))).toBeUndefined();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('may be skippable', async () => {
    const skippable = Buffer.from('502a4d1803000000aabbcc', 'hex');
    expect(decompressedBound(skippable)).toBe(0);
    const compressed = await compress(Buffer.from('abc'));
    expect(decompressedBound(Buffer.concat([skippable, compressed]))).toBe(decompressedBound(compressed));
  });

  it('count raw and run-length blocks with their size, compressed ones with the maximum', () => {
    const blocks = [block(0, 7), block(1, 100_000), block(2, 9), block(0, 0, true)];
    expect(decompressedBound(frame(blocks))).toBe(7 + 100_000 + (128 << 10));
  });

  it('count at least with the size that they declare', () => {
    expect(decompressedBound(frame([block(0, 1, true)], 2n ** 34n))).toBe(2 ** 34);
    expect(decompressedBound(frame([block(1, 1000, true)], 5n))).toBe(1000);
  });

  it.each([
    ['a block of the reserved type', [block(3, 5, true)], /reserved/],
    ['a run-length block beyond the maximum', [block(1, (128 << 10) + 1), block(0, 1, true)], /131073 bytes/],
    ['a raw block beyond the maximum', [block(0, (128 << 10) + 1, true)], /131073 bytes/],
    ['a compressed block beyond the maximum', [block(2, (128 << 10) + 1, true)], /131073 bytes/],
  ])('are refused with %s', (_, blocks, reason) => {
    const bytes = frame(blocks);
    expect(() => new FrameWalker().walk(bytes, 0)).toThrow(reason);
    expect(decompressedBound(bytes)).toBeUndefined();
  });
});
