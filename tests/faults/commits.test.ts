import { spawnSync } from 'node:child_process';
import path from 'node:path';

describe('concurrent writers of one dataset', () => {
  it('lose no commit of 160 by 8 writers of 2 processes, with and without checkpoints', () => {
    const args = ['--commits', '160', '--writers', '8', '--processes', '2', '--json'];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(__dirname, 'commits.mjs'), ...args],
      { encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([0, '']);
    const figures = JSON.parse(stdout) as Record<string, number>;
    expect(figures).toMatchObject({ lost: 0, doubled: 0, version: 159, sameTable: true });
    expect(figures['checkpoints']).toBeGreaterThan(2);
  }, 120_000);
});
