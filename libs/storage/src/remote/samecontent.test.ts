import { createHash, randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inFolder } from '../testing/folder';
import { checksumMatches } from './samecontent';

const sum = (algorithm: string, bytes: Uint8Array | string): string =>
  createHash(algorithm).update(bytes).digest('hex');

describe('checksumMatches', () => {
  const bytes = randomBytes(150_001);
  const sha256 = sum('sha256', bytes);
  const file = (folder: string, partBytes = 65_000): Parameters<typeof checksumMatches>[1] => {
    writeFileSync(path.join(folder, 'f'), bytes);
    return { path: path.join(folder, 'f'), sha256, partBytes };
  };
  const parts = (size: number): string => {
    const digests: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size)
      digests.push(
        createHash('sha256')
          .update(bytes.subarray(at, at + size))
          .digest(),
      );
    return sum('sha256', Buffer.concat(digests));
  };

  it('compares the sha256 of the service directly', () =>
    inFolder(async (folder) => {
      expect(await checksumMatches({ sums: { sha256 } }, file(folder))).toBe(true);
      expect(await checksumMatches({ sums: { sha256: sum('sha256', 'other') } }, file(folder))).toBe(false);
    }));

  it('computes the checksum over parts; other part sizes are inconclusive', () =>
    inFolder(async (folder) => {
      for (const size of [65_000, 65_536, 150_001, 200_000, 1])
        expect(await checksumMatches({ sums: { sha256OfParts: parts(size) } }, file(folder, size))).toBe(
          true,
        );
      expect(await checksumMatches({ sums: { sha256OfParts: parts(64_000) } }, file(folder))).toBeUndefined();
    }));

  it('compares md5', () =>
    inFolder(async (folder) => {
      expect(await checksumMatches({ sums: { md5: sum('md5', bytes) } }, file(folder))).toBe(true);
      expect(await checksumMatches({ sums: { md5: sum('md5', 'other') } }, file(folder))).toBe(false);
    }));

  it('is inconclusive without a checksum, without the file, or with a changed file', () =>
    inFolder(async (folder) => {
      expect(await checksumMatches({ sums: {} }, file(folder))).toBeUndefined();
      const md5 = { sums: { md5: sum('md5', bytes) } };
      const one = file(folder);
      expect(await checksumMatches(md5, { ...one, sha256: sum('sha256', 'x') })).toBeUndefined();
      rmSync(one.path);
      expect(await checksumMatches(md5, one)).toBeUndefined();
    }));
});
