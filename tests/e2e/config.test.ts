import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { writeSampleLake } from '@parquetry/sample';
import { devHome, stopDevServer } from '@parquetry/temporal';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';

interface Plan {
  readonly archive: { readonly exists: boolean; readonly identity: Record<string, unknown> };
  readonly partitions: { readonly total: number; readonly run: number };
  readonly plan: readonly {
    range: { start: number; end: number };
    dataset: string;
    state: string;
    messages?: number;
  }[];
}
interface Listed {
  readonly files: readonly { path: string; key: string; reason: string; rows: number }[];
}

const line = (ledger: number, closed: string, n: number): string =>
  `{"message_type":"trade","ledger_sequence":${ledger},"closed_at":"${closed}","n":${n}}`;

describe('settings, plan and inspect', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => {
    await sandbox.dev();
    await writeSampleLake({ dir: sandbox.path('lake'), ledgers: 40 });
    writeFileSync(
      sandbox.path('trades.ndjson'),
      [
        ...Array.from({ length: 40 }, (_, index) =>
          line(
            100 + index,
            new Date(Date.parse('2025-07-13T23:59:00Z') + index * 5_000).toISOString(),
            index,
          ),
        ),
        '',
      ].join('\n'),
    );
  }, 60_000);
  afterAll(() => sandbox.dispose());
  const source = ['--source', 'ndjson:trades.ndjson', '--ledgers', '100-139', '--partition-size', '20'];
  const list = async (archive: string): Promise<Listed['files']> =>
    (await sandbox.json<Listed>(['files', '--archive', archive])).document.files;

  it('plan prints what would run and why, before and after a run, and writes nothing', async () => {
    const before = readdirSync(sandbox.dir).sort();
    const args = [...source, '--archive', 'planned'];
    const first = await sandbox.json<Plan>(['plan', ...args]);
    expect(first.code).toBe(0);
    expect(first.document.archive).toMatchObject({
      exists: false,
      identity: { layout: { kind: 'ledger_day' } },
    });
    expect(first.document.plan).toMatchObject([
      { range: { start: 100, end: 119 }, dataset: 'trade', state: 'missing', messages: 20 },
      { range: { start: 120, end: 139 }, dataset: 'trade', state: 'missing', messages: 20 },
    ]);
    const dry = await sandbox.json<Plan>(['backfill', ...args, '--dry-run']);
    expect(dry.document).toEqual(first.document);
    expect(readdirSync(sandbox.dir).sort()).toEqual(before);

    const half = await sandbox.json<BackfillResult>(['backfill', ...args, '--ledgers', '100-119']);
    expect(half.code).toBe(0);
    const state = async (...more: string[]): Promise<string[]> =>
      (await sandbox.json<Plan>(['plan', ...args, ...more])).document.plan.map((part) => part.state);
    expect(await state()).toEqual(['committed', 'missing']);
    expect(await state('--compression', 'zstd')).toEqual(['stale', 'missing']);
    expect(await state('--ledgers', '110-129', '--partition-size', '1000')).toEqual(['partly']);
    const text = await sandbox.run(['plan', ...args]);
    expect(text.stdout).toMatch(/2 partitions of 20: 1 would run, 1 are committed/);
    expect(text.stdout).toMatch(/no commit covers its ledgers/);
    const other = await sandbox.json<{ error: { code: string } }>(['plan', ...args, '--layout', 'hour']);
    expect([other.code, other.document.error.code]).toEqual([2, 'ARCHIVE_MISMATCH']);
  }, 120_000);

  it('a setting can be an option, a variable and a key: command line, environment, file, profile', async () => {
    writeFileSync(
      sandbox.path('parquetry.yaml'),
      'source: ndjson:trades.ndjson\nledgers: 100-139\npartition_size: 20\nprofile: prod\ncompression: gzip\nlayout: hour\n',
    );
    const { code } = await sandbox.run(['backfill', '--config', 'parquetry.yaml', '--buffer-size', '10'], {
      PARQUETRY_ARCHIVE: 'settled',
      PARQUETRY_COMPRESSION: 'brotli',
      PARQUETRY_BUFFER_SIZE: '3',
    });
    expect(code).toBe(0);
    const files = await list('settled');
    expect(files.map(({ rows, reason }) => [rows, reason])).toEqual([
      [10, 'rows'],
      [2, 'layout_edge'],
      [8, 'range_end'],
      [10, 'rows'],
      [10, 'rows'],
    ]);
    expect(files[0]?.path).toMatch(/^year=2025\/month=07\/day=13\/hour=23\//);
    const record = readdirSync(sandbox.path('settled/_parquetry/segments/trade'))[0] ?? '';
    expect(
      JSON.parse(readFileSync(sandbox.path('settled/_parquetry/segments/trade', record), 'utf8')),
    ).toMatchObject({
      identity: { settings: { compression: 'brotli', maxRowsPerFile: 10, layout: { kind: 'hour' } } },
    });
    expect(
      (await sandbox.run(['verify', '--config', 'parquetry.yaml', '--archive', 'settled', '--deep'])).code,
    ).toBe(0);
  }, 120_000);

  it('the configuration file of the reference program produces its archive', async () => {
    writeFileSync(
      sandbox.path('consumer.yaml'),
      `pipelines:
  Trades:
    source: {type: BufferedStorageSourceAdapter, config: {bucket_name: x}}
    consumers:
      - type: SaveToParquet
        config:
          storage_type: "FS"
          local_path: "moved"
          path_prefix: "lake/trade"
          compression: "zstd"
          buffer_size: 10000
          max_file_size_mb: 256
          rotation_interval_minutes: 30
          partition_by: "ledger_range"
          ledgers_per_file: 25
          include_metadata: true
          schema_evolution: true
          debug: true
          dry_run: true
`,
    );
    const dry = await sandbox.run(['backfill', '--config', 'consumer.yaml', ...source]);
    expect([dry.code, existsSync(sandbox.path('moved'))]).toEqual([0, false]);
    expect(dry.stderr).toMatch(/rotation_interval_minutes is for tails/);
    const args = [
      'backfill',
      '--config',
      'consumer.yaml',
      '--no-dry-run',
      '--debug-log',
      'debug.log',
      ...source,
    ];
    // The debug log is an option of a worker, so this run has its own.
    const home = sandbox.path('own-worker');
    const { code, stderr } = await sandbox.run(args, { PARQUETRY_HOME: home });
    await stopDevServer(devHome({ PARQUETRY_HOME: home }));
    expect(code).toBe(0);
    expect(stderr).toMatch(/set the source with --source/);
    expect((await list('moved')).map(({ key }) => key.replace(/-\d+\.parquet$/, ''))).toEqual([
      'lake/trade/ledgers/100-125/stellar-data-100-119',
      'lake/trade/ledgers/100-125/stellar-data-120-124',
      'lake/trade/ledgers/125-150/stellar-data-125-139',
    ]);
    const log = readFileSync(sandbox.path('debug.log'), 'utf8');
    expect(log.match(/debug message trade ledger \d+: accepted/g)).toHaveLength(40);
    expect(log).toMatch(/Flushing 20 records of trade, ledgers 100-119, closed by range_end/);
    expect(log).toMatch(/commit trade 100-119: committed/);
    const again = await sandbox.json<{ error: { code: string } }>([
      'plan',
      ...source,
      '--archive',
      'moved',
      '--layout',
      'ledger_range',
      '--ledgers-per-folder',
      '25',
      '--prefix',
      'elsewhere',
    ]);
    expect([again.code, again.document.error.code]).toEqual([2, 'ARCHIVE_MISMATCH']);
  }, 120_000);

  it('portable integers are a property of the archive from its first run on', async () => {
    const args = ['--source', 'galexie:lake', '--archive', 'portable', '--partition-size', '20'];
    const lake = readdirSync(sandbox.path('lake')).length;
    expect(lake).toBeGreaterThan(0);
    const ledgers = (await sandbox.run(['sample', '--out', 'other', '--ledgers', '40'])).stdout.match(
      /--ledgers (\d+)-(\d+)/,
    );
    const [first, last] = [Number(ledgers?.[1]), Number(ledgers?.[2])];
    const half = first + 19;
    const run = (...more: string[]): Promise<{ code: number | null; stderr: string }> =>
      sandbox.run(['backfill', ...args, ...more]);
    expect((await run('--ledgers', `${first}-${half}`, '--portable-integers')).code).toBe(0);
    expect((await run('--ledgers', `${first}-${last}`)).code).toBe(0);
    const refused = await run('--ledgers', `${first}-${last}`, '--no-portable-integers');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/integers signed/)]);
    const shown = await sandbox.json<{
      schema: { fields: { name: string; type: { type: string } }[] };
      version: number;
    }>(['schema', 'show', '--archive', 'portable', 'ledgers']);
    expect(shown.document.version).toBe(1);
    expect(shown.document.schema.fields.map(({ type }) => type.type)).not.toContain('uint32');
    expect((await sandbox.run(['verify', '--archive', 'portable', '--deep'])).code).toBe(0);
    const asked = await sandbox.json<{ rows: unknown[][] }>([
      'query',
      '--archive',
      'portable',
      'select typeof(sequence), count(*)::int, min(sequence)::int from ledgers group by 1',
    ]);
    expect(asked.document.rows).toEqual([['BIGINT', last - first + 1, first]]);
  }, 180_000);

  it('inspect prints the outcome of each message, with code, column and reason', async () => {
    writeFileSync(
      sandbox.path('mixed.ndjson'),
      [
        line(7, '2025-07-14T01:59:59+02:00', 1),
        line(7, '2025-07-14T00:00:00Z', 2),
        '{"message_type":"trade","ledger_sequence":8,"n":3}',
        '{"message_type":"trade","n":4}',
        '{"ledger_sequence":8}',
        'not json',
        '',
        '{"message_type":"trade","ledger_sequence":9,"closed_at":"2025-07-14T00:00:05Z","n":18446744073709551616}',
      ].join('\n'),
    );
    const { code, document } = await sandbox.json<{
      messages: {
        position: string;
        dataset?: string;
        ledger?: number;
        closeTime?: string;
        folder?: string;
        fault?: { code: string; column?: string };
      }[];
      accepted: number;
      rejected: number;
    }>(['inspect', 'mixed.ndjson']);
    expect([code, document.accepted, document.rejected]).toEqual([1, 2, 5]);
    expect(
      document.messages.map(({ position, fault, folder }) => [
        position.split(':').at(-1),
        fault?.code ?? folder,
      ]),
    ).toEqual([
      ['1', 'year=2025/month=07/day=13'],
      ['2', 'CLOSE_TIME_CONFLICT'],
      ['3', 'NO_CLOSE_TIME'],
      ['4', 'NO_LEDGER'],
      ['5', 'NO_MESSAGE_TYPE'],
      ['6', 'NOT_JSON'],
      ['8', 'year=2025/month=07/day=14'],
    ]);
    expect(document.messages[0]).toMatchObject({
      dataset: 'trade',
      ledger: 7,
      closeTime: '2025-07-13T23:59:59Z',
    });
    const text = await sandbox.run(['inspect', 'mixed.ndjson', '--layout', 'ledger_range']);
    expect(text.stdout).toMatch(
      /mixed\.ndjson:2 {2}trade {2}7 {2}2025-07-14T00:00:00Z {2}accepted → trade\/ledgers\/0-10000/,
    );
    expect(text.stdout).toMatch(/mixed\.ndjson:3 .*rejected NO_CLOSE_TIME/);
    expect(text.stdout).toMatch(/3 messages would be stored, 4 rejected/);
    const fine = await sandbox.run(['inspect', 'trades.ndjson']);
    expect(fine.code).toBe(0);
    const missing = await sandbox.run(['inspect', 'nothing-*.ndjson']);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringMatching(/SOURCE_NOT_FOUND/)]);
  }, 60_000);
});
