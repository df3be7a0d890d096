import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hashFile } from './hash';
import { replaceFile } from './replace';

const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-system-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('hashFile', () => {
  const file = path.join(dir, 'data');
  const bytes = randomBytes((2 << 20) + 17);
  const expected = { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
  beforeAll(() => writeFileSync(file, bytes));

  it('hashes a path, and a handle from its start whatever its position', async () => {
    expect(await hashFile(file)).toEqual(expected);
    const handle = await open(file, 'r');
    await handle.read(Buffer.alloc(100), 0, 100, null);
    expect(await hashFile(handle)).toEqual(expected);
    await handle.close();
  });

  it('passes on every chunk', async () => {
    const chunks: Buffer[] = [];
    await hashFile(file, { onChunk: async (chunk) => void chunks.push(Buffer.from(chunk)) });
    expect(chunks.length).toBeGreaterThan(1);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('stops when its signal aborts', async () => {
    const abort = new AbortController();
    const hashed = hashFile(file, { signal: abort.signal, onChunk: async () => abort.abort() });
    await expect(hashed).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('replaceFile', () => {
  it('replaces the file atomically and leaves no draft', async () => {
    const file = path.join(dir, 'note.json');
    await replaceFile(file, 'one');
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => replaceFile(file, `text ${index}`.repeat(1000))),
    );
    expect(readFileSync(file, 'utf8')).toMatch(/^(text \d+)\1{999}$/);
    expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('keeps the old file when writing fails', async () => {
    const file = path.join(dir, 'kept');
    await replaceFile(file, 'before');
    const failed = replaceFile(file, async (draft) => {
      writeFileSync(draft, 'half');
      throw new Error('disk full');
    });
    await expect(failed).rejects.toThrow('disk full');
    expect(readFileSync(file, 'utf8')).toBe('before');
    expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
