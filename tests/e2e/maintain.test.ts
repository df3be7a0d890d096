import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSampleLake } from '@parquetry/sample';
import type { MaintainReport } from '@parquetry/workflows';
import { type Running, Sandbox } from '../support/cli';
import { PYTHON, pythonAsk } from '../support/python';

const DAY_MS = 86_400_000;

/** Objects below a folder, by their paths in it. */
function objects(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(json|parquet)$/.test(name))
    .sort();
}

describe('upkeep of an archive', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());
  const archive = sandbox.path('archive');
  const log = path.join(archive, 'ledgers/_delta_log');
  const lake = sandbox.path('lake');
  const orphan = path.join(archive, 'ledgers/year=2020/month=01/day=01/stellar-data-1-2-3.parquet');
  let range = { start: 0, end: 0 };
  let dev: Running;

  const maintain = (...more: string[]): string[] => [
    ...['maintain', '--archive', archive, '--partition-size', '20', ...more],
  ];
  const summaries = ({ steps }: Pick<MaintainReport, 'steps'>): Record<string, string> =>
    Object.fromEntries(steps.map(({ step, outcome, summary }) => [step, `${outcome}: ${summary}`]));
  const ok = async (args: readonly string[]): Promise<void> => {
    const { code, stderr } = await sandbox.run(args);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  };
  const dataFiles = (): string[] =>
    objects(path.join(archive, 'ledgers')).filter((name) => name.startsWith('year='));

  /** Makes everything that was written so far older: the times in commits and records, and those of the objects. */
  function age(days: number): void {
    const time = new Date(Date.now() - days * DAY_MS);
    for (const name of objects(archive)) {
      const file = path.join(archive, name);
      if (name.endsWith('.json')) {
        const text = readFileSync(file, 'utf8')
          .replace(/("commitInfo":\{"timestamp":)\d+/, `$1${time.getTime()}`)
          .replace(/("recordedAt":")[^"]+/, `$1${time.toISOString()}`);
        writeFileSync(file, text);
      }
      utimesSync(file, time, time);
    }
  }

  beforeAll(async () => {
    const made = await writeSampleLake({
      dir: lake,
      ledgers: 60,
      layout: { ledgersPerBatch: 1, batchesPerPartition: 64 },
    });
    range = made.ledgers;
    dev = await sandbox.dev();
    const lines = [1, 2, 3, 4].map((ledger) => {
      const message = {
        message_type: 'trade',
        ledger_sequence: ledger,
        closed_at: '2025-07-13T00:00:00Z',
        n: ledger,
      };
      const text = JSON.stringify(message);
      // A key that occurs twice.
      return ledger === 3 ? text.replace('"n":3', '"n":3,"n":4') : text;
    });
    writeFileSync(sandbox.path('trades.ndjson'), `${lines.join('\n')}\n`);
    const backfill = ['backfill', '--archive', archive, '--network', made.network];
    await ok([
      ...[...backfill, '--source', `galexie:${lake}`, '--types', 'ledgers', '--partition-size', '2'],
      ...['--ledgers', `${range.start}-${range.start + 49}`],
    ]);
    await ok([
      ...[...backfill, '--source', `ndjson:${sandbox.path('trades.ndjson')}`, '--ledgers', '1-4'],
      ...['--max-rejects', '1'],
    ]);
    mkdirSync(path.dirname(orphan), { recursive: true });
    writeFileSync(orphan, 'of a crash');
  }, 120_000);

  it('continues after kill -9: fewer files, the same rows, an older log removed', async () => {
    const versions = objects(log).filter((name) => /^\d+\.json$/.test(name)).length;
    expect(versions).toBeGreaterThanOrEqual(25);
    const files = dataFiles().length;
    age(60);
    const run = sandbox.start(maintain('--json'));
    // The compaction has made its first commit.
    while (objects(log).filter((name) => /^\d+\.json$/.test(name)).length === versions) await sleep(20);
    dev.child.kill('SIGKILL');
    run.child.kill('SIGKILL');
    await Promise.all([dev.ended, run.ended]);

    const { code, document, stderr } = await sandbox.json<MaintainReport>(maintain());
    if (code !== 0) throw new Error(`${stderr}\n${JSON.stringify(document)}`);
    expect(summaries(document)).toMatchObject({
      compact: expect.stringMatching(/^done: \d+ segments became \d/) as string,
      log: expect.stringMatching(
        /old commits and \d old checkpoints? removed|old commits and 0 old/,
      ) as string,
      gc: expect.stringMatching(/^done: \d+ files? removed/) as string,
      audit: expect.stringMatching(/no faults$/) as string,
      rejects: 'done: 1 new reject',
    });
    expect(document.rejects).toMatchObject([
      { dataset: 'trade', code: 'DUPLICATE_KEY', count: 1, ranges: [{ start: 1, end: 4 }] },
    ]);
    expect(dataFiles().length).toBeLessThan(files / 3);
    expect(existsSync(path.join(log, `${'0'.padStart(20, '0')}.json`))).toBe(false);
    expect(existsSync(orphan)).toBe(false);
    await ok(['verify', '--archive', archive, '--deep']);
  }, 180_000);

  it('does nothing the second time, also when a schedule starts it', async () => {
    dev = await sandbox.dev();
    const before = objects(archive);
    await ok(maintain('--every', '1d', '--name', 'upkeep'));
    expect((await sandbox.run(['schedule', 'list'])).stdout).toContain('upkeep');
    await ok(['schedule', 'trigger', 'upkeep']);
    let done: { status?: string; result?: MaintainReport } = {};
    while (done.status !== 'COMPLETED') {
      await sleep(300);
      const { document } = await sandbox.json<{ schedules: { recent: { workflowId: string }[] }[] }>([
        ...['schedule', 'list'],
      ]);
      const id = document.schedules[0]?.recent[0]?.workflowId;
      if (id !== undefined) done = (await sandbox.json<typeof done>(['status', id])).document;
      if (done.status === 'FAILED') throw new Error('the run failed');
    }
    expect(summaries(done.result as MaintainReport)).toMatchObject({
      compact: 'done: nothing to merge',
      log: 'done: nothing to clean up',
      gc: expect.stringMatching(/^done: nothing removed/) as string,
      rejects: expect.stringMatching(/^done: 0 new rejects since 20/) as string,
    });
    expect(objects(archive)).toEqual(before);
    const { document } = await sandbox.json<{ runs: { workflowId: string; type: string }[] }>([
      'runs',
      '--all',
    ]);
    // Their compactions are not runs of their own.
    expect(document.runs.filter(({ workflowId }) => workflowId.startsWith('maintain/'))).toMatchObject([
      { type: 'maintain' },
      { type: 'maintain' },
    ]);
    await ok(['schedule', 'delete', 'upkeep']);
  }, 180_000);

  it('runs next to a tail, and other readers read every row', async () => {
    age(60);
    const tail = sandbox.run([
      ...[
        'tail',
        '--source',
        `galexie:${lake}`,
        '--archive',
        archive,
        '--types',
        'ledgers',
        '--max-rows',
        '1',
      ],
      ...['--until', String(range.end), '--max-age', '1s', '--poll', '1s'],
    ]);
    for (let ended = false; !ended;) {
      const { code, document } = await sandbox.json<MaintainReport>(maintain());
      expect({ code, steps: code === 0 ? [] : document }).toEqual({ code: 0, steps: [] });
      ended = (await Promise.race([tail, sleep(10)])) !== undefined;
    }
    expect((await tail).code).toBe(0);
    await ok([
      'verify',
      '--archive',
      archive,
      '--deep',
      '--types',
      'ledgers',
      '--ledgers',
      `${range.start}-${range.end}`,
    ]);
    if (PYTHON === undefined) return;
    const tables = { ledgers: 'sequence' };
    const { ledgers = {} } = pythonAsk<{ ledgers?: Record<string, { rows: number }> }>('engines.py', {
      archive,
      tables,
    });
    expect(Object.entries(ledgers).map(([engine, { rows }]) => [engine, rows])).toEqual(
      ['pyarrow', 'delta-rs', 'polars', 'duckdb'].map((engine) => [engine, 60]),
    );
  }, 180_000);

  it('fails when a file is lost, and says what to run', async () => {
    const [lost = ''] = dataFiles();
    rmSync(path.join(archive, 'ledgers', lost));
    const { code, document } = await sandbox.json<{ error: { code: string; message: string; hint: string } }>(
      maintain('--skip', 'compact,log'),
    );
    expect(code).toBe(1);
    expect(document.error).toMatchObject({
      code: 'MAINTENANCE_FAILED',
      message: expect.stringMatching(/^audit: .*; 1 fault\.$/) as string,
      hint: expect.stringContaining(`parquetry audit --archive ${archive}`) as string,
    });
  }, 120_000);
});
