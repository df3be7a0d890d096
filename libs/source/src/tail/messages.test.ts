import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { MAX_LINE } from '../ndjson/files/lines';
import { MessageTail } from './messages';

describe('a tail of messages', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-tail-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('keeps the position and hash of a line that is too long, and continues after it', async () => {
    const message = (ledger: number): string =>
      `{"type":"a","ledger":${ledger},"closed_at":"2025-07-13T09:36:17Z"}\r\n`;
    const huge = Buffer.alloc(MAX_LINE + 10, 120);
    const file = path.join(dir, 'in.ndjson');
    await writeFile(file, Buffer.concat([Buffer.from(message(7)), huge, Buffer.from(`\r\n${message(8)}`)]));
    const tail = new MessageTail(file, {
      cursor: 1,
      lag: 0,
      datasets: [],
      workDir: dir,
      messages: { schemas: new Map() },
    });
    let view = await tail.look();
    while (view.more) view = await tail.look();
    expect(view.facts.map(({ ledger }) => ledger)).toEqual([7, 8]);
    expect(tail.rejects.unusable.count).toBe(1);
    const [reject] = tail.rejects.unusable.first(1);
    expect(reject).toMatchObject({ code: 'LINE_TOO_LONG', position: `${file}:2` });
    expect(reject?.raw).toHaveLength(4_096);
    const { offset = 0, length = 0, sha256 } = reject ?? {};
    const line = (await readFile(file)).subarray(offset, offset + length);
    expect(line.equals(Buffer.concat([huge, Buffer.from('\r')]))).toBe(true);
    expect(createHash('sha256').update(line).digest('hex')).toBe(sha256);
  }, 60_000);

  it('keeps the first unusable messages and counts the others', async () => {
    const file = path.join(dir, 'in.ndjson');
    await writeFile(file, '{}\n'.repeat(5_000));
    const tail = new MessageTail(file, {
      cursor: 1,
      lag: 0,
      datasets: [],
      workDir: dir,
      messages: { schemas: new Map() },
    });
    await tail.look();
    const { unusable } = tail.rejects;
    expect(unusable.count).toBe(5_000);
    expect(unusable.first(3).map(({ position }) => position)).toEqual([1, 2, 3].map((at) => `${file}:${at}`));
    const lines = unusable.lines().map((line) => JSON.parse(line) as object);
    expect(lines).toHaveLength(1_001);
    expect(lines[1_000]).toMatchObject({ count: 4_000, first: `${file}:1001`, last: `${file}:5000` });
  });
});
