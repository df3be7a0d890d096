import { writeSampleLake } from '@parquetry/sample';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';

describe('two concurrent backfills of overlapping ranges, from two processes', () => {
  const sandboxes = [new Sandbox(), new Sandbox()] as const;
  afterAll(() => Promise.all(sandboxes.map((sandbox) => sandbox.dispose())));

  it('make one correct archive, and each reports what the other committed', async () => {
    const [one, two] = sandboxes;
    const lake = one.path('lake');
    const archive = one.path('archive');
    const { ledgers } = await writeSampleLake({ dir: lake, ledgers: 60 });
    const range = (from: number, to: number): string => `${ledgers.start + from}-${ledgers.start + to}`;
    const backfill = (asked: string, size: number): string[] => [
      'backfill',
      ...['--source', `galexie:${lake}`, '--archive', archive, '--ledgers', asked],
      ...['--partition-size', String(size), '--concurrency', '6'],
    ];
    // Other partition sizes and other starts: no partition of one run is a partition of the other. The first run makes
    // the archive, so that both plan on the same one.
    expect((await one.run(backfill(range(59, 59), 7))).code).toBe(0);
    const [a, b] = await Promise.all([
      one.json<BackfillResult>(backfill(range(0, 44), 7)),
      two.json<BackfillResult>(backfill(range(15, 58), 11)),
    ]);
    expect([a.code, b.code]).toEqual([0, 0]);
    for (const { document } of [a, b]) expect(document.datasets.flatMap(({ gaps }) => gaps)).toEqual([]);
    const notes = [a, b].flatMap(({ document }) => document.notes ?? []);
    const skipped = a.document.partitions.skipped + b.document.partitions.skipped;
    expect(notes.length + skipped).toBeGreaterThan(0);
    for (const note of notes) expect(note).toMatch(/were committed by backfill-.* meanwhile/);

    const verified = await one.json<{
      ok: boolean;
      rows: unknown;
      datasets: { ledgers: number; rows: number }[];
    }>(['verify', '--deep', '--archive', archive]);
    expect(verified.code).toBe(0);
    expect(verified.document.rows).toMatchObject({ headers: 60, results: 60 });
    expect(verified.document.datasets.map((dataset) => dataset.ledgers)).toEqual([60, 60, 60, 60]);
    const whole = await two.json<BackfillResult>([
      ...backfill(range(0, 59), 1000).map((arg) => (arg === archive ? two.path('whole') : arg)),
    ]);
    const rows = (datasets: readonly { dataset: string; rows: number }[]): Record<string, number> =>
      Object.fromEntries(datasets.map((entry) => [entry.dataset, entry.rows]));
    expect(rows(verified.document.datasets as never)).toEqual(rows(whole.document.datasets));
  }, 240_000);
});
