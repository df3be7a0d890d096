import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_WRITE_SETTINGS } from '@parquetry/core';
import { writeSampleLake } from '@parquetry/sample';
import { openQuery } from '@parquetry/writer';
import { type Ran, runInProcess } from '../../apps/cli/src/testing/run';
import { runAll, testHost } from '../../apps/worker/src/testing/host';
import { PYTHON, python } from '../support/python';

const BIN = path.resolve(__dirname, '../../apps/cli/bin/parquetry.js');

describe('query', () => {
  let dir: string;
  let archive: string;
  let start: number;
  let end: () => Promise<void>;
  const query = (...args: string[]): Promise<Ran> => runInProcess('query', '--archive', archive, ...args);
  const rows = async (...args: string[]): Promise<unknown> => {
    const ran = await query(...args, '--json');
    const document = JSON.parse(ran.stdout) as { rows?: unknown; error?: unknown };
    return document.rows ?? document.error;
  };

  beforeAll(async () => {
    const opened = await testHost('query');
    ({ dir, end } = opened);
    archive = path.join(dir, 'archive');
    const lake = path.join(dir, 'lake');
    const { ledgers } = await writeSampleLake({ dir: lake, ledgers: 40 });
    ({ start } = ledgers);
    for (const range of [
      { start, end: start + 19 },
      { start: start + 20, end: start + 39 },
    ])
      await runAll(opened.host, {
        ...{ source: { uri: `galexie:${lake}` }, archive, range, partitionSize: 10 },
        ...{
          types: ['ledgers', 'transactions'],
          settings: DEFAULT_WRITE_SETTINGS,
          maxRejects: 0,
          verify: 'ledger',
        },
      });
  }, 120_000);
  afterAll(() => end());

  it('reads an archive as it was at a version or a time', async () => {
    const count = 'select count(*), max(sequence) from ledgers';
    expect(await rows(count)).toEqual([['40', start + 39]]);
    expect(await rows('--at', '0', count)).toEqual([['10', start + 9]]);
    expect(await rows('--at', '1', count)).toEqual([['20', start + 19]]);
    const log = path.join(archive, 'ledgers/_delta_log');
    const times = [0, 1, 2, 3].map((version) => {
      const text = readFileSync(path.join(log, `${String(version).padStart(20, '0')}.json`), 'utf8');
      return Number(/"timestamp":(\d+)/.exec(text)?.[1]);
    });
    const second = `@${new Date((times[3] ?? 0) + 999).toISOString().slice(0, 19)}Z`;
    expect(await rows('--at', second, count)).toEqual([['40', start + 39]]);
    expect(await rows('--at', '@2020-01-01', count)).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('ledgers was first committed after 2020-01-01T23:59:59'),
    });
    expect(await rows('--at', '9', count)).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('its newest is 3'),
    });
    expect(await rows('--at', '1', 'select 1 from ledgers, transactions')).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('names ledgers, transactions'),
    });
    expect(await rows('--at', 'yesterday', count)).toMatchObject({ code: 'USAGE' });
    const file = readdirSync(path.join(archive, 'ledgers'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.includes(`-${start}-`))
      .map((name) => path.join(archive, 'ledgers', name))[0] as string;
    renameSync(file, `${file}.away`);
    expect(await rows('--at', '1', count)).toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    // The same rows, but outside of the archive. A writer of an archive must not lead its readers to other files.
    const outside = path.join(dir, 'outside.parquet');
    renameSync(`${file}.away`, outside);
    symlinkSync(outside, file);
    expect(await rows(count)).toMatchObject({
      code: 'KEY_INVALID',
      message: expect.stringContaining('a symbolic link leads out of the root'),
    });
    rmSync(file);
    renameSync(outside, file);
  });

  it('opens no file outside of --ledgers', async () => {
    const opened = await openQuery();
    const views = jest.spyOn(Object.getPrototypeOf(opened) as typeof opened, 'createView');
    await opened.close();
    const read = async (...args: string[]): Promise<number | undefined> => {
      views.mockClear();
      await rows(...args, 'select count(*) from ledgers');
      return views.mock.calls.find(([dataset]) => dataset === 'ledgers')?.[1].length;
    };
    expect(await read()).toBe(4);
    expect(await read('--ledgers', `${start + 10}-${start + 19}`)).toBe(1);
    expect(await read('--ledgers', `${start}-${start + 1},latest`)).toBe(2);
    views.mockRestore();
    // Missing files can't be opened.
    const gone = readdirSync(path.join(archive, 'ledgers'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.parquet') && !name.includes(`-${start + 10}-`))
      .map((name) => path.join(archive, 'ledgers', name));
    for (const file of gone) renameSync(file, `${file}.away`);
    try {
      expect(await rows('--ledgers', `${start + 12}-${start + 13}`, 'select count(*) from ledgers')).toEqual([
        ['2'],
      ]);
      expect(await rows('select count(*) from ledgers')).toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    } finally {
      for (const file of gone) renameSync(`${file}.away`, file);
    }
  });

  it('writes a file under its name when it is whole', async () => {
    const file = path.join(dir, 'out.ndjson');
    const sql = 'select sequence, total_coins from ledgers order by 1';
    expect(await query('--output', file, sql)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('ndjson'),
    });
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(41);
    expect(JSON.parse((await query('--output', file, sql, '--json')).stdout)).toEqual({
      ...{ file, format: 'ndjson', bytes: statSync(file).size },
    });
    const failing = `select case when sequence = ${start + 39} then error('no') else '1' end from ledgers`;
    for (const name of ['bad.csv', 'bad.parquet', 'bad.arrow']) {
      const failed = await query('--output', path.join(dir, name), failing);
      expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining('QUERY_INVALID') });
      expect(existsSync(path.join(dir, name))).toBe(false);
    }
    expect(readdirSync(dir).filter((name) => name.includes('.tmp'))).toEqual([]);
    expect((await query('--output', path.join(dir, 'no/such/x.csv'), sql)).stderr).toContain(
      "can't be written",
    );
  });

  it.each([
    [['--format', 'parquet'], 'A Parquet result needs a file.'],
    [['--output', 'result.txt'], 'The format of result.txt is not known from its name.'],
    [['--output', 'x.csv', '--format', 'table'], 'The format of x.csv is not known'],
    [['--format', 'csv', '--json'], '--format csv needs a file'],
  ])('%j is refused', async (args, why) => {
    const ran = await query(...args, 'select 1');
    expect(ran.code).toBe(2);
    expect(ran.stderr + ran.stdout).toContain(why);
  });

  (PYTHON === undefined ? it.skip : it)(
    'is read by pyarrow, as Arrow and as Parquet, every value exactly',
    async () => {
      const sql = `select sequence, 18446744073709551615::ubigint big, 0.10::decimal(38,2) amount,
      closed_at, [total_coins] list, {'a': fee_pool} entry, null::varchar as none from ledgers order by sequence`;
      for (const name of ['rows.arrow', 'rows.parquet', 'rows.ndjson'])
        expect((await query('--output', path.join(dir, name), sql)).code).toBe(0);
      const read = python<{ arrow: string[][]; parquet: string[][]; types: string[] }>('results.py', [dir]);
      expect(read.arrow).toEqual(read.parquet);
      expect(read.types[1]).toBe('decimal128(20, 0)');
      const lines = readFileSync(path.join(dir, 'rows.ndjson'), 'utf8').trimEnd().split('\n');
      expect(read.arrow).toHaveLength(40);
      lines.forEach((line, index) => {
        const row = JSON.parse(line) as Record<string, unknown> & { list: string[]; entry: { a: string } };
        const time = String(row['closed_at']).replace('+00', '+00:00');
        expect(read.arrow[index]).toEqual([
          ...[
            String(row['sequence']),
            '18446744073709551615',
            '0.10',
            time,
            row.list.join(),
            row.entry.a,
            'None',
          ],
        ]);
      });
    },
  );

  it('streams: a million rows pass through a small heap', () => {
    const sql = "select i, 'row ' || i as name from range(1000000) t(i)";
    const heap = { env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=64' }, maxBuffer: 1 << 28 };
    const run = (...args: string[]): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, [BIN, 'query', '--archive', archive, ...args, sql], heap);
    const printed = run('--format', 'ndjson');
    expect([printed.status, printed.stderr.toString()]).toEqual([0, '']);
    expect(printed.stdout.toString().match(/\n/g)).toHaveLength(1_000_000);
    const file = path.join(dir, 'million.arrow');
    expect(run('--output', file).status).toBe(0);
    expect(statSync(file).size).toBeGreaterThan(20e6);
  }, 120_000);

  it('reads the SQL from stdin when it is not a terminal', () => {
    const ran = spawnSync(process.execPath, [BIN, 'query', '--archive', archive, '--format', 'csv'], {
      input: 'select count(*) as n from ledgers;\n',
    });
    expect([ran.status, ran.stdout.toString()]).toEqual([0, 'n\n40\n']);
  });
});
