import { appendFileSync, mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Archive } from '@parquetry/archive';
import { openStore } from '@parquetry/storage';
import { Sandbox } from '../support/cli';
import { freePort } from '../support/plainserver';

const line = (ledger: number, bytes = 0): string =>
  `${JSON.stringify({ message_type: 'trade', ledger_sequence: ledger, closed_at: '2025-07-13T00:00:00Z', text: 'x'.repeat(bytes) })}\n`;

describe('the triggers of a tail', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());
  const folder = sandbox.path('messages');
  const archive = sandbox.path('archive');
  const append = (...lines: readonly string[]): void => appendFileSync(`${folder}/a.ndjson`, lines.join(''));

  it('close a flush by rows, bytes and age, and each reason is in the metrics and the commit log', async () => {
    mkdirSync(folder);
    const metrics = `127.0.0.1:${await freePort()}`;
    append(...Array.from({ length: 11 }, (_, index) => line(100 + index)));
    const running = sandbox.start([
      ...['tail', '--source', `ndjson:${folder}`, '--archive', archive, '--partition-size', '1000'],
      ...[
        '--max-rows',
        '10',
        '--max-bytes',
        '100KB',
        '--max-age',
        '4s',
        '--poll',
        '1s',
        '--metrics',
        metrics,
      ],
    ]);
    /** Files of each reason, by the worker's metrics. */
    const counted = async (): Promise<Record<string, number>> => {
      const answer = await fetch(`http://${metrics}/metrics`).catch(() => undefined);
      const text = (await answer?.text()) ?? '';
      const found = text.matchAll(/^parquetry_files_total\{(.*)\} (\d+)$/gm);
      return Object.fromEntries(
        [...found].map(([, labels = '', count]) => [/reason="(\w+)"/.exec(labels)?.[1], Number(count)]),
      );
    };
    const until = async (wanted: Record<string, number>): Promise<void> => {
      let last: Record<string, number> = {};
      for (const end = Date.now() + 60_000; Date.now() < end; await sleep(200)) {
        last = await counted();
        if (Object.entries(wanted).every(([reason, count]) => last[reason] === count)) break;
        if (running.child.exitCode !== null) throw new Error(running.stderr());
      }
      expect(last).toEqual(wanted);
    };
    // Ledger 110 is open: one flush of ten rows.
    await until({ rows: 1 });
    append(line(111, 60_000), line(112, 60_000), line(113));
    await until({ rows: 1, bytes: 1 });
    // Neither rows nor bytes are reached, and no more messages come.
    append(line(114), line(115));
    await until({ rows: 1, bytes: 1, age: 1 });

    const opened = await Archive.open(openStore(archive));
    const { files } = await opened.dataset('trade').snapshot();
    expect(files.map(({ range, rows, reason }) => [range, rows, reason])).toEqual([
      [{ start: 100, end: 109 }, 10, 'rows'],
      [{ start: 110, end: 112 }, 3, 'bytes'],
      [{ start: 113, end: 114 }, 2, 'age'],
    ]);
  }, 240_000);
});
