import { existsSync } from 'node:fs';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { RunSpec } from '@parquetry/workflows';
import { createSharedActivities, createStageActivities } from '.';
import type { Host } from '../host';
import { runStep, testHost } from '../testing/host';

const LEDGERS = 600;
const lines: string[] = [];
let dir: string;
let host: Host;
let end: () => Promise<void>;

beforeAll(async () => {
  ({ dir, host, end } = await testHost('activity', { debug: (line) => lines.push(line) }));
  const message = (index: number): string =>
    `{"message_type":"thing","ledger_sequence":${1 + Math.floor(index / 100)},"closed_at":"2025-07-13T01:02:03Z",` +
    `"id":${index},"text":"${String((index * 2654435761) % 4294967296).repeat(80)}"}\n`;
  const messages = Array.from({ length: LEDGERS * 100 }, (_, index) => message(index));
  await writeFile(path.join(dir, 'things.ndjson'), messages.join(''));
});

afterAll(() => end());

/** Plans, pulls and registers a run of all ledgers, and returns the input of the write step. */
async function staged(settings: Partial<RunSpec['settings']>) {
  const archive = path.join(dir, await mkdtemp(path.join(dir, 'archive-')));
  const activities = { ...createSharedActivities(host.deps), ...createStageActivities(host.deps) };
  const range = { start: 1, end: LEDGERS };
  const { plan } = await runStep(activities.planRun, {
    source: { uri: `ndjson:${path.join(dir, 'things.ndjson')}` },
    archive,
    network: 'Test',
    range,
    partitionSize: 1000,
    settings: { compression: 'snappy', layout: { kind: 'ledger_day' }, ...settings },
    maxRejects: 0,
    verify: 'ledger',
  } as RunSpec);
  const [task] = (await runStep(activities.nextPartitions, { archive, plan, cursor: 1, limit: 1 })).tasks;
  if (task === undefined) throw new Error('no partition');
  const { stageId } = await runStep(activities.pull, { archive, plan, task });
  const step = { archive, plan, stageId, range, dataset: 'thing' };
  const { version } = await runStep(activities.registerSchema, step);
  return {
    activities,
    step: { ...step, schemaVersion: version },
    stageDir: host.workplace.stageDir(stageId),
  };
}

describe('the write step', () => {
  it('heartbeats while DuckDB writes, ends within a second after a cancellation and leaves no file', async () => {
    const { activities, step, stageDir } = await staged({ compression: 'zstd', compressionLevel: 22 });
    const before = (await readdir(stageDir)).sort();
    const environment = new MockActivityEnvironment();
    const beats: { at: number; step: unknown }[] = [];
    let cancelled = 0;
    environment.on('heartbeat', (progress: { step?: unknown }) => {
      beats.push({ at: performance.now(), step: progress.step });
      if (beats.length < 3) return;
      cancelled = performance.now();
      environment.cancel();
    });
    const failure = await environment.run(activities.writeParquet, step).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'CANCELLED' });
    expect(performance.now() - cancelled).toBeLessThan(1000);
    expect(beats).toHaveLength(3);
    // Every second from the start: COPY never blocks the event loop.
    for (const [index, { at }] of beats.entries())
      if (index > 0) expect(at - (beats[index - 1]?.at ?? 0)).toBeLessThan(2500);
    expect((await readdir(stageDir)).filter((name) => !before.includes(name))).toEqual(['thing.files']);
    const whole = (await readdir(path.join(stageDir, 'thing.files'))).filter((name) =>
      name.endsWith('.parquet'),
    );
    expect(whole).toEqual([]);
    await new MockActivityEnvironment().run(activities.dropStage, step.stageId);
    expect(existsSync(stageDir)).toBe(false);
  }, 120_000);

  it('logs in debug mode what it flushes, and why, before the file exists', async () => {
    const { activities, step, stageDir } = await staged({ maxRowsPerFile: 25_000 });
    lines.length = 0;
    const there: boolean[] = [];
    const push = lines.push.bind(lines);
    lines.push = (line) => {
      const name = /to \S+\/(\S+\.parquet)$/.exec(line)?.[1];
      if (name !== undefined) there.push(existsSync(path.join(stageDir, 'thing.files', name)));
      return push(line);
    };
    const result = await new MockActivityEnvironment().run(activities.writeParquet, step);
    expect(result).toMatchObject({ files: 3, rows: 60_000 });
    expect(there).toEqual([false, false, false]);
    expect(lines.map((line) => line.replace(/-\d+\.parquet.*$/, ''))).toEqual([
      'Flushing 25000 records of thing, ledgers 1-250, closed by rows: to year=2025/month=07/day=13/stellar-data-1-250',
      'Flushing 25000 records of thing, ledgers 251-500, closed by rows: to year=2025/month=07/day=13/stellar-data-251-500',
      'Flushing 10000 records of thing, ledgers 501-600, closed by range_end: to year=2025/month=07/day=13/stellar-data-501-600',
      'wrote thing year=2025/month=07/day=13/stellar-data-1-250',
      'wrote thing year=2025/month=07/day=13/stellar-data-251-500',
      'wrote thing year=2025/month=07/day=13/stellar-data-501-600',
    ]);
  }, 60_000);
});
