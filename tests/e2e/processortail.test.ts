import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TailResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';

const START = 1000;
const UNTIL = START + 59;

/** Two messages a ledger, except for multiples of seven. */
const lines = (ledger: number): string =>
  ledger % 7 === 0
    ? ''
    : ['a', 'b']
        .map(
          (id) =>
            `${JSON.stringify({ message_type: 'trade', ledger_sequence: ledger, closed_at: new Date(Date.UTC(2025, 6, 13) + ledger * 5000).toISOString(), id })}\n`,
        )
        .join('');

describe('a tail of a processor', () => {
  const sandbox = new Sandbox();
  let server: Server;
  let tip = START + 30;
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await sandbox.dispose();
  });

  it('follows it ledger by ledger, also after the worker was killed', async () => {
    server = createServer((request, response) => {
      const { searchParams } = new URL(String(request.url), 'http://host');
      const [start, end] = [Number(searchParams.get('start')), Number(searchParams.get('end'))];
      if (end > tip) return void response.writeHead(425).end();
      let text = '';
      for (let ledger = start; ledger <= end; ledger++) text += lines(ledger);
      response.end(text);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/trades`;
    const archive = sandbox.path('archive');
    const tail = [
      ...['tail', '--source', uri, '--archive', archive, '--partition-size', '20', '--from', String(START)],
      ...['--max-rows', '10', '--max-age', '1s', '--poll', '1s', '--until', String(UNTIL)],
    ];
    const committed = async (): Promise<number> => {
      const { code, document } = await sandbox.json<{ rows: [number][] }>([
        ...['query', '--archive', archive, 'select count(distinct ledger_sequence) from trade'],
      ]);
      return code === 0 ? Number(document.rows[0]?.[0]) : 0;
    };
    const first = sandbox.start(tail);
    for (let tries = 0; (await committed()) < 12 && tries < 60; tries++) await sleep(500);
    first.child.kill('SIGKILL');
    await first.ended;

    const second = sandbox.start([...tail, '--json']);
    for (; tip < UNTIL; tip += 1) await sleep(300);
    const { code, stdout } = await second.ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout) as TailResult).toMatchObject({ cursor: UNTIL + 1 });

    const { document } = await sandbox.json<{ rows: unknown[][] }>([
      ...['query', '--archive', archive],
      "select ledger_sequence, string_agg(id, ',' order by id) from trade group by all order by 1",
    ]);
    const expected = Array.from({ length: 60 }, (_, index) => START + index).filter((each) => each % 7 !== 0);
    expect(document.rows).toEqual(expected.map((ledger) => [ledger, 'a,b']));
    const verified = await sandbox.json<{ datasets: unknown[] }>(['verify', '--archive', archive, '--deep']);
    expect(verified.code).toBe(0);
    expect(verified.document.datasets).toMatchObject([{ coverage: [{ start: START, end: UNTIL }] }]);
  }, 240_000);
});
