import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..');
const BUILT = existsSync(path.join(ROOT, 'apps/worker/dist/host.js'));

/** The bench itself fails when a ledger is missing. */
(BUILT ? it : it.skip)(
  'the lake bench reads every ledger and says what it measured [needs the build]',
  () => {
    const args = ['lake', '--ledgers', '64', '--rounds', '1', '--partitions', '2', '--json'];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(ROOT, 'bench/run.mjs'), ...args],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    const report = JSON.parse(stdout) as { ledgers: number; rows: number; cpuRatioToDecode: number };
    expect(report.ledgers).toBe(64);
    expect(report.rows).toBeGreaterThan(64);
    expect(report.cpuRatioToDecode).toBeGreaterThan(0);
  },
  120_000,
);
