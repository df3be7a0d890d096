import { randomBytes } from 'node:crypto';
import { appendFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { RunSpec } from '@parquetry/workflows';
import { createSharedActivities, createStageActivities } from '.';
import type { Host } from '../host';
import { runStep, testHost } from '../testing/host';

const MB = 1e6;
/** Minimum size of each file that a step passes on. */
const LARGE = 48 * MB;
/** Limit of buffers that a step may keep. */
const HELD = 36 * MB;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Runs a step; returns its result and the peak bytes of live buffers. */
async function held<T>(step: () => Promise<T>): Promise<{ result: T; bytes: number }> {
  collectGarbage();
  const buffers = (): number => process.memoryUsage().arrayBuffers;
  const before = buffers();
  let bytes = 0;
  const watch = setInterval(() => {
    if (buffers() - before <= Math.max(bytes, HELD)) return;
    collectGarbage();
    bytes = Math.max(bytes, buffers() - before);
  }, 10);
  try {
    const result = await step();
    return { result, bytes };
  } finally {
    clearInterval(watch);
  }
}

describe('files of any size', () => {
  let dir: string;
  let archive: string;
  let host: Host;
  let end: () => Promise<void>;

  beforeAll(async () => {
    ({ dir, host, end } = await testHost('bounded'));
    archive = path.join(dir, 'archive');
    const text = (bytes: number): string => randomBytes(bytes / 2).toString('hex');
    const filler = text(50_000);
    const count = Math.ceil(LARGE / 16_000);
    // 1,020 in all: 1,000 fill the file, the others are counted.
    const bad = 34;
    // For each of two partitions: rows of a file, and messages without a usable close time.
    for (const first of [20, 30])
      for (let index = 0; index < count; index += 100) {
        const lines = Array.from({ length: 100 }, (_, at) => {
          const place = `{"message_type":"thing","ledger_sequence":${first + (at % 10)}`;
          const fine = `${place},"closed_at":"2025-07-13T01:02:03Z","text":"${text(16_000)}"}\n`;
          return at < bad ? `${fine}${place},"closed_at":"never","text":"${filler}"}\n` : fine;
        });
        await appendFile(path.join(dir, 'in.ndjson'), lines.join(''));
      }
    for (let index = 0; index < count; index += 100)
      await appendFile(path.join(dir, 'in.ndjson'), `{"no":"type","text":"${filler}"}\n`.repeat(bad));
  }, 60_000);

  afterAll(() => end());

  const activities = () => ({
    ...createSharedActivities(host.deps),
    ...createStageActivities(host.deps),
  });

  it('stream through the steps: unusable messages, rejects, committed files', async () => {
    const { planRun, nextPartitions, pull, registerSchema, writeParquet, verifyRowCounts, commit } =
      activities();
    const { mergeSegments, findSegments } = activities();
    const spec: RunSpec = {
      source: { uri: `ndjson:${path.join(dir, 'in.ndjson')}` },
      archive,
      network: 'Test',
      range: { start: 20, end: 39 },
      partitionSize: 10,
      settings: { compression: 'none', layout: { kind: 'ledger_day' } },
      maxRejects: 1e6,
      verify: 'ledger',
    };
    const planned = await held(() => runStep(planRun, spec));
    const { plan, rejects = '' } = planned.result;
    expect((await stat(path.join(archive, rejects))).size).toBeGreaterThan(LARGE);
    expect(planned.bytes).toBeLessThan(HELD);

    const { tasks } = await runStep(nextPartitions, { archive, plan, cursor: 20, limit: 10 });
    expect(tasks).toHaveLength(2);
    for (const task of tasks) {
      const { stageId } = await runStep(pull, { archive, plan, task });
      const step = { archive, plan, stageId, range: task.range, dataset: 'thing', schemaVersion: 1 };
      await runStep(registerSchema, step);
      await runStep(writeParquet, step);
      await runStep(verifyRowCounts, step);
      const committed = await held(() => runStep(commit, step));
      expect(committed.result.bytes).toBeGreaterThan(LARGE);
      expect(committed.bytes).toBeLessThan(HELD);
    }
    const kept = path.join(archive, '_parquetry/rejects/thing');
    for (const name of await readdir(kept))
      expect((await stat(path.join(kept, name))).size).toBeGreaterThan(LARGE);

    const input = { archive, partitionSize: 20, verify: 'ledger' } as const;
    const { groups } = await runStep(findSegments, { input, groups: 1, segments: 10 });
    const [group] = groups;
    if (group === undefined) throw new Error('nothing to compact');
    const merged = await held(() => runStep(mergeSegments, { input, group }));
    expect(merged.result).toMatchObject({ kind: 'staged', rows: 2 * Math.ceil(LARGE / 16_000 / 100) * 100 });
    expect(merged.bytes).toBeLessThan(HELD);
  }, 240_000);
});
