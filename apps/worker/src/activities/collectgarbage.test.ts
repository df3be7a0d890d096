import { appendFile, readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { writeSampleLake } from '@parquetry/sample';
import type { CutResult, TailSpec, TailStart } from '@parquetry/workflows';
import { createSharedActivities, createWatchActivities } from '.';
import type { Host } from '../host';
import { runAll, runStep, runTask, testHost } from '../testing/host';

const DAY_MS = 24 * 3_600_000;

let dir: string;
let host: Host;

let end: () => Promise<void>;

beforeAll(async () => {
  ({ dir, host, end } = await testHost('garbage'));
});

afterAll(() => end());

/** A tail, one `cut` at a time; each flush goes through all steps. */
async function tail(
  spec: TailSpec,
): Promise<{ readonly start: TailStart; readonly next: () => Promise<CutResult> }> {
  const steps = createWatchActivities(host.deps);
  const policy = { maxRows: 5, maxBytes: 1e9, maxAgeSeconds: 1 };
  const start = await runStep(steps.openTail, { spec, from: 'committed', lag: 0 });
  let { cursor } = start;
  let previous: string | undefined;
  const next = async (): Promise<CutResult> => {
    const request = { spec, start, cursor, lag: 0, policy, pollSeconds: 1 };
    const cut = await runStep(steps.cut, { ...request, ...(previous === undefined ? {} : { previous }) });
    if (cut.kind === 'skip') cursor = cut.cursor;
    if (cut.kind !== 'flush') return cut;
    await runTask(host, { archive: spec.archive, plan: cut.plan, task: cut.task });
    previous = cut.plan;
    cursor = cut.task.range.end + 1;
    return cut;
  };
  return { start, next };
}

/** Makes every plan of an archive older, and collects what is older than a week; returns how many plans that removed. */
async function collected(archive: string): Promise<number> {
  const folder = path.join(archive, '_parquetry/runs');
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    // The order of the plans stays.
    const time = new Date((await stat(file)).mtimeMs - 8 * DAY_MS);
    await utimes(file, time, time);
  }
  const before = (await readdir(folder)).length;
  const { collectGarbage } = createSharedActivities(host.deps);
  await runStep(collectGarbage, { archive, graceMs: 7 * DAY_MS });
  return before - (await readdir(folder)).length;
}

/** The settings of a source's tails and backfills. */
function specOf(name: string, uri: string, types: readonly string[]): TailSpec {
  return {
    source: { uri },
    types,
    archive: path.join(dir, name),
    partitionSize: 1000,
    settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
    maxRejects: 0,
    verify: 'ledger',
  };
}

describe('the garbage collection of plans', () => {
  it('keeps the plan of a tail of a lake, also after a backfill of its ledgers, until the tail starts again', async () => {
    const lake = path.join(dir, 'lake');
    const { ledgers } = await writeSampleLake({ dir: lake, ledgers: 20 });
    const spec = specOf('ledgers', `galexie:${lake}`, ['ledgers']);
    const { start, next } = await tail(spec);
    expect((await next()).kind).toBe('flush');
    // Nothing to commit: it only plans all ledgers of the tail.
    await runAll(host, { ...spec, range: { start: ledgers.start, end: ledgers.start + 4 } });
    expect(await collected(spec.archive)).toBe(0);
    expect((await next()).kind).toBe('flush');

    const again = await tail(spec);
    expect(again.start.plan).not.toBe(start.plan);
    await runAll(host, { ...spec, range: { start: ledgers.start, end: ledgers.start + 10 } });
    expect(await collected(spec.archive)).toBe(2);
    expect([(await again.next()).kind, (await again.next()).kind]).toEqual(['skip', 'flush']);
  }, 60_000);

  it('keeps the last plan of a tail of messages; without one the tail continues as well', async () => {
    const file = path.join(dir, 'live.ndjson');
    const write = (first: number, last: number): Promise<void> =>
      appendFile(
        file,
        Array.from(
          { length: last - first + 1 },
          (_, index) =>
            `{"message_type":"old","ledger_sequence":${first + index},"closed_at":"2025-07-13T01:02:03Z","n":1}\n`,
        ).join(''),
      );
    await write(1, 11);
    const spec = specOf('messages', `ndjson:${file}`, ['old']);
    const { next } = await tail(spec);
    expect([(await next()).kind, (await next()).kind]).toEqual(['flush', 'flush']);
    await runAll(host, { ...spec, range: { start: 1, end: 10 } });
    expect(await collected(spec.archive)).toBe(1);
    await write(12, 16);
    expect(await next()).toMatchObject({ kind: 'flush', task: { range: { start: 11, end: 15 } }, late: 0 });

    await rm(path.join(spec.archive, '_parquetry/runs'), { recursive: true });
    await write(17, 21);
    expect(await (await tail(spec)).next()).toMatchObject({
      kind: 'flush',
      task: { range: { start: 16, end: 20 } },
      late: 0,
    });
    await write(22, 26);
    // Its last flush was before that of the other tail, and its plan is gone.
    expect((await next()).kind).toBe('skip');
    expect((await next()).kind).toBe('flush');
  }, 60_000);
});
