import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSampleLake } from '@parquetry/sample';
import type { BackfillResult, TailResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';
import { allCover, coverageOf } from '../support/coverage';

const GROW = path.resolve(__dirname, '../support/grow.cjs');
const LEDGERS = 80;
/** Ledgers of the lake at the start of the tests. */
const THERE = 60;

describe('tails and other committed or running work', () => {
  const sandbox = new Sandbox();
  const full = sandbox.path('full');
  let grower: ChildProcess | undefined;
  let range = { start: 0, end: 0 };
  const at = (offset: number): string => String(range.start + offset);
  const part = (from: number, to: number): { start: number; end: number } => ({
    start: range.start + from,
    end: range.start + to,
  });

  beforeAll(async () => {
    const layout = { ledgersPerBatch: 1, batchesPerPartition: 64 };
    range = (await writeSampleLake({ dir: full, ledgers: LEDGERS, layout })).ledgers;
  });
  afterAll(async () => {
    grower?.kill('SIGKILL');
    await sandbox.dispose();
  });

  /** A lake of the first `THERE` ledgers. */
  function youngLake(name: string): string {
    const lake = sandbox.path(name);
    mkdirSync(lake);
    const ledgerOf = (file: string): number => Number(/--(\d+)\.xdr/.exec(file)?.[1] ?? 0);
    for (const file of ['.config.json', ...readdirSync(full, { recursive: true, encoding: 'utf8' })])
      if (file === '.config.json' || (file.endsWith('.xdr.zst') && ledgerOf(file) < range.start + THERE))
        cpSync(path.join(full, file), path.join(lake, file));
    return lake;
  }
  const tail = (lake: string, archive: string, ...more: string[]): string[] => [
    ...['tail', '--source', `galexie:${lake}`, '--archive', archive, '--partition-size', '20'],
    ...['--max-rows', '200', '--max-age', '2s', '--poll', '1s', ...more],
  ];

  it('--from N begins at N, --from committed after the last commit, --from latest with new ledgers', async () => {
    const lake = youngLake('from');
    const archive = sandbox.path('from-archive');
    const first = await sandbox.json<TailResult>(tail(lake, archive, '--from', at(10), '--until', at(19)));
    expect({ code: first.code, cursor: first.document.cursor }).toEqual({
      code: 0,
      cursor: range.start + 20,
    });
    expect(await coverageOf(archive)).toEqual(allCover(part(10, 19)));
    const second = await sandbox.json<TailResult>(
      tail(lake, archive, '--from', 'committed', '--until', at(29)),
    );
    expect({ code: second.code, ledgers: second.document.tally.ledgers }).toEqual({ code: 0, ledgers: 10 });
    expect(await coverageOf(archive)).toEqual(allCover(part(10, 29)));

    const latest = sandbox.path('latest-archive');
    const running = sandbox.start(tail(lake, latest, '--from', 'latest', '--until', at(LEDGERS - 1)));
    while (!running.stderr().includes(`next ledger ${at(THERE)}`)) {
      if (running.child.exitCode !== null) throw new Error(running.stderr());
      await sleep(50);
    }
    grower = spawn(process.execPath, [GROW, full, lake, '5'], { stdio: 'ignore' });
    expect((await running.ended).code).toBe(0);
    expect(await coverageOf(latest)).toEqual(allCover(part(THERE, LEDGERS - 1)));
  }, 400_000);

  it('--from committed starts earlier for a message type that the archive lacks', async () => {
    const lake = youngLake('types');
    const archive = sandbox.path('types-archive');
    const only = (...types: string[]): string[] => ['--types', types.join(',')];
    const one = tail(lake, archive, ...only('ledgers'), '--until', at(THERE - 11));
    expect((await sandbox.run(one)).code).toBe(0);
    const two = tail(lake, archive, ...only('ledgers', 'transactions'), '--until', at(THERE - 1));
    expect((await sandbox.run(two)).code).toBe(0);
    const whole = [part(0, THERE - 1)];
    expect(await coverageOf(archive)).toEqual({ ledgers: whole, transactions: whole });
    expect((await sandbox.run(['verify', '--archive', archive, '--deep'])).code).toBe(0);
  }, 200_000);

  it('a concurrent tail and backfill over adjoining and overlapping ranges leave no gap and no duplicate', async () => {
    const lake = youngLake('both');
    const archive = sandbox.path('both-archive');
    const dev = await sandbox.dev();
    // The first ledger creates the archive, so that both use the same one.
    const backfill = (from: number, to: number): string[] => [
      ...['backfill', '--source', `galexie:${lake}`, '--archive', archive, '--partition-size', '7'],
      ...['--ledgers', `${at(from)}-${at(to)}`, '--concurrency', '3'],
    ];
    expect((await sandbox.run(backfill(0, 0))).code).toBe(0);
    grower = spawn(process.execPath, [GROW, full, lake, '100'], { stdio: 'ignore' });
    const until = ['--until', at(LEDGERS - 1)];
    const [tailed, overlapping, adjoining] = await Promise.all([
      sandbox.json<TailResult>(tail(lake, archive, '--from', at(30), ...until)),
      // The tail reads these too: the second one to commit skips them.
      sandbox.json<BackfillResult>(backfill(25, 55)),
      sandbox.json<BackfillResult>(backfill(1, 24)),
    ]);
    for (const { code, stderr } of [tailed, overlapping, adjoining])
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(await coverageOf(archive)).toEqual(allCover(range));
    const verified = await sandbox.json<{ rows: object }>([
      ...['verify', '--archive', archive, '--ledgers', `${range.start}-${range.end}`, '--deep'],
    ]);
    expect(verified).toMatchObject({
      code: 0,
      document: { rows: { headers: LEDGERS, results: LEDGERS } },
    });
    dev.child.kill('SIGINT');
    expect((await dev.ended).code).toBe(0);
  }, 400_000);
});
