import { appendFile } from 'node:fs/promises';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Archive } from '@parquetry/archive';
import { openStore } from '@parquetry/storage';
import type { CutResult, TailSpec } from '@parquetry/workflows';
import { createWatchActivities } from '.';
import type { Host } from '../host';
import { runAll, runStep, runTask, testHost } from '../testing/host';

const line = (type: string, ledger: number): string =>
  `${JSON.stringify({ message_type: type, ledger_sequence: ledger, closed_at: '2025-07-13T01:00:00Z', n: ledger })}\n`;

let dir: string;
let host: Host;
let end: () => Promise<void>;

beforeAll(async () => {
  ({ dir, host, end } = await testHost('tailmessages'));
});

afterAll(() => end());

/** A tail of `NAME/*.ndjson` into `NAME-archive`, one step after the other as its workflow does. */
class Tail {
  readonly archive: string;
  private readonly steps = createWatchActivities(host.deps);

  constructor(private readonly name: string) {
    this.archive = path.join(dir, `${name}-archive`);
  }

  append(file: string, ...lines: readonly string[]): Promise<void> {
    return appendFile(path.join(dir, `${this.name}-${file}.ndjson`), lines.join(''));
  }

  /** Follows the files up to ledger `until`; resolves to late messages. */
  async run(
    until: number,
    types?: readonly string[],
    from: 'committed' | number = 'committed',
  ): Promise<number> {
    const spec = this.spec(types);
    const start = await runStep(this.steps.openTail, { spec, from, lag: 0 });
    const policy = { maxRows: 5, maxBytes: 1_000_000, maxAgeSeconds: 1 };
    let [cursor, late] = [start.cursor, 0];
    let previous: string | undefined;
    let since: number | undefined;
    while (cursor <= until) {
      const request = { spec, start, cursor, lag: 0, policy, pollSeconds: 1, until };
      const cut: CutResult = await runStep(this.steps.cut, {
        ...request,
        ...(previous === undefined ? {} : { previous }),
        ...(since === undefined ? {} : { since }),
      });
      since = cut.kind === 'wait' ? cut.since : undefined;
      if (cut.kind === 'skip') cursor = cut.cursor;
      if (cut.kind !== 'flush') continue;
      late += cut.late;
      await runTask(host, { archive: this.archive, plan: cut.plan, task: cut.task });
      previous = cut.plan;
      cursor = cut.task.range.end + 1;
    }
    return late;
  }

  async backfill(first: number, last: number): Promise<void> {
    await runAll(host, { ...this.spec(), range: { start: first, end: last } });
  }

  /** Rows of each committed ledger of a dataset. */
  async rows(dataset: string): Promise<ReadonlyMap<number, number>> {
    const archive = await Archive.open(openStore(this.archive));
    const { segments } = await archive.dataset(dataset).snapshot();
    const found = new Map<number, number>();
    for (const { id } of segments)
      for (const { ledger, rows } of (await archive.dataset(dataset).segment(id)).identity.ledgers)
        found.set(ledger, rows);
    return found;
  }

  rejects(): readonly string[] {
    const folder = path.join(this.archive, '_parquetry/rejects/late');
    return readdirSync(folder).flatMap((name) =>
      readFileSync(path.join(folder, name), 'utf8').trim().split('\n'),
    );
  }

  private spec(types?: readonly string[]): TailSpec {
    return {
      source: { uri: `ndjson:${path.join(dir, `${this.name}-*.ndjson`)}` },
      archive: this.archive,
      partitionSize: 1_000,
      settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
      maxRejects: 0,
      verify: 'ledger',
      ...(types === undefined ? {} : { types }),
    };
  }
}

const ledgers = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('a tail of messages', () => {
  it('reads the messages of a type that an earlier tail of the same files passed over', async () => {
    const tail = new Tail('types');
    for (const ledger of ledgers(1, 21)) await tail.append('a', line('a', ledger));
    for (const ledger of ledgers(11, 21)) await tail.append('b', line('b', ledger));
    await tail.run(20, ['a'], 1);
    await tail.run(20, ['a', 'b']);
    const expected = new Map(ledgers(11, 20).map((ledger) => [ledger, 1]));
    expect(await tail.rows('b')).toEqual(expected);
    expect((await tail.rows('a')).size).toBe(20);
  }, 120_000);

  it('calls messages late that arrive after their ledger was committed, not rows of another run', async () => {
    const tail = new Tail('late');
    for (const ledger of ledgers(1, 6)) await tail.append('a', line('a', ledger));
    await tail.run(5, undefined, 1);
    for (const ledger of ledgers(7, 16)) await tail.append('a', line('a', ledger));
    await tail.backfill(6, 15);
    // Ledger 3 is of the first run of the tail, ledger 9 of the backfill: these messages have no place any more.
    await tail.append('a', line('a', 3), line('a', 9), line('a', 21));
    expect(await tail.run(20)).toBe(2);
    expect(tail.rejects()).toEqual([
      expect.stringMatching(/^\{.*"LATE_MESSAGE".*Ledger 3 was committed/),
      expect.stringMatching(/^\{.*"LATE_MESSAGE".*Ledger 9 was committed/),
    ]);
    expect([...(await tail.rows('a')).keys()].sort((a, b) => a - b)).toEqual([...ledgers(1, 16)]);
  }, 120_000);
});
