import { renameSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSampleLake } from '@parquetry/sample';
import { Sandbox } from '../support/cli';

interface Described {
  readonly name: string;
  readonly paused: boolean;
  readonly runs: number;
  readonly note: string;
  readonly recent: readonly { readonly workflowId: string }[];
}

describe('a schedule', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());
  const archive = sandbox.path('archive');
  const lake = sandbox.path('lake');
  const listed = async (): Promise<Described | undefined> =>
    (await sandbox.json<{ schedules: Described[] }>(['schedule', 'list'])).document.schedules[0];
  const until = async (when: (state: Described | undefined) => boolean): Promise<Described | undefined> => {
    for (let i = 0; i < 60; i++) {
      const state = await listed();
      if (when(state)) return state;
      await sleep(500);
    }
    throw new Error(`the schedule did not get there: ${JSON.stringify(await listed())}`);
  };
  const files = async (): Promise<number> =>
    (await sandbox.json<{ files: unknown[] }>(['files', '--archive', archive])).document.files?.length ?? 0;

  it('fires, continues after the last commit, pauses when a run fails, and continues after the repair', async () => {
    const { ledgers } = await writeSampleLake({
      dir: lake,
      ledgers: 40,
      layout: { ledgersPerBatch: 1, batchesPerPartition: 64 },
    });
    const dev = await sandbox.dev();
    const hole = path.join(
      lake,
      `${(0xffffffff - ledgers.start - 25).toString(16).toUpperCase()}--${ledgers.start + 25}.xdr.zst`,
    );
    const folder = (await import('node:fs')).readdirSync(lake).find((name) => /--/.test(name)) ?? '';
    const object = path.join(lake, folder, path.basename(hole));
    renameSync(object, `${object}.away`);
    const made = await sandbox.json<Described>([
      ...[
        'schedule',
        'create',
        'nightly',
        '--every',
        '5s',
        '--source',
        `galexie:${lake}`,
        '--archive',
        archive,
      ],
      ...['--max-ledgers', '10', '--partition-size', '10', '--lag', '2'],
    ]);
    expect(made).toMatchObject({ code: 0, document: { name: 'nightly', paused: false } });
    const paused = await until((state) => state?.paused === true);
    expect(paused?.note).toMatch(/paused/i);
    // Two runs of ten ledgers each, and the one with the missing ledger.
    expect(paused?.runs).toBeGreaterThanOrEqual(3);
    const states = await Promise.all(
      (paused?.recent ?? []).map(async ({ workflowId }) => {
        const { document } = await sandbox.json<{ status: string }>(['status', workflowId]);
        return document.status;
      }),
    );
    expect(states.filter((state) => state === 'FAILED')).toHaveLength(1);
    expect(states.filter((state) => state === 'COMPLETED').length).toBeGreaterThanOrEqual(2);
    const asked = await sandbox.json<{ schedule: Described }>(['status', 'nightly']);
    expect(asked).toMatchObject({
      code: 0,
      document: { schedule: { name: 'nightly', paused: true, runs: paused?.runs } },
    });
    expect((await sandbox.run(['status', 'nightly'])).stdout).toContain('Schedule nightly: paused');
    expect(await files()).toBeGreaterThan(0);
    await sleep(6000);
    expect((await listed())?.runs).toBe(paused?.runs);

    renameSync(`${object}.away`, object);
    expect((await sandbox.run(['schedule', 'unpause', 'nightly'])).code).toBe(0);
    const range = `${ledgers.start}-${ledgers.end - 2}`;
    let code: number | null = 1;
    for (let i = 0; i < 40 && code !== 0; i++, await sleep(1000))
      ({ code } = await sandbox.run(['verify', '--archive', archive, '--ledgers', range]));
    expect(code).toBe(0);
    expect((await sandbox.run(['schedule', 'pause', 'nightly'])).code).toBe(0);
    expect((await listed())?.paused).toBe(true);
    expect((await sandbox.run(['schedule', 'trigger', 'nightly'])).code).toBe(0);
    expect((await sandbox.run(['schedule', 'delete', 'nightly'])).code).toBe(0);
    expect(await listed()).toBeUndefined();
    expect((await sandbox.run(['schedule', 'trigger', 'nightly'])).code).toBe(2);
    dev.child.kill('SIGTERM');
    await dev.ended;
  }, 400_000);
});
