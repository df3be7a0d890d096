import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSampleLake } from '@parquetry/sample';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';

/** sha256 of every data file below an archive, by its path. */
function dataFiles(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.parquet') && !name.includes('_delta_log'),
  );
  return Object.fromEntries(
    names.sort().map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(path.join(root, name)))
        .digest('hex'),
    ]),
  );
}

/** Everything in the commit logs, to detect any write of a second run. */
function logFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('_delta_log'))
    .sort();
}

describe('a killed run', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());
  const lake = sandbox.path('lake');
  let ledgers = '';
  const backfill = (archive: string, ...more: string[]): string[] => [
    'backfill',
    '--source',
    `galexie:${lake}`,
    '--archive',
    sandbox.path(archive),
    '--ledgers',
    ledgers,
    '--partition-size',
    '10',
    ...more,
  ];

  it('produces the same files and bytes when it is started again', async () => {
    const { ledgers: range } = await writeSampleLake({ dir: lake, ledgers: 120 });
    ledgers = `${range.start}-${range.end}`;
    const whole = await sandbox.json<BackfillResult>(backfill('whole'));
    expect(whole.code).toBe(0);

    // Killed at three different moments of the same run, each time in the middle of partitions.
    for (let kill = 0; kill < 3; kill++) {
      const running = sandbox.start(backfill('killed'));
      while (!/running: \d+\/\d+/.test(running.stderr()) && running.child.exitCode === null) await sleep(50);
      await sleep(300 + 400 * kill);
      running.child.kill('SIGKILL');
      await running.ended;
    }
    const ended = await sandbox.json<BackfillResult>(backfill('killed'));
    expect(ended.stderr).toMatch(/Continuing run|Run backfill-/);
    expect({ code: ended.code, datasets: ended.document.datasets }).toEqual({
      code: 0,
      datasets: whole.document.datasets,
    });
    expect(dataFiles(sandbox.path('killed'))).toEqual(dataFiles(sandbox.path('whole')));
    expect((await sandbox.run(['verify', '--archive', sandbox.path('killed'), '--deep'])).code).toBe(0);
  }, 300_000);

  it('writes nothing and reports it when everything is committed', async () => {
    const before = [dataFiles(sandbox.path('killed')), logFiles(sandbox.path('killed'))];
    const again = await sandbox.run(backfill('killed'));
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('Nothing was written');
    expect([dataFiles(sandbox.path('killed')), logFiles(sandbox.path('killed'))]).toEqual(before);
  }, 60_000);

  it('gives the same bytes at another concurrency', async () => {
    const other = await sandbox.run(
      backfill('other', '--concurrency', '1', '--threads', '1', '--slots', '1'),
    );
    expect(other.code).toBe(0);
    expect(dataFiles(sandbox.path('other'))).toEqual(dataFiles(sandbox.path('whole')));
  }, 120_000);
});
