import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reject } from '@parquetry/core';
import type { TailResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';

const line = (ledger: number, more: object = {}): string =>
  `${JSON.stringify({ message_type: 'trade', ledger_sequence: ledger, closed_at: `2025-07-13T00:${String(ledger % 60).padStart(2, '0')}:00Z`, id: ledger, ...more })}\n`;

interface Parked {
  readonly workflowId: string;
  readonly error: { readonly code: string; readonly hint: string };
}

describe('a tail of NDJSON files', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => void (await sandbox.dev()), 60_000);
  afterAll(() => sandbox.dispose());
  const folder = sandbox.path('messages');
  const archive = sandbox.path('archive');
  const write = (file: string, ...lines: readonly string[]): void =>
    appendFileSync(`${folder}/${file}`, lines.join(''));
  const tail = (until: number): string[] => [
    ...['tail', '--source', `ndjson:${folder}`, '--archive', archive, '--partition-size', '10'],
    ...['--max-rows', '4', '--max-age', '1s', '--poll', '1s', '--until', String(until)],
  ];
  const query = async (sql: string): Promise<unknown[][]> => {
    const { document } = await sandbox.json<{ rows: unknown[][] }>(['query', '--archive', archive, sql]);
    return document.rows;
  };
  const late = (): Reject[] =>
    readdirSync(`${archive}/_parquetry/rejects/late`).flatMap((name) =>
      readFileSync(`${archive}/_parquetry/rejects/late/${name}`, 'utf8')
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text) as Reject),
    );

  it('reads complete lines of closed ledgers once, evolves the schema, rejects late messages', async () => {
    mkdirSync(folder);
    write('a.ndjson', line(100, { memo: null }), line(101, { memo: null }), line(102));
    const running = sandbox.start(tail(109));
    while (!/next ledger \d+/.test(running.stderr())) {
      if (running.child.exitCode !== null) throw new Error(running.stderr());
      await sleep(50);
    }
    await sleep(1500);
    // Half a line, a new file, a message out of order, a ledger without messages.
    const half = line(103).slice(0, 30);
    write('a.ndjson', half);
    await sleep(1000);
    write('a.ndjson', line(103).slice(30), line(105), line(104));
    write('b.ndjson', line(106, { note: 'new column', memo: 'hello' }), line(108, { memo: null }));
    await sleep(1000);
    write('a.ndjson', line(110));
    const ended = await running.ended;
    expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({
      code: 0,
      stderr: '',
    });
    const expected = [100, 101, 102, 103, 104, 105, 106, 108];
    expect(await query('select ledger_sequence from trade order by 1')).toEqual(
      expected.map((ledger) => [ledger]),
    );
    expect(await query('select id from trade where note is not null')).toHaveLength(1);
    // A key that was null so far becomes a column of its first value's type, not of JSON text.
    expect(await query('select ledger_sequence, memo from trade where memo is not null')).toEqual([
      [106, 'hello'],
    ]);

    // A second tail continues from the commit log: a message for a committed ledger is late, not a row.
    write('a.ndjson', line(101, { id: 7 }), line(111), line(112));
    const again = await sandbox.json<{ late: number; cursor: number }>(tail(111));
    expect(again).toMatchObject({ code: 0, document: { cursor: 112, late: 1 } });
    expect(late()).toEqual([
      expect.objectContaining({
        code: 'LATE_MESSAGE',
        ledger: 101,
        dataset: 'trade',
        raw: line(101, { id: 7 }).trim(),
      }),
    ]);
    expect(await query('select count(*), count(distinct ledger_sequence) from trade')).toEqual([
      ['10', '10'],
    ]);
    const verified = await sandbox.run(['verify', '--archive', archive, '--deep', '--ledgers', '100-111']);
    expect({ code: verified.code, out: verified.code === 0 ? '' : verified.stdout }).toEqual({
      code: 0,
      out: '',
    });
  }, 200_000);

  it('treats names, nested values and majors as a backfill does', async () => {
    const other = sandbox.path('majors');
    const from = sandbox.path('swaps');
    mkdirSync(from);
    const swap = (ledger: number, amount: unknown, type = 'swap'): string =>
      `${JSON.stringify({ message_type: type, ledger_sequence: ledger, closed_at: '2025-07-13T00:00:00Z', amount, place: { x: ledger } })}\n`;
    const args = (until: number, limit: number): string[] => [
      ...['tail', '--source', `ndjson:${from}`, '--archive', other, '--partition-size', '10'],
      ...['--max-age', '1s', '--poll', '1s', '--nested', 'json', '--until', String(until)],
      ...['--max-rejects', String(limit)],
    ];
    const run = (until: number): ReturnType<Sandbox['run']> => sandbox.run(args(until, 2));
    // Types that differ only in case can't both be tables: the first in byte order is kept, then the registered one.
    appendFileSync(
      `${from}/a.ndjson`,
      [swap(200, 1), swap(201, 2), swap(202, 3, 'swaP'), swap(205, 6)].join(''),
    );
    // Messages without a dataset count against the limit, as in a backfill; nothing after them is flushed.
    const parked = await sandbox.json<Parked>(args(204, 1));
    expect([parked.code, parked.document.error.code]).toEqual([1, 'PARTITIONS_PARKED']);
    expect(parked.document.error.hint).toContain('cut REJECTS_EXCEEDED: 2 messages of the source');
    expect(parked.document.error.hint).toMatch(
      /kept with their reasons in _parquetry\/rejects\/runs\/\w+\.ndjson/,
    );
    expect(existsSync(`${other}/swaP`)).toBe(false);
    expect((await sandbox.run(['stop', parked.document.workflowId])).code).toBe(0);
    const first = await run(204);
    expect([first.code, first.code === 0 ? '' : first.stderr]).toEqual([0, '']);
    expect(first.stdout).toContain(
      '2 messages without a usable type or ledger; see _parquetry/rejects/runs.',
    );
    expect((await sandbox.run(['schema', 'promote', 'swaP', '--from', '208', '--archive', other])).code).toBe(
      0,
    );
    const more = [206, 207].map((ledger) => swap(ledger, ledger, 'swaP'));
    const changed = [208, 209, 210, 211, 213].map((ledger) => swap(ledger, { units: 'x' }, 'swaP'));
    appendFileSync(`${from}/a.ndjson`, [...more, ...changed].join(''));
    const again = await run(211);
    expect([again.code, again.code === 0 ? '' : again.stderr]).toEqual([0, '']);
    const ask = async (sql: string): Promise<unknown[][]> => {
      const args = ['query', '--archive', other, sql];
      return (await sandbox.json<{ rows: unknown[][] }>(args)).document.rows;
    };
    expect(await ask('select ledger_sequence, place from "swaP" order by 1')).toEqual([
      [202, '{"x":202}'],
      [206, '{"x":206}'],
      [207, '{"x":207}'],
    ]);
    expect(await ask('select ledger_sequence, amount from "swaP.v2" order by 1')).toEqual(
      [208, 209, 210, 211].map((ledger) => [ledger, '{"units":"x"}']),
    );
    const unusable = readdirSync(`${other}/_parquetry/rejects/runs`).flatMap((name) =>
      readFileSync(`${other}/_parquetry/rejects/runs/${name}`, 'utf8')
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text) as Reject),
    );
    expect(unusable.map(({ code, position }) => [code, position.split(':').at(-1)]).sort()).toEqual([
      ['BAD_MESSAGE_TYPE', '1'],
      ['BAD_MESSAGE_TYPE', '2'],
      ['BAD_MESSAGE_TYPE', '4'],
    ]);
    const verified = await sandbox.run(['verify', '--archive', other, '--deep']);
    expect([verified.code, verified.code === 0 ? '' : verified.stdout]).toEqual([0, '']);
  }, 240_000);

  it.each([
    {
      mode: 'freeze',
      says: 'SCHEMA_CONFLICT: The schema of trade is frozen and has no column for + memo: string (1 message, the first is ',
      way: ['--contract-columns', 'evolve'],
      taken: { rows: 4, rejected: 0, version: 2 },
    },
    {
      mode: 'reject_row',
      says: 'REJECTS_EXCEEDED: 1 messages of trade were rejected; 0 are allowed per partition',
      way: ['--contract-columns', 'reject_row', '--max-rejects', '1'],
      taken: { rows: 3, rejected: 1, version: 1 },
    },
  ])(
    'parks at the flush that its contract forbids, $mode, and continues from there with another one',
    async ({ mode, says, way, taken }) => {
      const from = sandbox.path(`from-${mode}`);
      const other = sandbox.path(`archive-${mode}`);
      mkdirSync(from);
      const args = (until: number, ...more: string[]): string[] => [
        ...['tail', '--source', `ndjson:${from}`, '--archive', other, '--partition-size', '10'],
        ...['--max-age', '1s', '--poll', '1s', '--until', String(until), ...more],
      ];
      const rows = async (): Promise<unknown> => {
        const ask = ['query', '--archive', other, 'select count(*)::int from trade'];
        return (await sandbox.json<{ rows: unknown[][] }>(ask)).document.rows[0]?.[0];
      };
      appendFileSync(`${from}/a.ndjson`, [line(300), line(301), line(302)].join(''));
      expect((await sandbox.run(args(301))).code).toBe(0);
      appendFileSync(`${from}/a.ndjson`, [line(303, { memo: 'hello' }), line(304)].join(''));
      const parked = await sandbox.json<Parked>(args(303, '--contract-columns', mode));
      expect([parked.code, parked.document.error.code]).toEqual([1, 'PARTITIONS_PARKED']);
      expect(parked.document.error.hint).toContain(says);
      expect(parked.document.error.hint).toContain('a.ndjson:4');
      // Nothing of the flush is committed, not even the row that fits.
      expect(await rows()).toBe(2);
      expect((await sandbox.run(['stop', parked.document.workflowId])).code).toBe(0);
      const { code, document } = await sandbox.json<TailResult>(args(303, ...way));
      expect([code, document.tally.rejected, await rows()]).toEqual([0, taken.rejected, taken.rows]);
      const versions = readdirSync(`${other}/_parquetry/schemas/trade`);
      expect(versions).toHaveLength(taken.version);
      expect((await sandbox.run(['verify', '--archive', other, '--ledgers', '300-303'])).code).toBe(0);
    },
    120_000,
  );
});
