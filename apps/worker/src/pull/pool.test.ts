import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openNdjsonSource } from '@parquetry/source';
import { openStore } from '@parquetry/storage';
import type { RunSpec } from '@parquetry/workflows';
import { storePlan } from '../plan/stored';
import { memoryBudget } from '../budget';
import { PullPool } from './pool';

const SCRIPT = path.join(__dirname, '../../dist/pull/thread.js');
const RANGE = { start: 1, end: 4000 };
let dir: string;
let plan: string;
let stages = 0;

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-pool-'));
  const file = path.join(dir, 'messages.ndjson');
  const line = (ledger: number): string =>
    `{"message_type":"thing","ledger_sequence":${ledger},"closed_at":"2025-07-13T01:02:03Z","text":"${'x'.repeat(2000)}"}`;
  const lines = Array.from({ length: 40_000 }, (_, index) => line(1 + Math.floor(index / 10)));
  await writeFile(file, `${lines.join('\n')}\n`);
  const source = await openNdjsonSource(file, { schemas: new Map() });
  const index = await source.prepare({ range: RANGE, workDir: dir });
  const spec = { source: { uri: `ndjson:${file}` }, settings: { layout: { kind: 'ledger_day' } } };
  plan = await storePlan(openStore(path.join(dir, 'archive')), { format: 1, spec: spec as RunSpec, index });
});

afterAll(() => rm(dir, { recursive: true, force: true }));

async function job(dataset = 'thing') {
  const stageDir = path.join(dir, `stage-${++stages}`);
  await mkdir(stageDir);
  const task = { key: '1', range: RANGE, datasets: [dataset] };
  const spareDir = path.join(dir, 'spare');
  return {
    archive: path.join(dir, 'archive'),
    plan,
    task,
    stageId: 'abc',
    stageDir,
    spareDir,
    spoolDir: dir,
    allow: {},
  };
}

const hooks = (signal = new AbortController().signal) => ({ signal, onProgress: () => undefined });

(existsSync(SCRIPT) ? describe : describe.skip)('PullPool on threads [needs the build]', () => {
  it('stages the same bytes as the main thread, repeatedly', async () => {
    const pool = new PullPool({ threads: 1, heapBytes: 512e6, script: SCRIPT });
    const own = new PullPool({ threads: 1, heapBytes: 512e6 });
    try {
      const jobs = [await job(), await job(), await job()];
      const manifests = [];
      for (const [index, each] of jobs.entries())
        manifests.push(await (index === 0 ? own : pool).run(each, hooks()));
      expect(manifests[1]).toEqual(manifests[0]);
      expect(manifests[2]).toEqual(manifests[0]);
      const [first, ...others] = jobs;
      for (const name of await readdir(String(first?.stageDir)))
        for (const other of others)
          expect(
            (await readFile(path.join(other.stageDir, name))).equals(
              await readFile(path.join(String(first?.stageDir), name)),
            ),
          ).toBe(true);
    } finally {
      await pool.close();
    }
  }, 60_000);

  it('passes on coded errors, and keeps working', async () => {
    const pool = new PullPool({ threads: 1, heapBytes: 512e6, script: SCRIPT });
    try {
      await expect(pool.run(await job('other'), hooks())).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('other') as string,
      });
      expect((await pool.run(await job(), hooks())).datasets[0]?.rows).toBe(40_000);
    } finally {
      await pool.close();
    }
  }, 60_000);

  it('ends a cancelled pull within a second and does not block the event loop', async () => {
    const pool = new PullPool({ threads: 1, heapBytes: 512e6, script: SCRIPT });
    const abort = new AbortController();
    let last = performance.now();
    let longest = 0;
    const ticker = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 10);
    try {
      const pulling = pool.run(await job(), hooks(abort.signal));
      await new Promise((resolve) => setTimeout(resolve, 300));
      const began = performance.now();
      abort.abort();
      await expect(pulling).rejects.toThrow();
      expect(performance.now() - began).toBeLessThan(1000);
      expect(longest).toBeLessThan(1000);
    } finally {
      clearInterval(ticker);
      await pool.close();
    }
  }, 60_000);
});

describe('memoryBudget', () => {
  it('never exceeds the total, and always has at least one lane', () => {
    expect(memoryBudget(256e6, 4).lanes).toBe(1);
    expect(memoryBudget(700e6, 4).lanes).toBe(2);
    expect(memoryBudget(8e9, 4).lanes).toBe(4);
    for (const bytes of [280e6, 1e9, 8e9]) {
      const { lanes, duckdbBytes, heapBytes } = memoryBudget(bytes, 4);
      expect(duckdbBytes + lanes * heapBytes).toBeLessThan(bytes);
    }
  });

  it('reads every value of a partition back next to writes only where both fit', () => {
    const alone = (bytes: number, threads: number): boolean => memoryBudget(bytes, threads).verifyAlone;
    // One lane up to 700 MB, then two.
    expect([256e6, 512e6, 768e6, 900e6].map((bytes) => alone(bytes, 2))).toEqual([true, true, true, true]);
    expect([650e6, 1e9, 4e9].map((bytes) => alone(bytes, 2))).toEqual([false, false, false]);
    // Three lanes from 1,050 MB on.
    expect([1024e6, 1.2e9, 1.3e9, 4e9].map((bytes) => alone(bytes, 4))).toEqual([false, true, false, false]);
  });
});
