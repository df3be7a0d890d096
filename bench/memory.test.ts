import { existsSync } from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

const ROOT = path.resolve(__dirname, '..');
const BUILT = existsSync(path.join(ROOT, 'apps/worker/dist/host.js'));

/** Rows of a full row group: files of either size consist of such. */
const ROW_GROUP = 122_880;

interface Report {
  readonly runs: readonly {
    lanes: number;
    limit: number;
    beyondIdle: number;
    peakRss: number;
    inputBytes: number;
  }[];
}

/** Peak memory of the whole path in processes of their own: bounded by `--memory`, not by the partition. */
(BUILT ? it : it.skip)(
  'a partition ten times as large takes no more memory; one sorted, and two unsorted concurrently, stay within their bounds [needs the build]',
  () => {
    const args = [
      path.join(ROOT, 'bench/run.mjs'),
      'memory',
      '--messages',
      String(ROW_GROUP),
      '--lanes-messages',
      '1250000',
      '--limits-mb',
      '256',
      '--json',
    ];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    const { runs } = JSON.parse(stdout) as Report;
    expect(runs.map(({ lanes }) => lanes)).toEqual([1, 1, 2]);
    const [small, large] = runs;
    // Loaded whole, the larger partition alone would take more than twice the limit.
    for (const run of runs.slice(1)) expect(run.inputBytes).toBeGreaterThan(800e6);
    for (const run of runs) expect(run.beyondIdle).toBeLessThanOrEqual(run.limit);
    // The smaller one is a row group and no more.
    expect((large?.peakRss ?? 0) / (small?.peakRss ?? 1)).toBeLessThanOrEqual(1.15);
  },
  600_000,
);
