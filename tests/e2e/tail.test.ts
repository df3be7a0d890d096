import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Archive, type LiveFile } from '@parquetry/archive';
import { openStore } from '@parquetry/storage';
import { writeSampleLake } from '@parquetry/sample';
import type { TailResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';
import { ledgerFile } from '../support/ledgerfile';

const GROW = path.resolve(__dirname, '../support/grow.cjs');
const KILLS = Number(process.env['PARQUETRY_TAIL_KILLS'] ?? 4);
const LEDGERS = 120;
const MAX_ROWS = 100;
const SIZE = 50;

describe('a tail of a growing lake', () => {
  const sandbox = new Sandbox();
  const full = sandbox.path('full');
  const live = sandbox.path('live');
  const archive = sandbox.path('archive');
  let grower: ChildProcess | undefined;
  let range = { start: 0, end: 0 };
  afterAll(async () => {
    grower?.kill('SIGKILL');
    await sandbox.dispose();
  });
  const tail = (...more: string[]): string[] => [
    ...['tail', '--source', `galexie:${live}`, '--archive', archive, '--partition-size', String(SIZE)],
    ...['--max-rows', String(MAX_ROWS), '--max-age', '3s', '--poll', '1s', ...more],
  ];

  it('has every ledger once after kills at random moments, each flush with its correct reason', async () => {
    const lake = await writeSampleLake({
      dir: full,
      ledgers: LEDGERS,
      layout: { ledgersPerBatch: 1, batchesPerPartition: 64 },
    });
    range = lake.ledgers;
    mkdirSync(live);
    copyFileSync(path.join(full, '.config.json'), path.join(live, '.config.json'));
    grower = spawn(process.execPath, [GROW, full, live, '250'], { stdio: 'ignore' });
    for (let kill = 0; kill < KILLS; kill++) {
      const running = sandbox.start(tail('--until', String(range.end)));
      while (!/next ledger \d+/.test(running.stderr()) && running.child.exitCode === null) await sleep(50);
      await sleep(500 + Math.random() * 4000);
      running.child.kill('SIGKILL');
      await running.ended;
    }
    const { code, document, stderr } = await sandbox.json<TailResult>(tail('--until', String(range.end)));
    if (code !== 0) throw new Error(stderr);
    expect(document.cursor).toBe(range.end + 1);

    const { datasets } = await survey();
    for (const { name, coverage, segments, files } of datasets) {
      expect({ name, coverage }).toEqual({ name, coverage: [range] });
      segments.slice(1).forEach((segment, i) => expect(segment.start).toBe((segments[i]?.end ?? 0) + 1));
      expect(new Set(segments.map(({ start }) => start)).size).toBe(segments.length);
      for (const file of files) expect(file.reason).toMatch(/^(rows|age|layout_edge|range_end)$/);
    }
    const verified = await sandbox.run([
      'verify',
      '--archive',
      archive,
      '--ledgers',
      `${range.start}-${range.end}`,
      '--deep',
    ]);
    expect({ code: verified.code, out: verified.code === 0 ? '' : verified.stdout }).toEqual({
      code: 0,
      out: '',
    });
    await checkReasons();
    await sameRowsAsBackfill();
  }, 600_000);

  interface Surveyed {
    readonly name: string;
    readonly coverage: readonly { start: number; end: number }[];
    readonly segments: readonly { start: number; end: number }[];
    readonly files: readonly LiveFile[];
    readonly rows: ReadonlyMap<number, number>;
  }

  /** The content of the commit log by dataset, with rows per ledger from the segments' records. */
  async function survey(root = archive): Promise<{ datasets: Surveyed[] }> {
    const opened = await Archive.open(openStore(root));
    const datasets: Surveyed[] = [];
    for (const name of await opened.datasets()) {
      const dataset = opened.dataset(name);
      const { coverage, segments, files } = await dataset.snapshot();
      const rows = new Map<number, number>();
      for (const { id } of segments)
        for (const { ledger, rows: count } of (await dataset.segment(id)).identity.ledgers) {
          expect(rows.has(ledger)).toBe(false);
          rows.set(ledger, count);
        }
      datasets.push({ name, coverage, segments: segments.map((segment) => segment.range), files, rows });
    }
    return { datasets };
  }

  /** Checks that every flush ended as its reason states, with independently counted rows. */
  async function checkReasons(): Promise<void> {
    const { datasets } = await survey();
    const found = new Set<string>();
    for (const segment of datasets[0]?.segments ?? []) {
      const most = (end: number): number =>
        Math.max(
          ...datasets.map(({ rows }) =>
            [...rows].reduce((sum, [l, n]) => sum + (l >= segment.start && l <= end ? n : 0), 0),
          ),
        );
      const file = datasets.flatMap(({ files }) => files).find((one) => one.range?.end === segment.end);
      const reason = file?.reason ?? '';
      found.add(reason);
      expect(most(segment.end - 1)).toBeLessThan(MAX_ROWS);
      if (reason === 'rows') expect(most(segment.end)).toBeGreaterThanOrEqual(MAX_ROWS);
      else expect(most(segment.end)).toBeLessThan(MAX_ROWS);
      if (reason === 'range_end') expect([0, (range.end + 1) % SIZE]).toContain((segment.end + 1) % SIZE);
    }
    expect([...found]).toEqual(expect.arrayContaining(['rows', 'layout_edge']));
  }

  async function sameRowsAsBackfill(): Promise<void> {
    const reference = sandbox.path('reference');
    const ran = await sandbox.run([
      ...['backfill', '--source', `galexie:${full}`, '--archive', reference],
      ...['--ledgers', `${range.start}-${range.end}`, '--partition-size', '60'],
    ]);
    expect(ran.code).toBe(0);
    const rows = ({ datasets }: { datasets: Surveyed[] }): unknown =>
      datasets.map((dataset) => [dataset.name, [...dataset.rows]]);
    expect(rows(await survey())).toEqual(rows(await survey(reference)));
  }

  it('is compacted into partitions with the same rows, and no old file is left', async () => {
    const before = await survey();
    const rows = ({ datasets }: { datasets: Surveyed[] }): unknown =>
      datasets.map(({ rows: own }) => [...own]);
    const { code, document } = await sandbox.json<{ groups: number; segments: number }>([
      ...['compact', '--archive', archive, '--partition-size', String(SIZE), '--verify', 'full'],
    ]);
    expect({ code, groups: document.groups > 0 }).toEqual({ code: 0, groups: true });
    const after = await survey();
    expect(rows(after)).toEqual(rows(before));
    expect(after.datasets[0]?.segments[0]).toEqual({ start: range.start, end: range.start + SIZE - 1 });
    for (const { name, files } of after.datasets)
      expect(
        readdirSync(path.join(archive, name), { recursive: true, encoding: 'utf8' })
          .filter((file) => file.endsWith('.parquet') && !file.includes('_delta_log'))
          .sort(),
      ).toEqual(files.map((file) => file.path).sort());
    expect((await sandbox.run(['verify', '--archive', archive, '--deep'])).code).toBe(0);
    const again = await sandbox.json<{ groups: number }>([
      'compact',
      '--archive',
      archive,
      '--partition-size',
      String(SIZE),
    ]);
    expect(again.document.groups).toBe(0);
  }, 400_000);

  it('parks on a gap below the tip', async () => {
    const hole = ledgerFile(live, range.start + 20);
    rmSync(hole);
    const other = sandbox.path('holed');
    const args = tail('--until', String(range.end)).map((arg) => (arg === archive ? other : arg));
    const parked = await sandbox.json<{ error: { code: string; hint: string }; workflowId: string }>(args);
    expect({ code: parked.code, error: parked.document.error.code }).toEqual({
      code: 1,
      error: 'PARTITIONS_PARKED',
    });
    expect(parked.document.error.hint).toContain(`Ledger ${range.start + 20} is missing in the lake`);
    copyFileSync(path.join(full, path.relative(live, hole)), hole);
    expect((await sandbox.run(['retry', parked.document.workflowId])).code).toBe(0);
    expect(
      (await sandbox.run(['verify', '--archive', other, '--ledgers', `${range.start}-${range.end}`])).code,
    ).toBe(0);
  }, 400_000);
});
