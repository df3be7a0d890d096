import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { decompress } from '@mongodb-js/zstd';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox, TEST_DATA, itWithData } from '../support/cli';
import { PYTHON, python } from '../support/python';

interface Evolved {
  readonly rows: number;
  readonly same: boolean;
  readonly values: readonly [ledger: number, key: string, value: string | null][];
}

describe('a schema that grows', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => void (await sandbox.dev()), 60_000);
  afterAll(() => sandbox.dispose());
  const backfill = (
    source: string,
    archive: string,
    ledgers: string,
    ...more: string[]
  ): Promise<{ code: number | null; document: BackfillResult; stderr: string }> =>
    sandbox.json<BackfillResult>(
      [
        'backfill',
        '--source',
        `ndjson:${sandbox.path(source)}`,
        '--archive',
        sandbox.path(archive),
        '--ledgers',
        ledgers,
      ].concat(more),
    );

  itWithData(
    'on real transactions: hidden in the first ledgers, shown in the others, one table for every reader',
    async () => {
      const golden = path.join(TEST_DATA, 'goldens/pubnet-63092982-63092991/transactions.ndjson.zst');
      const lines = (await decompress(readFileSync(golden))).toString('utf8').split('\n').filter(Boolean);
      const want = lines.map((line): [number, string, string | null] => {
        const {
          ledger_sequence: ledger,
          transaction_hash: hash,
          memo_type: memo,
        } = JSON.parse(line) as {
          ledger_sequence: number;
          transaction_hash: string;
          memo_type: string;
        };
        return [ledger, hash, ledger < 63_092_987 ? null : memo];
      });
      mkdirSync(sandbox.path('messages'));
      const hidden = lines.map((line, index) =>
        (want[index]?.[0] ?? 0) < 63_092_987 ? line.replace(/"memo_type":"[^"]*",?/, '') : line,
      );
      writeFileSync(sandbox.path('messages/tx.ndjson'), `${hidden.join('\n')}\n`);
      const options = ['--message-type', 'settled_tx', '--partition-size', '5', '--layout', 'ledger_range'];
      const first = await backfill('messages/tx.ndjson', 'grown', '63092982-63092986', ...options);
      expect([first.code, first.document.datasets[0]?.schemaVersion]).toEqual([0, 1]);
      const second = await backfill('messages/tx.ndjson', 'grown', '63092987-63092991', ...options);
      expect([second.code, second.document.datasets[0]?.schemaVersion]).toEqual([0, 2]);

      const { stdout } = await sandbox.run([
        'schema',
        'diff',
        '--archive',
        sandbox.path('grown'),
        'settled_tx',
        '1',
        '2',
      ]);
      expect(stdout).toMatch(/\+ memo_type: utf8, nullable/);
      expect((await sandbox.run(['verify', '--archive', sandbox.path('grown'), '--deep'])).code).toBe(0);

      const folder = sandbox.path('grown', 'settled_tx');
      const instance = await DuckDBInstance.create(':memory:');
      const connection = await instance.connect();
      const reader = await connection.runAndReadAll(
        `SELECT ledger_sequence::BIGINT::INTEGER, transaction_hash, memo_type
         FROM read_parquet('${folder}/**/*.parquet', union_by_name = true, hive_partitioning = false)`,
      );
      const byGlob = reader.getRows() as unknown as Evolved['values'];
      connection.closeSync();
      instance.closeSync();
      const texts = (rows: Evolved['values']): string[] => rows.map((row) => JSON.stringify(row)).sort();
      expect(texts(byGlob)).toEqual(texts(want));
      if (PYTHON === undefined) return;
      const seen = python<Evolved>('evolution.py', [
        folder,
        'transaction_hash',
        'ledger_sequence',
        'memo_type',
      ]);
      expect([seen.rows, seen.same]).toEqual([lines.length, true]);
      expect(texts(seen.values)).toEqual(texts(want));
    },
    180_000,
  );

  it('does not change a type: conflicting messages are rejects, listed one by one, or nothing is committed', async () => {
    const good = [1, 2, 3, 4].map(
      (n) => `{"type":"reading","ledger":${100 + n},"closed_at":"2025-07-13T09:36:1${n}Z","n":${n}}`,
    );
    const bad = [
      '{"type":"reading","ledger":111,"closed_at":"2025-07-13T09:37:11Z","n":"six"}',
      '{"type":"reading","ledger":112,"closed_at":"2025-07-13T09:37:12Z","n":1.5}',
    ];
    const more = '{"type":"reading","ledger":112,"closed_at":"2025-07-13T09:37:12Z","n":7}';
    writeFileSync(sandbox.path('first.ndjson'), `${good.join('\n')}\n`);
    writeFileSync(sandbox.path('mixed.ndjson'), `${[bad[0], more, bad[1]].join('\n')}\n`);
    expect((await backfill('first.ndjson', 'conflict', '101-110')).code).toBe(0);

    const refused = await sandbox.run([
      ...[
        'backfill',
        '--source',
        `ndjson:${sandbox.path('mixed.ndjson')}`,
        '--archive',
        sandbox.path('conflict'),
      ],
      ...['--ledgers', '111-120', '--on-failure', 'fail'],
    ]);
    expect(refused.code).toBe(1);
    expect(refused.stderr + refused.stdout).toMatch(/REJECTS_EXCEEDED/);
    expect(refused.stderr + refused.stdout).toMatch(/mixed\.ndjson:1 TYPE_MISMATCH/);
    const query = ['query', '--archive', sandbox.path('conflict'), 'select n from reading order by n'];
    const before = await sandbox.json<{ rows: unknown[][] }>(query);
    expect(before.document.rows.map(String)).toEqual(['1', '2', '3', '4']);

    const kept = await backfill('mixed.ndjson', 'conflict', '111-120', '--max-rejects', '2');
    expect(kept.code).toBe(0);
    expect(kept.document.tally).toMatchObject({ rows: 1, rejected: 2 });
    expect(kept.document.datasets[0]?.schemaVersion).toBe(1);
    const after = await sandbox.json<{ rows: unknown[][] }>(query);
    expect(after.document.rows.map(String)).toEqual(['1', '2', '3', '4', '7']);

    // The segment's record names the file of its rejects.
    const records = sandbox.path('conflict', '_parquetry', 'segments', 'reading');
    const record = readdirSync(records).find((name) => name.startsWith('111-120-')) as string;
    const { identity } = JSON.parse(readFileSync(path.join(records, record), 'utf8')) as {
      identity: { rejects: { key: string; rows: number }; rejectedLedgers: unknown };
    };
    expect(identity).toMatchObject({
      rejects: { rows: 2 },
      rejectedLedgers: [
        { ledger: 111, rejected: 1 },
        { ledger: 112, rejected: 1 },
      ],
    });
    const rejects = readFileSync(sandbox.path('conflict', identity.rejects.key), 'utf8')
      .trimEnd()
      .split('\n');
    expect(rejects.map((line) => JSON.parse(line) as object)).toMatchObject([
      { code: 'TYPE_MISMATCH', column: 'n', expected: 'int64', actual: 'string', ledger: 111, raw: bad[0] },
      { code: 'NOT_INTEGER', column: 'n', expected: 'int64', actual: '1.5', ledger: 112, raw: bad[1] },
    ]);
  }, 180_000);
});
