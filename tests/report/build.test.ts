import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Archive } from '@parquetry/archive';
import {
  type Commands,
  type PartitionData,
  type ReportData,
  ReportCache,
  buildReport,
  decodeRuns,
} from '@parquetry/report';
import { type MadeSegment, makeArchive, makePlan } from './made';

const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-report-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const COMMANDS: Commands = {
  fill: ({ range, datasets, plan }) =>
    `fill ${range.start}-${range.end} ${datasets.join()} ${plan?.key ?? 'no plan'}`,
  retry: ({ run, range }) => `retry ${run} ${range.start}`,
};
const NOW = Date.UTC(2025, 6, 15);

let archives = 0;
const folder = (): string => path.join(dir, String(archives++));

const build = (
  archive: Archive,
  more: Partial<Parameters<typeof buildReport>[0]> = {},
): Promise<ReportData> =>
  buildReport({
    archive,
    commands: COMMANDS,
    temporal: { unavailable: 'no server' },
    targetBytes: 128 * 2 ** 20,
    now: NOW,
    ...more,
  });

const segment = (start: number, end: number, more: Partial<MadeSegment> = {}): MadeSegment => ({
  range: { start, end },
  ...more,
});

const spans = (data: ReportData, dataset: string): string[] => {
  const { runs = [] } = data.datasets.find(({ name }) => name === dataset) ?? {};
  return decodeRuns(runs, data.range?.start ?? 0).map(({ start, end, state }) => `${start}-${end} ${state}`);
};

describe('the report of an archive', () => {
  it('has the states, sums, sizes, schemas, proofs and rejects of its datasets, and the work that is left', async () => {
    const archive = await makeArchive(folder(), {
      events: [
        segment(101, 110, {
          files: [{ size: 1000, rows: 10 }],
          proof: { kind: 'chain', firstPreviousHash: 'a', lastHash: 'b' },
        }),
        segment(111, 120, {
          by: 'tail/1',
          files: [],
          proof: { kind: 'chain', firstPreviousHash: 'x', lastHash: 'c' },
        }),
        segment(131, 140, {
          by: 'compact/1',
          schema: 2,
          files: [
            { size: 200e6, rows: 20 },
            { size: 70_000, rows: 5 },
          ],
          rejectedLedgers: [133, 134],
          rejects: [
            { code: 'NOT_JSON', reason: 'The line is not JSON.', position: 'a:1' },
            { code: 'BAD_TIME', reason: 'first', position: 'a:2', count: 41, first: 'a:2', last: 'a:99' },
            { code: 'BAD_TIME', reason: 'second', position: 'a:3' },
          ],
        }),
      ],
      other: [segment(101, 140, { unrecorded: true })],
    });
    await makePlan(archive, 'one', { range: { start: 101, end: 150 } }, ['events', 'other', 'never']);
    const data = await build(archive);
    expect(data).toMatchObject({
      version: 1,
      madeAt: '2025-07-15T00:00:00.000Z',
      archive: { network: 'testnet', layout: 'ledger_day' },
      range: { start: 101, end: 150 },
      moreDatasets: 0,
      temporal: { unavailable: 'no server' },
    });
    expect(spans(data, 'events')).toEqual([
      '101-110 committed',
      '111-120 tail',
      '121-130 gap',
      '131-132 compacted',
      '133-134 rejected',
      '135-140 compacted',
      '141-150 gap',
    ]);
    expect(spans(data, 'other')).toEqual(['101-140 committed', '141-150 gap']);
    expect(spans(data, 'never')).toEqual(['101-150 gap']);
    expect(data.work.map(({ command }) => command)).toEqual([
      'fill 101-150 never _parquetry/runs/one.json',
      'fill 121-130 events _parquetry/runs/one.json',
      'fill 141-150 events,other _parquetry/runs/one.json',
    ]);
    const [events, , other] = data.datasets;
    expect(events).toMatchObject({
      name: 'events',
      rows: 35,
      bytes: 200_071_000,
      files: 3,
      segments: 3,
      wanted: 50,
      cell: 1,
      rowsPerDay: [35],
      bytesPerDay: [200_071_000],
      proof: { kind: 'mixed', chained: 20, declared: 10, unrecorded: 0 },
    });
    expect(events?.proof.breaks).toEqual([expect.stringContaining('Ledger 111 has the previous hash x')]);
    expect(events?.schemas).toMatchObject([
      { version: 1, columns: 2, changes: [], range: { start: 101, end: 120 } },
      {
        version: 2,
        columns: 3,
        changes: ['+ memo: utf8, nullable'],
        range: { start: 131, end: 140 },
        since: '2025-07-14T00:02:00.000Z',
      },
    ]);
    expect(other?.proof).toEqual({ kind: 'none', chained: 0, declared: 0, unrecorded: 1, breaks: [] });
    const sizes = data.sizes.bounds
      .map((bound, index) => [bound, events?.filesPerSize[index] ?? 0])
      .filter(([, count]) => count !== 0);
    expect(sizes).toEqual([
      [65_536, 1],
      [131_072, 1],
      [268_435_456, 1],
    ]);
    expect(data.rejects).toEqual({
      total: 43,
      unread: 0,
      unreadFiles: 0,
      reasons: [
        { dataset: 'events', code: 'BAD_TIME', count: 42, example: 'a:2: first' },
        { dataset: 'events', code: 'NOT_JSON', count: 1, example: 'a:1: The line is not JSON.' },
      ],
    });
    expect(data.clock[0]?.[0]).toBe(110);
  });

  it('takes what Temporal says: a parked partition is no gap, and has its own command', async () => {
    const archive = await makeArchive(folder(), { events: [segment(1, 10), segment(21, 30)] });
    await makePlan(archive, 'one', { range: { start: 1, end: 40 } }, ['events']);
    const active: PartitionData[] = [
      {
        id: 'run/p/11',
        run: 'run',
        state: 'parked',
        range: { start: 11, end: 20 },
        datasets: ['events'],
        seconds: 5,
        reason: 'LEDGER_MISSING: why',
      },
    ];
    const temporal = {
      address: 'a:1',
      namespace: 'n',
      runs: [],
      moreRuns: false,
      active,
      slowest: [],
      retried: [],
      compared: 0,
    };
    const data = await build(archive, { temporal });
    expect(spans(data, 'events')).toEqual(['1-10 committed', '11-20 parked', '21-30 committed', '31-40 gap']);
    expect(data.work).toEqual([
      {
        kind: 'parked',
        range: { start: 11, end: 20 },
        datasets: ['events'],
        command: 'retry run 11',
        note: 'LEDGER_MISSING: why',
        workflow: 'run/p/11',
      },
      {
        kind: 'gap',
        range: { start: 31, end: 40 },
        datasets: ['events'],
        command: expect.stringContaining('fill 31-40 events'),
      },
    ]);
  });

  it('says that the source is unknown where no plan requested a gap', async () => {
    const archive = await makeArchive(folder(), { events: [segment(1, 10), segment(21, 30)] });
    expect((await build(archive)).work).toEqual([
      {
        kind: 'gap',
        range: { start: 11, end: 20 },
        datasets: ['events'],
        command: 'fill 11-20 events no plan',
        note: expect.stringContaining('replace SOURCE'),
      },
    ]);
  });

  it('can be of some ledgers and some datasets', async () => {
    const archive = await makeArchive(folder(), {
      a: [segment(1, 10), segment(21, 30)],
      b: [segment(1, 30)],
    });
    const data = await build(archive, { range: { start: 5, end: 22 }, datasets: ['a'] });
    expect(data.datasets.map(({ name }) => name)).toEqual(['a']);
    expect(spans(data, 'a')).toEqual(['5-10 committed', '11-20 gap', '21-22 committed']);
    expect(data.datasets[0]).toMatchObject({ wanted: 18, rows: 2000 });
    await expect(build(archive, { datasets: ['c'] })).rejects.toMatchObject({ code: 'MESSAGE_TYPE_UNKNOWN' });
  });

  it('of an empty archive has nothing', async () => {
    const data = await build(await makeArchive(folder(), {}));
    expect(data).toMatchObject({ datasets: [], work: [], clock: [], rejects: { total: 0 } });
    expect(data.range).toBeUndefined();
  });

  it('reads a record once, however often it is made', async () => {
    const archive = await makeArchive(folder(), { events: [segment(1, 10), segment(11, 20)] });
    const read = jest.spyOn(archive.store, 'get');
    const cache = new ReportCache();
    const first = await build(archive, { cache });
    const records = (): number => read.mock.calls.filter(([key]) => key.includes('/segments/')).length;
    expect(records()).toBe(2);
    expect(await build(archive, { cache })).toEqual(first);
    expect(records()).toBe(2);
  });

  it('stays small with gaps at every second ledger: the map becomes coarse and keeps every state', async () => {
    const holes = Array.from({ length: 2100 }, (_, index) =>
      segment(1 + 2 * index, 1 + 2 * index, { files: [], unrecorded: true }),
    );
    const archive = await makeArchive(folder(), { events: holes });
    const data = await build(archive);
    const [events] = data.datasets;
    expect(events?.runs.length).toBeLessThanOrEqual(8_000);
    expect(events?.cell).toBeGreaterThan(1);
    expect(events?.ledgers).toMatchObject({ committed: 2100, gap: 2099 });
    expect(data.work).toHaveLength(200);
    expect(data.moreWork).toBe(1_899);
    expect(JSON.stringify(data).length).toBeLessThan(100_000);
  });
});
