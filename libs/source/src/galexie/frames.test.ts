import { compress } from '@mongodb-js/zstd';
import fc from 'fast-check';
import { decompressedBound } from './frames';
import { decompressObject } from './zstd';

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
});

describe('decompressing an object', () => {
  const content = Buffer.from('ledger '.repeat(1000));

  it('returns its content', async () => {
    const compressed = await compress(content);
    expect(await decompressObject('key', compressed)).toEqual(content);
    const twice = await decompressObject('key', Buffer.concat([compressed, compressed]));
    expect(twice).toEqual(Buffer.concat([content, content]));
  });

  it('refuses truncated, empty and other data, and trailing bytes', async () => {
    const compressed = await compress(content);
    const damaged = [
      compressed.subarray(0, compressed.length - 2),
      Buffer.concat([compressed, Buffer.from('junk')]),
      Buffer.alloc(0),
      Buffer.from('no zstd at all'),
    ];
    for (const bytes of damaged)
      await expect(decompressObject('some/key', bytes)).rejects.toMatchObject({
        code: 'SOURCE_CORRUPT',
        details: { object: 'some/key' },
      });
  });

  it('refuses a decompression bomb before it allocates memory', async () => {
    // 10,000 run-length blocks of 128 KiB each: 40 kB that expand to 1.3 GB.
    const block = Buffer.of(...littleEndian(3, ((128 * 1024) << 3) | 2), 0);
    const last = Buffer.of(...littleEndian(3, (1 << 3) | 3), 0);
    const frame = Buffer.concat([
      Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58),
      ...Array<Buffer>(10_000).fill(block),
      last,
    ]);
    await expect(decompressObject('key', frame)).rejects.toMatchObject({ code: 'SOURCE_CORRUPT' });
    await expect(decompressObject('key', frame)).rejects.toThrow(/1310720001 bytes/);
  });
});

function littleEndian(size: number, value: number): number[] {
  return Array.from({ length: size }, (_, index) => (value >>> (8 * index)) & 0xff);
}
