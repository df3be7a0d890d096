import { compress } from '@mongodb-js/zstd';
import { decompressObject } from './object';
import { block, frame } from './testing/frames';

describe('decompressing an object', () => {
  const content = Buffer.from('ledger '.repeat(1000));

  it('returns its content', async () => {
    const compressed = await compress(content);
    expect(await decompressObject('key', compressed, 1)).toEqual(content);
    const twice = await decompressObject('key', Buffer.concat([compressed, compressed]), 1);
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
      await expect(decompressObject('some/key', bytes, 1)).rejects.toMatchObject({
        code: 'SOURCE_CORRUPT',
        details: { object: 'some/key' },
      });
  });

  it('refuses a decompression bomb before it allocates memory', async () => {
    // 10,000 run-length blocks of 128 KiB each: 40 kB that expand to 1.3 GB.
    const bomb = frame([...Array<Buffer>(10_000).fill(block(1, 128 << 10)), block(1, 1, true)]);
    await expect(decompressObject('key', bomb, 64)).rejects.toMatchObject({ code: 'SOURCE_CORRUPT' });
    await expect(decompressObject('key', bomb, 64)).rejects.toThrow(
      /1310720001 bytes.* 64 ledgers is 1073741824/,
    );
    await expect(decompressObject('key', bomb, 1)).rejects.toThrow(/1 ledgers is 268435456/);
    // A header that declares 16 GiB of content.
    const liar = frame([block(0, 1, true)], 2n ** 34n);
    await expect(decompressObject('key', liar, 64)).rejects.toThrow(/17179869184 bytes/);
  });
});
