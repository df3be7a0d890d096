import { appendFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reject } from '@parquetry/core';
import { Sandbox } from '../support/cli';

const line = (ledger: number, more: object = {}): string =>
  `${JSON.stringify({ message_type: 'trade', ledger_sequence: ledger, closed_at: `2025-07-13T00:${String(ledger % 60).padStart(2, '0')}:00Z`, id: ledger, ...more })}\n`;

describe('a tail of NDJSON files', () => {
  const sandbox = new Sandbox();
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

  it('takes whole lines of closed ledgers once, evolves the schema, keeps late messages aside', async () => {
    mkdirSync(folder);
    write('a.ndjson', line(100), line(101), line(102));
    const running = sandbox.start(tail(109));
    await sleep(4000);
    // Half a line, a file that appears, a message out of order, a ledger without messages.
    const half = line(103).slice(0, 30);
    write('a.ndjson', half);
    await sleep(1500);
    write('a.ndjson', line(103).slice(30), line(105), line(104));
    write('b.ndjson', line(106, { note: 'new column' }), line(108));
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

    // A second tail goes on from the commit log: what comes for a committed ledger now is late, not a row.
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

  it('holds names, nested values and majors as a backfill does', async () => {
    const other = sandbox.path('majors');
    const from = sandbox.path('swaps');
    mkdirSync(from);
    const swap = (ledger: number, amount: unknown, type = 'swap'): string =>
      `${JSON.stringify({ message_type: type, ledger_sequence: ledger, closed_at: '2025-07-13T00:00:00Z', amount, place: { x: ledger } })}\n`;
    const run = (until: number): Promise<{ code: number | null; stderr: string }> =>
      sandbox.run([
        ...['tail', '--source', `ndjson:${from}`, '--archive', other, '--partition-size', '10'],
        ...['--max-age', '1s', '--poll', '1s', '--nested', 'json', '--until', String(until)],
      ]);
    // Types that differ only in case can't both be tables: the first in byte order is kept, then the registered one.
    appendFileSync(
      `${from}/a.ndjson`,
      [swap(200, 1), swap(201, 2), swap(202, 3, 'swaP'), swap(205, 6)].join(''),
    );
    expect(await run(204)).toMatchObject({ code: 0 });
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
});
