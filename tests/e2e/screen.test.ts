import { renameSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSampleLake } from '@parquetry/sample';
import { Sandbox } from '../support/cli';
import { Pty, itWithPty } from '../support/pty';
import { ledgerFile } from '../support/ledgerfile';

const BAR = /^[█░]+ \d+ %/m;

describe('a run on a terminal', () => {
  const sandbox = new Sandbox();
  const open = new Set<Pty>();
  afterAll(async () => {
    for (const pty of open) pty.kill();
    await sandbox.dispose();
  });

  function onTerminal(columns: number, rows: number, ...args: readonly string[]): Pty {
    const pty = new Pty(sandbox, args, columns, rows);
    open.add(pty);
    void pty.ended.then(() => open.delete(pty));
    return pty;
  }

  /** The screen of a run in progress has one bar and nothing wider than the terminal. */
  function expectSteady(lines: readonly string[], columns: number): void {
    expect(lines.filter((line) => BAR.test(line))).toHaveLength(1);
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
  }

  itWithPty(
    'with a parked partition says what to do',
    async () => {
      const layout = { ledgersPerBatch: 1, batchesPerPartition: 64 };
      const { ledgers } = await writeSampleLake({ dir: sandbox.path('lake'), ledgers: 80, layout });
      const { start, end } = ledgers;
      const object = ledgerFile(sandbox.path('lake'), start + 7);
      renameSync(object, `${object}.away`);

      const range = `${start}-${end}`;
      const parked = onTerminal(
        ...([100, 30] as const),
        ...['backfill', '--source', 'galexie:lake', '--archive', 'archive', '--ledgers', range],
        ...['--partition-size', '4', '--concurrency', '2'],
      );
      const during = await parked.until(/· 1 parked ·[^]*parquetry retry/);
      expectSteady(during, 100);
      expect(await parked.text()).toMatch(
        /^parked: ledgers \d+-\d+: ledgers, transactions, .*: pull LEDGER_MISSING: Ledger \d+ is missing/m,
      );
      const later = await parked.until(/^ {2}transactions +[1-9][\d,]* rows +\d+ files +[\d.]+ [kM]B$/m);
      expectSteady(later, 100);
      const { code, text } = await parked.end();
      expect(code).toBe(1);
      expect(text).toMatch(
        /^error PARTITIONS_PARKED: 1 of \d+ partitions are parked; the others are committed\.$/m,
      );
      expect(text).toMatch(new RegExp(`^ +parquetry retry backfill-${range}-[0-9a-f]{8}$`, 'm'));
      // Nothing of the bar is left.
      expect(text).not.toMatch(/[█░]/);
    },
    120_000,
  );

  itWithPty(
    'is steady when the terminal changes its size, and comes back after Ctrl-C',
    async () => {
      const { ledgers } = await writeSampleLake({ dir: sandbox.path('lake2'), ledgers: 120, start: 500_000 });
      const range = `${ledgers.start}-${ledgers.end}`;
      const running = onTerminal(
        ...([100, 30] as const),
        ...['backfill', '--source', 'galexie:lake2', '--archive', 'archive2', '--ledgers', range],
        ...['--partition-size', '4', '--concurrency', '1'],
      );
      expectSteady(await running.until(/[1-9]\d* of \d+ partitions/), 100);
      for (const [columns, rows] of [
        [50, 20],
        [120, 40],
        [60, 16],
      ] as const) {
        running.resize(columns, rows);
        await sleep(600);
        expectSteady(await running.until(BAR), columns);
      }
      running.interrupt();
      const { code, text } = await running.end();
      expect(code).toBe(130);
      expect(text).not.toMatch(/[█░]/);
      expect(text).toMatch(/^Detached from backfill-\S+: \d+ of 30 partitions are complete\.$/m);
      expect(text).toContain('the run is paused');
      expect(text).toMatch(/^ {2}parquetry attach backfill-500000-500119-[0-9a-f]{8}$/m);

      const listed = await sandbox.json<{
        runs: { workflowId: string; state: string; answeredBy: string }[];
      }>(['runs']);
      expect(listed.document.runs[0]).toMatchObject({
        workflowId: expect.stringMatching(/^backfill-500000-500119-/) as string,
        state: 'running',
        partitions: { total: 30 },
      });

      const back = await sandbox.run(['attach', 'backfill-5']);
      expect({ code: back.code, done: back.stdout.includes('30 of 30 partitions written') }).toEqual({
        code: 0,
        done: true,
      });
      const after = await sandbox.run(['runs']);
      expect(after.stdout).toMatch(/backfill-500000-500119-[0-9a-f]{8} +│ completed +│ 500000-500119 /);
    },
    180_000,
  );
});
