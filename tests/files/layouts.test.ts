import { readFile } from 'node:fs/promises';
import { parquetMetadata } from 'hyparquet';
import type { Layout } from '@parquetry/core';
import { Pipeline } from '../support/pipeline';

const DAY: Layout = { kind: 'ledger_day' };
const HOUR: Layout = { kind: 'hour' };
const TENS: Layout = { kind: 'ledger_range', width: 10 };
let pipeline: Pipeline;

beforeAll(async () => {
  pipeline = await Pipeline.open();
});
afterAll(() => pipeline.close());

const line = (ledger: number, closed: string, n = 0): string =>
  `{"message_type":"ev","ledger_sequence":${ledger},"closed_at":"${closed}","n":${n}}`;
const unix = (closed: string): number => Math.floor(Date.parse(closed) / 1000);
const name = (start: number, end: number, closed: string): string =>
  `stellar-data-${start}-${end}-${unix(closed)}.parquet`;
/** Rows of each file by the footer, as hyparquet reads it. */
const rowsOf = async (files: readonly { path: string }[]): Promise<number[]> =>
  Promise.all(
    files.map(async (file) => {
      const bytes = await readFile(file.path);
      return Number(
        parquetMetadata(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)).num_rows,
      );
    }),
  );

/** The folder of a close time in UTC (ISO 8601) in a layout by time, from its text. */
const folderOf = ({ kind }: Layout, closed: string): string => {
  const [year, month, day, hour] = closed.split(/[-T:]/);
  return `year=${year}/month=${month}/day=${day}${kind === 'hour' ? `/hour=${hour}` : ''}`;
};

describe.each([DAY, HOUR])('layout $kind', (layout) => {
  it('splits at midnight UTC, to the microsecond', async () => {
    const written = await pipeline.write(
      [
        [
          line(1, '2025-07-13T23:59:59.999999Z'),
          line(2, '2025-07-14T00:00:00Z'),
          line(2, '2025-07-14T00:00:00Z'),
        ],
      ],
      { start: 1, end: 5 },
      { layout },
    );
    expect(written.names).toEqual([
      `${folderOf(layout, '2025-07-13T23')}/${name(1, 1, '2025-07-13T23:59:59Z')}`,
      `${folderOf(layout, '2025-07-14T00')}/${name(2, 5, '2025-07-14T00:00:00Z')}`,
    ]);
    expect(await rowsOf(written.files)).toEqual([1, 2]);
    expect(written.files.map(({ reason }) => reason)).toEqual(['layout_edge', 'range_end']);
  });

  it('converts offsets to UTC before it chooses the day', async () => {
    const written = await pipeline.write(
      [
        [
          line(1, '2025-07-14T00:30:00+02:00'),
          line(2, '2025-07-13T20:30:00-04:00'),
          line(3, '2025-07-14T05:29:59+05:30'),
          line(4, '2025-07-14T05:30:00+05:30'),
        ],
      ],
      { start: 1, end: 4 },
      { layout },
    );
    expect(
      written.files.map(({ folder, ledgers }) => [folder.path, ledgers.map(({ ledger }) => ledger)]),
    ).toEqual([
      [folderOf(layout, '2025-07-13T22'), [1]],
      [folderOf(layout, '2025-07-14T00'), [2]],
      [folderOf(layout, '2025-07-13T23'), [3]],
      [folderOf(layout, '2025-07-14T00'), [4]],
    ]);
    expect(
      await pipeline.ask(written, 'select ledger_sequence, epoch_us(closed_at) from rows order by 1'),
    ).toEqual([
      [1, String(unix('2025-07-13T22:30:00Z') * 1_000_000)],
      [2, String(unix('2025-07-14T00:30:00Z') * 1_000_000)],
      [3, String(unix('2025-07-13T23:59:59Z') * 1_000_000)],
      [4, String(unix('2025-07-14T00:00:00Z') * 1_000_000)],
    ]);
  });

  it('handles a leap day and the days around the turn of a year', async () => {
    const closed = [
      '2024-02-28T23:59:59Z',
      '2024-02-29T12:00:00Z',
      '2024-03-01T00:00:00Z',
      '2024-12-31T23:59:59Z',
      '2025-01-01T00:00:00Z',
    ];
    const written = await pipeline.write(
      [closed.map((at, index) => line(index + 1, at))],
      { start: 1, end: 5 },
      { layout },
    );
    expect(written.files.map(({ folder }) => folder.path)).toEqual(closed.map((at) => folderOf(layout, at)));
    expect(written.files[1]?.folder.path).toMatch(/^year=2024\/month=02\/day=29(\/hour=12)?$/);
  });

  it('gives the same files for any order of the messages and any input files', async () => {
    const lines = Array.from({ length: 60 }, (_, index) =>
      line(100 + index, new Date(Date.parse('2025-07-13T23:55:00Z') + index * 10_000).toISOString(), index),
    );
    const range = { start: 100, end: 159 };
    const ordered = await pipeline.write([lines], range, { layout });
    const reversed = await pipeline.write([[...lines].reverse()], range, { layout });
    const dealt = await pipeline.write(
      [0, 1, 2].map((of) => lines.filter((_, index) => index % 3 === of)),
      range,
      { layout },
    );
    const identity = ({ files }: typeof ordered): unknown =>
      files.map(({ folder, name: file, sha256 }) => [folder.path, file, sha256]);
    expect(identity(reversed)).toEqual(identity(ordered));
    expect(identity(dealt)).toEqual(identity(ordered));
    expect(ordered.files.map(({ folder, range: of }) => [folder.path, of.start, of.end])).toEqual([
      [folderOf(layout, '2025-07-13T23'), 100, 129],
      [folderOf(layout, '2025-07-14T00'), 130, 159],
    ]);
  });

  it('rejects a message whose close time is in a different folder from its ledger, with the reason', async () => {
    const late = line(7, '2025-07-14T00:00:01Z', 3);
    const written = await pipeline.write(
      [
        [
          line(7, '2025-07-13T23:59:59Z', 1),
          line(7, '2025-07-13T23:00:00Z', 2),
          late,
          line(8, '2025-07-14T00:00:05Z', 4),
        ],
      ],
      { start: 7, end: 8 },
      { layout },
    );
    expect(written.rejects).toEqual([
      expect.objectContaining({
        code: 'CLOSE_TIME_CONFLICT',
        dataset: 'ev',
        ledger: 7,
        column: 'closed_at',
        expected: folderOf(layout, '2025-07-13T23'),
        actual: folderOf(layout, '2025-07-14T00'),
        position: expect.stringMatching(/input-0\.ndjson:3$/) as string,
        raw: late,
      }),
    ]);
    expect(await rowsOf(written.files)).toEqual([2, 1]);
    const anywhere = await pipeline.write(
      [[line(7, '2025-07-13T23:59:59Z'), late]],
      { start: 7, end: 7 },
      { layout: TENS },
    );
    expect(anywhere.rejects).toEqual([]);
  });
});

describe('layout hour', () => {
  it('splits at the full hour UTC, at ledger boundaries', async () => {
    const written = await pipeline.write(
      [
        [
          line(1, '2025-07-13T14:59:59Z'),
          line(2, '2025-07-13T15:00:00Z'),
          line(3, '2025-07-13T17:30:00+02:00'),
        ],
      ],
      { start: 1, end: 3 },
      { layout: HOUR },
    );
    expect(written.names).toEqual([
      `year=2025/month=07/day=13/hour=14/${name(1, 1, '2025-07-13T14:59:59Z')}`,
      `year=2025/month=07/day=13/hour=15/${name(2, 3, '2025-07-13T15:30:00Z')}`,
    ]);
  });

  it('rejects messages of one ledger in two hours, which layout ledger_day accepts', async () => {
    const lines = [line(7, '2025-07-13T14:00:00Z'), line(7, '2025-07-13T13:59:59.999999Z')];
    const rejects = async (layout: Layout): Promise<unknown[]> =>
      (await pipeline.write([lines], { start: 7, end: 7 }, { layout })).rejects.map(
        ({ code, expected, actual }) => [code, expected, actual],
      );
    expect(await rejects(HOUR)).toEqual([
      ['CLOSE_TIME_CONFLICT', folderOf(HOUR, '2025-07-13T14'), folderOf(HOUR, '2025-07-13T13')],
    ]);
    expect(await rejects(DAY)).toEqual([]);
  });
});

describe('layout ledger_range', () => {
  it('splits at multiples of the width, at any time', async () => {
    const written = await pipeline.write(
      [
        [9, 10, 19, 20].map((ledger) => line(ledger, '2025-07-13T23:59:59Z')),
        [line(25, '2025-07-14T09:00:00Z')],
      ],
      { start: 5, end: 34 },
      { layout: TENS },
    );
    expect(written.names).toEqual([
      `ledgers/0-10/${name(5, 9, '2025-07-13T23:59:59Z')}`,
      `ledgers/10-20/${name(10, 19, '2025-07-13T23:59:59Z')}`,
      `ledgers/20-30/${name(20, 29, '2025-07-14T09:00:00Z')}`,
    ]);
    expect(await rowsOf(written.files)).toEqual([1, 2, 2]);
  });
});

describe('every layout', () => {
  it.each([DAY, HOUR, TENS])(
    '$kind keeps one ledger of 100,000 rows in one file',
    async (layout) => {
      const lines = Array.from({ length: 100_000 }, (_, index) => line(42, '2025-07-13T14:00:00Z', index));
      const written = await pipeline.write([lines], { start: 40, end: 49 }, { layout, maxRowsPerFile: 10 });
      expect(await rowsOf(written.files)).toEqual([100_000]);
      expect(await pipeline.ask(written, 'select count(distinct n)::int, max(n)::int from rows')).toEqual([
        [100_000, 99_999],
      ]);
    },
    60_000,
  );

  it.each([DAY, HOUR, TENS])(
    '$kind covers ledgers without messages, and has no file for no rows',
    async (layout) => {
      const lines = [line(3, '2025-07-13T14:00:00Z'), line(8, '2025-07-13T14:00:20Z')];
      const some = await pipeline.write([lines], { start: 1, end: 9 }, { layout });
      expect(some.files.map(({ range, rows }) => [range.start, range.end, rows])).toEqual([[1, 9, 2]]);
      const none = await pipeline.write([lines], { start: 100, end: 199 }, { layout });
      expect(none.files).toEqual([]);
    },
  );

  it('closes a file at the first ledger boundary at or after its rows', async () => {
    const lines = [1, 1, 1, 2, 3, 3, 4].map((ledger, n) => line(ledger, '2025-07-13T14:00:00Z', n));
    const written = await pipeline.write([lines], { start: 1, end: 9 }, { maxRowsPerFile: 2 });
    expect(written.files.map(({ range, rows, reason }) => [range.start, range.end, rows, reason])).toEqual([
      [1, 1, 3, 'rows'],
      [2, 3, 3, 'rows'],
      [4, 9, 1, 'range_end'],
    ]);
  });
});

describe('codecs and integers', () => {
  const lines = Array.from({ length: 5000 }, (_, index) =>
    line(100 + Math.floor(index / 50), '2025-07-13T14:00:00Z', index),
  );
  const range = { start: 100, end: 199 };

  it.each([
    ['none', 'UNCOMPRESSED'],
    ['snappy', 'SNAPPY'],
    ['gzip', 'GZIP'],
    ['zstd', 'ZSTD'],
    ['brotli', 'BROTLI'],
    ['lz4', 'LZ4_RAW'],
  ] as const)(
    '%s is written, read back by the second reader, and the same bytes from two files',
    async (compression, parquet) => {
      const one = await pipeline.write([lines], range, { compression });
      const two = await pipeline.write([lines.slice(0, 2222), lines.slice(2222)], range, { compression });
      expect(two.files.map(({ sha256 }) => sha256)).toEqual(one.files.map(({ sha256 }) => sha256));
      const bytes = await readFile((one.files[0] as { path: string }).path);
      const metadata = parquetMetadata(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      expect(
        new Set(
          metadata.row_groups.flatMap(({ columns }) => columns.map((column) => column.meta_data?.codec)),
        ),
      ).toEqual(new Set([parquet]));
    },
  );

  it('signed integers are int64 in the file, its Arrow schema and its statistics', async () => {
    const written = await pipeline.write([lines], range, { integers: 'signed' });
    const types = written.schema.schema.fields.map(({ name: column, type }) => [column, type.type]);
    expect(Object.fromEntries(types)).toMatchObject({ ledger_sequence: 'int64', n: 'int64' });
    expect(
      await pipeline.ask(
        written,
        'select typeof(ledger_sequence), min(ledger_sequence)::int from rows group by 1',
      ),
    ).toEqual([['BIGINT', 100]]);
  });

  it('sort keys order the rows of a ledger; rows with equal keys keep the order of the source', async () => {
    const values = [3, 1, null, 2, 1];
    const sorted = values.map(
      (k, n) =>
        `{"message_type":"ev","ledger_sequence":${n === 4 ? 100 : 101},"closed_at":"2025-07-13T14:00:00Z","k":${k},"n":${n}}`,
    );
    const settings = { sortBy: ['k'] };
    const written = await pipeline.write([[...sorted, sorted[1] as string]], range, settings);
    expect(await pipeline.ask(written, 'select ledger_sequence, k::int, n::int from rows')).toEqual([
      [100, 1, 4],
      [101, 1, 1],
      [101, 1, 1],
      [101, 2, 3],
      [101, 3, 0],
      [101, null, 2],
    ]);
    const one = await pipeline.write([lines], range, { sortBy: ['n'] });
    const two = await pipeline.write([lines.slice(0, 777), lines.slice(777)], range, { sortBy: ['n'] });
    expect(two.files.map(({ sha256 }) => sha256)).toEqual(one.files.map(({ sha256 }) => sha256));
  });

  it('columns whose distinct values are at most half of the rows get a dictionary and a bloom filter; unique columns get neither', async () => {
    const rows = Array.from(
      { length: 122_880 },
      (_, n) =>
        `{"message_type":"ev","ledger_sequence":${100 + Math.floor(n / 2000)},"closed_at":"2025-07-13T14:00:00Z",` +
        `"contract_id":"C${String((n * 7919) % 40_000).padStart(55, 'A')}","hash":"${n.toString(16).padStart(64, '0')}"}`,
    );
    const written = await pipeline.write([rows], range, { compression: 'zstd' });
    const bytes = await readFile((written.files[0] as { path: string }).path);
    const { row_groups } = parquetMetadata(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    );
    const filters = Object.fromEntries(
      (row_groups[0]?.columns ?? []).map(({ meta_data }) => [
        meta_data?.path_in_schema[0],
        meta_data?.bloom_filter_offset !== undefined,
      ]),
    );
    expect(filters).toMatchObject({ contract_id: true, hash: false });
  }, 60_000);
});
