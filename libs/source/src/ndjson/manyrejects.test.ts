import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Reject } from '@parquetry/core';
import { Workspace } from './testing/workspace';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.create();
});
afterEach(() => workspace.remove());

describe('millions of rejects', () => {
  it('of a small gzip file are counted, with a small rejects file', async () => {
    const count = 2_000_000;
    const packed = gzipSync(Buffer.from('{}\n'.repeat(count)), { level: 9 });
    expect(packed.length).toBeLessThan(10_000);
    const input = await workspace.write('in.ndjson.gz', packed);
    const index = await workspace.prepare(await workspace.open(input));
    expect(index).toMatchObject({ unusable: count, datasets: [] });
    expect((await stat(path.join(workspace.workDir, 'rejects.ndjson'))).size).toBeLessThan(1_000_000);
    const rejects = await workspace.rejects();
    expect(rejects).toHaveLength(1_001);
    expect(rejects[999]).toMatchObject({ raw: '{}', position: `${input}:1000` });
    const { raw: _, ...kind } = rejects[0] as Reject;
    expect(kind.code).toBe('NO_MESSAGE_TYPE');
    expect(rejects[1_000]).toEqual({
      ...kind,
      position: `${input}:1001`,
      count: count - 1_000,
      first: `${input}:1001`,
      last: `${input}:${count}`,
    });
  }, 60_000);

  it('of a dataset are counted by column, and each ledger has its exact number', async () => {
    const lines = Array.from({ length: 9_000 }, (_, at) => {
      const closed = at % 3 === 0 ? '"2025-07-13T09:36:17Z"' : at % 3 === 1 ? '"never"' : 'null';
      return `{"type":"t","ledger":${5 + (at % 9)},"closed_at":${closed},"n":${at}}`;
    });
    const source = await workspace.open(await workspace.write('in', lines));
    const index = await workspace.prepare(source);
    const pulls = [await workspace.pull(source, index), await workspace.pull(source, index)];
    const [{ manifest, stageDir }, again] = pulls as [(typeof pulls)[0], (typeof pulls)[0]];
    const [staged] = manifest.datasets;
    expect(staged).toMatchObject({ rows: 3_000, rejected: 6_000, messages: 9_000 });
    expect(staged?.rejectedLedgers).toEqual(
      [6, 7, 9, 10, 12, 13].map((ledger) => ({ ledger, rejected: 1_000 })),
    );
    const rejects = await workspace.rejects(stageDir, 't');
    expect(rejects).toHaveLength(2_002);
    expect(rejects.slice(2_000)).toMatchObject([
      { code: 'BAD_CLOSE_TIME', ledger: 6, count: 2_000 },
      { code: 'NO_CLOSE_TIME', ledger: 7, count: 2_000 },
    ]);
    const bytes = (dir: string): Promise<Buffer> => readFile(path.join(dir, 't.rejects.ndjson'));
    expect((await bytes(stageDir)).equals(await bytes(again.stageDir))).toBe(true);
  });
});
