import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { compress } from '@mongodb-js/zstd';
import fc from 'fast-check';
import { xxhash64 } from 'hash-wasm';
import { ZstdFrames } from './stream';

const LIMIT = 200_000;

async function decode(file: Buffer, cuts: readonly number[] = []): Promise<Buffer> {
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (file.length + 1)), file.length])].sort(
    (a, b) => a - b,
  );
  const chunks = edges.slice(1).map((edge, index) => file.subarray(edges[index], edge));
  const parts: Buffer[] = [];
  await pipeline(Readable.from(chunks), new ZstdFrames(LIMIT), async (source: AsyncIterable<Buffer>) => {
    for await (const part of source) parts.push(part);
  });
  return Buffer.concat(parts);
}

/** A frame with the content checksum that the compressor leaves out. */
async function checkedFrame(content: Buffer): Promise<Buffer> {
  const frame = Buffer.from(await compress(content));
  frame[4] = (frame[4] as number) | 4;
  const checksum = Buffer.from((await xxhash64(content)).slice(8), 'hex').reverse();
  return Buffer.concat([frame, checksum]);
}

const text = (size: number) =>
  Buffer.from(
    Array.from({ length: size / 10 }, (_, index) => String(index * 7919).padStart(9, '0') + '\n').join(''),
  );
const small = text(5_000);
const large = text(900_000);
const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]), Buffer.from('hello')]);

describe('ZstdFrames', () => {
  it('decodes small, large, checked, empty and skippable frames at any chunk edges', async () => {
    const file = Buffer.concat([
      skippable,
      await compress(small),
      await checkedFrame(large),
      await compress(Buffer.alloc(0)),
      await compress(large),
      skippable,
      await checkedFrame(small),
    ]);
    const content = Buffer.concat([small, large, large, small]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(file.length), { maxLength: 30 }), async (cuts) => {
        expect((await decode(file, cuts)).equals(content)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['small', small],
    ['large', large],
  ])('detects a flipped bit and a truncation in a %s frame with a checksum', async (_, content) => {
    const frame = await checkedFrame(content);
    expect((await decode(frame)).equals(content)).toBe(true);
    for (const at of [0, 30, frame.length >> 1, frame.length - 1]) {
      const broken = Buffer.from(frame);
      broken[at] = (broken[at] as number) ^ 16;
      await expect(decode(broken)).rejects.toThrow();
    }
    for (const size of [3, 7, frame.length >> 1, frame.length - 4, frame.length - 1])
      await expect(decode(frame.subarray(0, size))).rejects.toThrow();
  });

  it('refuses large frames whose window the streaming decoder does not support', async () => {
    const frame = Buffer.from(await compress(large));
    // Frame header: a window descriptor of 2^27 bytes in place of the content size that a single segment has.
    const [descriptor, headerEnd] = [frame[4] as number, 5 + [1, 2, 4, 8][(frame[4] as number) >> 6]!];
    const head = (descriptor & 32) === 0 ? frame.subarray(6) : frame.subarray(headerEnd);
    const wide = Buffer.concat([
      frame.subarray(0, 4),
      Buffer.from([descriptor & 32 ? 0 : descriptor, 17 << 3]),
      head,
    ]);
    await expect(decode(wide)).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
  });

  it('refuses bytes after the last frame', async () => {
    await expect(decode(Buffer.concat([await compress(small), Buffer.from('junk')]))).rejects.toThrow(
      /zstd frame/,
    );
  });
});
