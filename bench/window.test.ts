import { existsSync } from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

const ROOT = path.resolve(__dirname, '..');
const BUILT = existsSync(path.join(ROOT, 'apps/worker/dist/host.js'));
const PARTITIONS = 80;

interface Report {
  readonly done: number;
  readonly failures: number;
  readonly rows: number;
  readonly retried: { readonly signalled: number; readonly restarted: number };
  readonly histories: { readonly backfillRuns: number; readonly mostEvents: number };
  readonly rss: { readonly lastTenth: number; readonly middle: number };
}

/** The long run of the bench, made short: real worker, real steps, a server on disk; the bench itself runs `verify`. */
(BUILT ? it : it.skip)(
  `${PARTITIONS} partitions with injected failures complete after retryPartitions, over several bounded runs [needs the build]`,
  () => {
    const args = ['orchestration', '--partitions', String(PARTITIONS), '--concurrency', '8', '--json'];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(ROOT, 'bench/run.mjs'), ...args],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({
      done: PARTITIONS,
      failures: 2,
      rows: PARTITIONS,
      retried: { signalled: 2, restarted: 0 },
    });
    expect(report.histories.backfillRuns).toBeGreaterThanOrEqual(4);
    expect(report.histories.mostEvents).toBeLessThanOrEqual(5000);
    expect(report.rss.lastTenth).toBeLessThan(report.rss.middle * 1.25);
  },
  240_000,
);
