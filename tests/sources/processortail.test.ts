import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LedgerRange } from '@parquetry/core';
import { AnswerFiles, MessageTail, type TailView, openProcessorSource } from '@parquetry/source';
import type { ReadPosition } from '@parquetry/source';
import { testFolders } from '../support/folders';

const START = 1000;
const OPTIONS = { schemas: new Map() };
const folder = testFolders('processortail');

/** One message a ledger, except for multiples of four. */
const lines = (start: number, end: number): string =>
  Array.from({ length: end - start + 1 }, (_, index) => start + index)
    .filter((ledger) => ledger % 4 !== 0)
    .map(
      (ledger) =>
        `{"message_type":"trade","ledger_sequence":${ledger},"closed_at":"${new Date(Date.UTC(2025, 6, 13) + ledger * 5000).toISOString()}","price":"${ledger}.0000001"}\n`,
    )
    .join('');

describe('the tail of a processor', () => {
  let server: Server;
  let uri: string;
  let tip: number;
  let asked: string[];
  let retryAfter: string | undefined;
  let content = lines;
  beforeEach(async () => {
    [asked, tip, retryAfter, content] = [[], START + 20, undefined, lines];
    server = createServer((request, response) => {
      const { searchParams } = new URL(String(request.url), 'http://host');
      const [start, end] = [Number(searchParams.get('start')), Number(searchParams.get('end'))];
      asked.push(`${start}-${end}`);
      if (end > tip)
        response.writeHead(425, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end();
      else response.end(content(start, end));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/trades`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const open = (cursor: number, workDir: string, marks?: readonly ReadPosition[], lag = 0): MessageTail => {
    const known = marks === undefined ? {} : { marks };
    return new MessageTail(new AnswerFiles(uri, { cursor, workDir, width: 8, ...known }), {
      ...{ cursor, lag, datasets: [], workDir, messages: OPTIONS },
      ...known,
    });
  };
  const readAll = async (tail: MessageTail): Promise<TailView> => {
    let view = await tail.look();
    while (view.more) view = await tail.look();
    return view;
  };
  const ledgersOf = ({ facts }: TailView): number[] => facts.map(({ ledger }) => ledger);
  const withMessages = (start: number, end: number): number[] =>
    Array.from({ length: end - start + 1 }, (_, index) => start + index).filter((ledger) => ledger % 4 !== 0);

  it('requests growing ranges of a backlog, then ledger by ledger at the tip', async () => {
    const tail = open(START, folder());
    const view = await readAll(tail);
    expect(asked).toEqual([
      ...['1000-1000', '1001-1002', '1003-1006', '1007-1014', '1015-1022'],
      ...['1015-1015', '1016-1017', '1018-1021', '1018-1018', '1019-1020', '1021-1024', '1021-1021'],
    ]);
    // Ledger 1020 has no messages, and is known to have none.
    expect(view).toMatchObject({ closed: tip, more: false, tip: { ledger: tip } });
    expect(ledgersOf(view)).toEqual(withMessages(START, tip));

    asked = [];
    expect((await tail.look()).closed).toBe(tip);
    expect(asked).toEqual(['1021-1021']);
    tip += 1;
    const next = await readAll(tail);
    expect(next.closed).toBe(tip);
    expect(ledgersOf(next).at(-1)).toBe(tip);
  });

  it('keeps a distance, and does not request again before Retry-After', async () => {
    retryAfter = '60';
    const tail = open(START, folder(), undefined, 3);
    expect((await readAll(tail)).closed).toBe(tip - 3);
    asked = [];
    tip += 10;
    expect((await tail.look()).closed).toBe(START + 20 - 3);
    expect(asked).toEqual([]);
  });

  it('gives flushes that end inside an answer, each message once', async () => {
    const workDir = folder();
    let marks: readonly ReadPosition[] | undefined;
    const found: number[] = [];
    for (const range of [
      { start: START, end: START + 4 },
      { start: START + 5, end: START + 11 },
      { start: START + 12, end: START + 20 },
    ] as LedgerRange[]) {
      // A reader of another process, which has only the plan of the flush before.
      const tail = open(range.start, workDir, marks);
      const view = await readAll(tail);
      expect(Math.min(...ledgersOf(view))).toBeGreaterThanOrEqual(range.start);
      const index = await tail.index(range);
      expect(index.datasets).toMatchObject([{ dataset: 'trade' }]);
      expect([tail.rejects.late.count, tail.rejects.unusable.count]).toEqual([0, 0]);
      marks = (index.data as { marks: readonly ReadPosition[] }).marks;
      const stageDir = folder();
      const source = openProcessorSource(uri, { range, partitionSize: 8 }, OPTIONS);
      const { datasets } = await source.pull({
        ...{ stageId: 's', range, datasets: index.datasets, stageDir, spoolDir: folder() },
        index: JSON.parse(JSON.stringify(index)) as typeof index,
      });
      for (const { ledgers, rejected } of datasets) {
        expect(rejected).toBe(0);
        for (const { ledger, rows } of ledgers) found.push(...Array<number>(rows).fill(ledger));
      }
    }
    expect(found).toEqual(withMessages(START, START + 20));
    // Answers of committed flushes are removed.
    expect(readdirSync(workDir).length).toBeLessThan(8);
  });

  it('refuses a message of another range', async () => {
    content = (start, end) => lines(start, end + 1);
    await expect(readAll(open(START + 1, folder()))).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: expect.stringContaining('returned ledger 1002 for the range 1001') as string,
    });
  });
});
