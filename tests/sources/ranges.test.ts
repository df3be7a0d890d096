import fs from 'node:fs/promises';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { compress, decompress } from '@mongodb-js/zstd';
import {
  ALL_LEDGERS,
  DEFAULT_WRITE_SETTINGS,
  type LedgerTimes,
  type ResolveOptions,
  formatTimed,
  parsePoint,
  parseRanges,
  resolvePoint,
  resolveRanges,
} from '@parquetry/core';
import { SAMPLE_NETWORK, writeSampleLake } from '@parquetry/sample';
import { batchesOf, objectKey, readBatchHeader } from '@parquetry/stellar';
import type { RunSpec } from '@parquetry/workflows';
import { sourceTimes } from '../../apps/worker/src/probe';
import { type Ran, runInProcess } from '../../apps/cli/src/testing/run';
import { runAll, testHost } from '../../apps/worker/src/testing/host';
import { Archive, archiveTimes } from '@parquetry/archive';
import { openStore } from '@parquetry/storage';
import { HAS_TEST_DATA, TEST_DATA } from '../support/cli';
import { testFolders } from '../support/folders';
import { RpcNode, ledgersOf } from '../support/rpcnode';

const folder = testFolders('ranges');
const START = 1000;
const COUNT = 200;
const LAST = START + COUNT - 1;
/** Close time of a sample ledger, Unix seconds: an hour around midnight, evenly. */
const closed = (ledger: number): number =>
  Date.UTC(2025, 6, 13, 23, 30) / 1000 + Math.floor(((ledger - START) * 3600) / (COUNT - 1));
/** The first ledger that closed at or after `hh:mm:ss` of the sample's hour. */
const from = (time: string): number => {
  const day = time.startsWith('23') ? '2025-07-13' : '2025-07-14';
  const seconds = Date.parse(`${day}T${time}Z`) / 1000;
  for (let ledger = START; ; ledger++) if (closed(ledger) >= seconds) return ledger;
};
/** The last ledger that closed before a time. */
const before = (time: string): number => from(time) - 1;

/** Ledgers of one object in every lake. */
const GAP = { start: 1088, end: 1151 };
const lakes = new Map<string, string>();

const spec = (uri: string, archive = 'none', range = ALL_LEDGERS): RunSpec => ({
  ...{ source: { uri }, archive, range, partitionSize: 50, settings: DEFAULT_WRITE_SETTINGS },
  ...{ types: ['ledgers', 'contract_events'], maxRejects: 0, verify: 'ledger' },
});
const openArchiveTimes = async (root: string): Promise<LedgerTimes> =>
  archiveTimes(await Archive.open(openStore(root)));
const signal = new AbortController().signal;
const times = (uri: string): Promise<LedgerTimes> => sourceTimes(spec(uri), { workDir: folder(), signal });
const resolved = async (
  uri: string,
  text: string,
  edges: ResolveOptions['edges'] = 'refuse',
): Promise<string> => {
  const ranges = await resolveRanges(parseRanges(text), () => times(uri), { edges });
  return ranges.map(({ start, end }) => `${start}-${end}`).join(', ');
};

beforeAll(async () => {
  const dir = folder();
  const layout = { ledgersPerBatch: 1, batchesPerPartition: 64 };
  await writeSampleLake({ dir, ledgers: COUNT, start: START, layout });
  const bodies = new Map<number, Buffer>();
  for (let ledger = START; ledger <= LAST; ledger++) {
    const bytes = await decompress(readFileSync(path.join(dir, objectKey(layout, ledger))));
    bodies.set(ledger, bytes.subarray(readBatchHeader(bytes, 'object').offset));
  }
  const rest = new Map([...bodies].filter(([ledger]) => ledger < GAP.start || ledger > GAP.end));
  for (const width of [1, 8, 64]) {
    lakes.set(`whole ${width}`, await writeLake(bodies, width));
    lakes.set(`gap ${width}`, await writeLake(rest, width));
  }
}, 120_000);

/** The same ledgers in objects of another width. */
async function writeLake(bodies: ReadonlyMap<number, Buffer>, width: number): Promise<string> {
  const dir = folder();
  const layout = { ledgersPerBatch: width, batchesPerPartition: 64 / width };
  const config = { networkPassphrase: SAMPLE_NETWORK, compression: 'zstd', ...layout };
  writeFileSync(path.join(dir, '.config.json'), JSON.stringify(config));
  for (const batch of batchesOf(layout, { start: START, end: LAST })) {
    const inside = [...bodies].filter(([ledger]) => batch.start <= ledger && ledger <= batch.end);
    const [first, last] = [inside[0]?.[0], inside.at(-1)?.[0]];
    if (first === undefined || last === undefined) continue;
    const header = Buffer.alloc(12);
    [first, last, inside.length].forEach((value, index) => header.writeUInt32BE(value, index * 4));
    const file = path.join(dir, objectKey(layout, first));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, await compress(Buffer.concat([header, ...inside.map(([, body]) => body)]), 1));
  }
  return `galexie:${dir}`;
}

describe.each([1, 8, 64])('a range of a lake with %d ledgers a file', (width) => {
  const whole = (): string => lakes.get(`whole ${width}`) ?? '';
  const gap = (): string => lakes.get(`gap ${width}`) ?? '';

  it.each<[string, number, number]>([
    ['1010-1020', 1010, 1020],
    ['1010:+11', 1010, 1020],
    ['1.01k:1.02k', 1010, 1020],
    ['latest', LAST, LAST],
    ['latest-10:latest', LAST - 10, LAST],
    ['latest-10:latest-5', LAST - 10, LAST - 5],
    ['1150:latest', 1150, LAST],
    [':latest', START, LAST],
    [':1010', START, 1010],
    [':+50', START, START + 49],
    [':@2025-07-13', START, before('00:00:00')],
    ['@2025-07-14:latest', from('00:00:00'), LAST],
    ['@2025-07-13T23:45Z:+10m', from('23:45:00'), before('23:55:00')],
    ['@2025-07-13T23:45Z:+600s', from('23:45:00'), before('23:55:00')],
    ['@2025-07-13T23:45Z:@2025-07-14T00:15Z', from('23:45:00'), before('00:15:01')],
    ['@2025-07-13T23:45Z:+25', from('23:45:00'), from('23:45:00') + 24],
    ['@2025-07-13T23:45Z:1150', from('23:45:00'), 1150],
    ['1050:@2025-07-14T00:10Z', 1050, before('00:10:01')],
    ['latest-100:@2025-07-14T00:20:30Z', LAST - 100, before('00:20:31')],
  ])('%s', async (text, start, end) => {
    expect(await resolved(whole(), text)).toBe(`${start}-${end}`);
  });

  it('finds every ledger by its close time', async () => {
    const lake = await times(whole());
    const iso = (ledger: number): string => new Date(closed(ledger) * 1000).toISOString().replace('.000', '');
    for (let ledger = START; ledger < LAST; ledger += 7) {
      const text = `@${iso(ledger)}:+1s`;
      const found = await resolveRanges(parseRanges(text), () => Promise.resolve(lake), { edges: 'refuse' });
      expect(found).toMatchObject([{ start: ledger, end: ledger, closed: { first: closed(ledger) } }]);
    }
  });

  it('merges several ranges', async () => {
    expect(await resolved(whole(), '1100-1110,1000-1004,@2025-07-13T23:45Z:+10m, 1005')).toBe(
      `1000-1005, ${from('23:45:00')}-${before('23:55:00')}, 1100-1110`,
    );
  });

  it('reads few objects', async () => {
    const get = jest.spyOn(fs, 'readFile');
    await resolved(whole(), '@2025-07-13T23:45Z:+10m');
    const reads = get.mock.calls.filter(([file]) => String(file).endsWith('.zst')).length;
    get.mockRestore();
    console.info(`${width} ledgers a file: ${reads} of ${Math.ceil(COUNT / width) + 1} objects read`);
    expect(reads).toBeLessThanOrEqual({ 1: 12, 8: 10, 64: 5 }[width] ?? 0);
  });

  it('may begin before a gap and end after it', async () => {
    expect(await resolved(gap(), '1050:@2025-07-14T00:20Z')).toBe(`1050-${before('00:20:01')}`);
    expect(await resolved(gap(), ':@2025-07-13T23:40Z')).toBe(`${START}-${before('23:40:01')}`);
    expect(await resolved(gap(), '@2025-07-14T00:20Z:latest')).toBe(`${from('00:20:00')}-${LAST}`);
  });

  it.each([
    ['@2025-07-14:latest', 'it starts at 2025-07-14 00:00:00 UTC, where the source galexie:'],
    ['1050:@2025-07-13', 'has no ledgers 1088-1151'],
  ])('%s, which is in the gap, is refused', async (text, why) => {
    await expect(resolved(gap(), text)).rejects.toThrow(
      expect.objectContaining({ code: 'RANGE_INVALID', message: expect.stringContaining(why) }),
    );
    expect(await resolved(gap(), text, 'clip')).toMatch(/^1152-1199$|^1050-1151$/);
  });

  it.each([
    ['@2025-07-13', 'it starts at 2025-07-13 00:00:00 UTC, and the source galexie:'],
    ['@2025-07-14', 'it ends at 2025-07-15 00:00:00 UTC'],
    ['@2025-07-12', 'has ledgers 1000-1199, closed 2025-07-13 23:30:00 to 2025-07-14 00:30:00 UTC'],
    ['@2025-07-20:latest', 'it starts at 2025-07-20 00:00:00 UTC'],
    [':@2025-07-12', 'it ends at 2025-07-13 00:00:00 UTC'],
    ['latest-500:latest', 'ledger 1199 is the newest, and 1000 the first'],
    ['@2025-07-13T23:45:01Z:+1s', 'no ledger closed in that time'],
    ['1100:@2025-07-13T23:40Z', 'it ends before it starts'],
    ['5000:+1h', 'the close time of ledger 5000 is unknown'],
  ])('%s is refused with one sentence', async (text, why) => {
    await expect(resolved(whole(), text)).rejects.toThrow(
      expect.objectContaining({
        code: 'RANGE_INVALID',
        exitCode: 2,
        message: expect.stringMatching(/^"[^"]+" can't be resolved: [^\n]*\.$/),
      }),
    );
    await expect(resolved(whole(), text)).rejects.toThrow(why);
  });
});

it('a time outside the ledgers clips the range where that is allowed', async () => {
  const uri = lakes.get('whole 8') ?? '';
  expect(await resolved(uri, '@2025-07-13', 'clip')).toBe(`${START}-${before('00:00:00')}`);
  expect(await resolved(uri, '@2025-07-14', 'clip')).toBe(`${from('00:00:00')}-${LAST}`);
  expect(await resolved(uri, 'latest-500:latest', 'clip')).toBe(`${START}-${LAST}`);
  await expect(resolved(uri, '@2025-07-12', 'clip')).rejects.toThrow('it ends at 2025-07-13 00:00:00 UTC');
});

describe('messages', () => {
  it('are read once, to the last line', async () => {
    const file = path.join(folder(), 'messages.ndjson');
    const line = (ledger: number): string =>
      `{"message_type":"event","ledger_sequence":${ledger},"closed_at":"2025-07-13T09:00:${ledger}.5Z"}`;
    writeFileSync(file, [10, 12, 12, 15, 40, 59].map(line).join('\n'));
    const uri = `ndjson:${file}`;
    const event = (text: string): Promise<string> =>
      resolveRanges(
        parseRanges(text),
        () => sourceTimes({ ...spec(uri), types: ['event'] }, { workDir: folder(), signal }),
        { edges: 'refuse' },
      ).then((ranges) => ranges.map(({ start, end }) => `${start}-${end}`).join());
    expect(await event(':latest')).toBe('10-59');
    expect(await event('@2025-07-13T09:00:12Z:@2025-07-13T09:00:15Z')).toBe('12-39');
    await expect(event('@2025-07-13')).rejects.toThrow('closed 2025-07-13 09:00:10 to 09:00:59 UTC');
  });

  it('as an end, a time includes what closed before it ends; as a start, it begins with what closed at it', async () => {
    const open = (): Promise<LedgerTimes> => times(lakes.get('whole 8') ?? '');
    const point = (text: string, as: 'start' | 'end'): Promise<number> =>
      resolvePoint(parsePoint(text), text, as, open);
    expect(await point('@2025-07-13', 'end')).toBe(before('00:00:00'));
    expect(await point('@2025-07-14', 'start')).toBe(from('00:00:00'));
    expect(await point('@2025-07-13T23:45Z', 'end')).toBe(before('23:45:00'));
    expect(await point('latest-5', 'end')).toBe(LAST - 5);
    expect(await point('1010', 'end')).toBe(1010);
  });

  it('of several sparse tables of an archive all count', async () => {
    const opened = await testHost('sparse');
    try {
      const file = path.join(opened.dir, 'messages.ndjson');
      const line = (type: string, ledger: number, time: string): string =>
        JSON.stringify({ message_type: type, ledger_sequence: ledger, closed_at: `2025-07-${time}Z` });
      writeFileSync(
        file,
        [
          ...[line('a', 100, '13T09:00:10'), line('a', 110, '13T09:01:00'), line('a', 120, '13T10:00:00')],
          ...[line('b', 105, '13T09:00:35'), line('b', 130, '13T11:00:00'), line('b', 140, '14T01:00:00')],
        ].join('\n'),
      );
      const archive = path.join(opened.dir, 'archive');
      const range = { start: 100, end: 149 };
      await runAll(opened.host, {
        ...spec(`ndjson:${file}`, archive, range),
        types: ['a', 'b'],
        network: 'test',
      });
      const found = await openArchiveTimes(archive);
      const clipped = async (text: string): Promise<string> =>
        (await resolveRanges(parseRanges(text), () => Promise.resolve(found), { edges: 'clip' }))
          .map(({ start, end }) => `${start}-${end}`)
          .join();
      // `a` alone would begin at 110, and would end with all ledgers.
      expect(await clipped('@2025-07-13T09:00:30Z:latest')).toBe('105-149');
      expect(await clipped('@2025-07-13')).toBe('100-139');
    } finally {
      await opened.end();
    }
  }, 60_000);

  it('of a processor are not asked for', async () => {
    await expect(resolved('processor:etl', ':latest')).rejects.toThrow(
      "The source processor:etl can't be asked for times or its newest ledger.",
    );
    expect(await resolved('processor:etl', '5:+5')).toBe('5-9');
  });
});

(HAS_TEST_DATA ? describe : describe.skip)(
  `real ledgers${HAS_TEST_DATA ? '' : ' [skipped: no test data]'}`,
  () => {
    const lake = (name: string): string => path.join(TEST_DATA, 'lakes', name);

    it.each([
      ['pubnet-1x64000', 63092982, 63092991],
      ['pubnet-2x8', 63092982, 63092991],
      ['pubnet-4x1', 63092984, 63092991],
      ['testnet-997-999', 997, 999],
      ['pubnet-old', 53312000, 53312000],
    ])('of %s are found by their close times', async (name, start, end) => {
      const closes: number[] = [];
      const known = await times(`galexie:${lake(name)}`);
      for (let ledger = start; ledger <= end; ledger++)
        closes.push((await (await known.read({ start: ledger, end: ledger }))?.timeOf(ledger)) ?? Number.NaN);
      const iso = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
      for (let a = 0; a < closes.length; a++)
        for (let b = a; b + 1 < closes.length; b++) {
          const text = `@${iso(closes[a] ?? 0)}:@${iso(closes[b] ?? 0)}`;
          expect(await resolved(`galexie:${lake(name)}`, text)).toBe(`${start + a}-${start + b}`);
        }
      expect(await resolved(`galexie:${lake(name)}`, ':latest')).toBe(`${start}-${end}`);
    });

    it('of a node, alone and behind a lake, are found by their close times', async () => {
      const ledgers = await ledgersOf(lake('pubnet-1x64000'));
      const node = await RpcNode.start(ledgers, 'Public Global Stellar Network ; September 2015');
      try {
        node.oldest = 63092985;
        const time = (ledger: number): string =>
          `@${new Date(Number(ledgers.find(({ sequence }) => sequence === ledger)?.ledgerCloseTime) * 1000).toISOString().slice(0, 19)}Z`;
        const text = `${time(63092987)}:${time(63092989)}`;
        expect(await resolved(`rpc:${node.url}`, text)).toBe('63092987-63092989');
        expect(await resolved(`rpc:${node.url}`, 'latest-3:latest')).toBe('63092988-63092991');
        await expect(resolved(`rpc:${node.url}`, `${time(63092984)}:latest`)).rejects.toThrow('it starts at');
        const both = `galexie:${lake('pubnet-2x8')},rpc:${node.url}`;
        expect(await resolved(both, text)).toBe('63092987-63092989');
        expect(await resolved(both, `${time(63092983)}:${time(63092990)}`)).toBe('63092983-63092990');
      } finally {
        await node.close();
      }
    });
  },
);

describe('commands', () => {
  let archive: string;
  let end: () => Promise<void>;
  let lake: string;
  const json = (ran: Ran): Record<string, unknown> => JSON.parse(ran.stdout) as Record<string, unknown>;
  const ledgersIn = async (ledgers: string): Promise<unknown> => {
    const sql = 'select min(sequence), max(sequence), count(*) from ledgers';
    const ran = await runInProcess('query', '--archive', archive, '--ledgers', ledgers, sql, '--json');
    return (json(ran)['rows'] as unknown[] | undefined)?.[0] ?? json(ran);
  };

  beforeAll(async () => {
    const opened = await testHost('ranges');
    ({ end } = opened);
    archive = path.join(opened.dir, 'archive');
    lake = lakes.get('whole 8') ?? '';
    await runAll(opened.host, spec(lake, archive, { start: START, end: 1149 }));
  }, 60_000);
  afterAll(() => end());

  it('on an archive take its own close times', async () => {
    expect(await ledgersIn('latest-9:latest')).toEqual([1140, 1149, '10']);
    expect(await ledgersIn('@2025-07-13')).toEqual([
      START,
      before('00:00:00'),
      String(before('00:00:00') - 999),
    ]);
    expect(await ledgersIn('@2025-07-13T23:45Z:+10m')).toEqual([
      from('23:45:00'),
      before('23:55:00'),
      String(from('23:55:00') - from('23:45:00')),
    ]);
    expect(await ledgersIn('1001-1002, 1100, latest')).toEqual([1001, 1149, '4']);
    expect(await ledgersIn('@2025-07-20')).toMatchObject({ error: { code: 'RANGE_INVALID' } });
  });

  it('print the ledgers and the times', async () => {
    const ran = await runInProcess('files', '--archive', archive, '--ledgers', '@2025-07-14', '--json');
    expect(ran).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /^Ledgers 1100-1149, closed 2025-07-14 00:00:\d\d to 00:14:\d\d UTC\.\n$/,
      ),
    });
    const files = json(ran)['files'] as { range: object; stats?: unknown }[];
    expect(files.map(({ range }) => range)).toEqual(Array(2).fill({ start: 1100, end: 1149 }));
    expect(files.every(({ stats }) => stats === undefined)).toBe(true);
  });

  it('check whether an archive is complete only where its ends are known', async () => {
    const verify = (ledgers: string): Promise<Ran> =>
      runInProcess('verify', '--archive', archive, '--ledgers', ledgers, '--json');
    expect((await verify('@2025-07-13T23:45Z:+10m')).code).toBe(0);
    expect(json(await verify('@2025-07-13'))).toMatchObject({
      error: { code: 'RANGE_INVALID', message: expect.stringContaining('the archive has ledgers 1000-1149') },
    });
    const some = await verify('1001-1002,1148-1151');
    expect(json(some)).toMatchObject({ error: { message: expect.stringContaining('1150-1151') } });
  });

  it('plan the union of several ranges', async () => {
    const ran = await runInProcess(
      ...['plan', '--source', lake, '--archive', archive, '--types', 'ledgers', '--partition-size', '50'],
      ...['--ledgers', '@2025-07-14T00:20Z:latest,1140-1160', '--json'],
    );
    expect(ran.code).toBe(0);
    const runs = json(ran)['runs'] as { spec: RunSpec; partitions: object; plan: { range: object }[] }[];
    const last = { start: from('00:20:00'), end: LAST };
    expect(runs.map(({ spec: { range } }) => range)).toEqual([{ start: 1140, end: 1160 }, last]);
    expect(runs.map(({ partitions }) => partitions)).toEqual([
      { total: 2, run: 1 },
      { total: 1, run: 1 },
    ]);
    expect(ran.stderr).toContain('Ledgers 1140-1160, closed 2025-07-14 00:12:');
  });
});

it('prints times in UTC', () => {
  const range = { start: 5, end: 9 };
  expect(formatTimed(range)).toBe('5-9');
  expect(formatTimed({ ...range, closed: { first: 0, last: 59.9 } })).toBe(
    '5-9, closed 1970-01-01 00:00:00 to 00:00:59 UTC',
  );
  expect(formatTimed({ ...range, closed: { first: 0, last: 0 } })).toBe(
    '5-9, closed 1970-01-01 00:00:00 UTC',
  );
});
