import { setTimeout as sleep } from 'node:timers/promises';
import { writeSampleLake } from '@parquetry/sample';
import { devHome, readDevServer } from '@parquetry/temporal';
import { type Running, Sandbox } from '../support/cli';

/** Waits until a command has printed something on stderr. */
async function printed(running: Running, what: RegExp): Promise<string> {
  for (let i = 0; i < 600 && running.child.exitCode === null; i++, await sleep(50)) {
    const found = what.exec(running.stderr());
    if (found !== null) return found[0];
  }
  throw new Error(`it did not print ${String(what)}:\n${running.stderr()}`);
}

describe('parquetry dev', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());
  const command = (...more: string[]): string[] => [
    'backfill',
    '--source',
    'galexie:lake',
    '--archive',
    'archive',
    '--ledgers',
    '426000-426039',
    '--partition-size',
    '10',
    ...more,
  ];

  it('serves detached runs, status and attach, shows its UI, and ends with Ctrl-C', async () => {
    await writeSampleLake({ dir: sandbox.path('lake'), ledgers: 40 });
    const dev = sandbox.start(['dev']);
    const ui = (await printed(dev, /http:\/\/127\.0\.0\.1:\d+/)).trim();
    await printed(dev, /A worker is running/);
    expect((await fetch(ui)).status).toBe(200);
    const found = await printed(dev, /Archive page: http:\/\/127\.0\.0\.1:\d+/);
    const page = found.replace('Archive page: ', '');
    expect((await fetch(page)).status).toBe(200);
    // A server on all addresses would answer at this one, too.
    await expect(fetch(page.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow('fetch failed');

    const detached = await sandbox.json<{ workflowId: string; url: string }>(command('--detach'));
    expect(detached.code).toBe(0);
    expect(detached.document.url).toContain(ui);
    const attached = await sandbox.run(['attach', detached.document.workflowId]);
    expect({ code: attached.code, stdout: attached.stdout.includes('4 of 4 partitions written') }).toEqual({
      code: 0,
      stdout: true,
    });
    const status = await sandbox.json<{ status: string; progress: object }>([
      'status',
      detached.document.workflowId,
    ]);
    expect(status.document).toMatchObject({
      status: 'COMPLETED',
      progress: {
        total: 4,
        done: 4,
        parked: 0,
        skipped: 0,
        running: 0,
        ledgers: 40,
        rows: expect.any(Number) as number,
      },
    });
    expect((await sandbox.run(['status', 'no-such-run'])).code).toBe(2);

    dev.child.kill('SIGINT');
    expect((await dev.ended).code).toBe(0);
    expect(await readDevServer(devHome({ PARQUETRY_HOME: sandbox.path('.parquetry') }))).toBeUndefined();
  }, 120_000);

  it('continues a run that Ctrl-C paused', async () => {
    await writeSampleLake({ dir: sandbox.path('lake2'), ledgers: 150, start: 500_000 });
    const long = [
      'backfill',
      '--source',
      'galexie:lake2',
      '--archive',
      'archive2',
      '--ledgers',
      '500000-500149',
      '--partition-size',
      '5',
      '--concurrency',
      '1',
    ];
    const running = sandbox.start(long);
    // It prints a line every ten seconds, so some partitions are done a second after the first one.
    await printed(running, /running: \d/);
    await sleep(1_000);
    running.child.kill('SIGINT');
    const paused = await running.ended;
    expect(paused.code).toBe(130);
    expect(paused.stderr).toContain('the run is paused');
    const run = /Run (\S+),/.exec(paused.stderr)?.[1] ?? '';
    const ended = await sandbox.run(['attach', run]);
    expect({ code: ended.code, done: ended.stdout.includes('30 of 30 partitions written') }).toEqual({
      code: 0,
      done: true,
    });
    expect((await sandbox.run(['verify', '--archive', 'archive2'])).code).toBe(0);
  }, 300_000);
});
