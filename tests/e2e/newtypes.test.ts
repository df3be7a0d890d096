import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_LEDGER_TYPES, LEDGER_TYPES } from '@parquetry/core';
import { writeSampleLake } from '@parquetry/sample';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';

/** Every data file and log entry of a table, with its bytes. */
function contents(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => /\.(parquet|json)$/.test(name)).sort();
  return new Map(files.map((name) => [name, readFileSync(path.join(folder, name)).toString('base64')]));
}

/** The earlier version of this program: contract data without its newest column. */
const OLDER = { NODE_OPTIONS: `--require ${path.resolve(__dirname, '../support/older.cjs')}` };

describe('an archive of the default message types, made by an earlier version', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());

  it('accepts new tables and columns, and its files stay unchanged', async () => {
    const archive = sandbox.path('archive');
    const lake = sandbox.path('lake');
    const { start } = (await writeSampleLake({ dir: lake, ledgers: 40 })).ledgers;
    const [half, end] = [start + 19, start + 39];
    const backfill = (last: number): string[] => [
      ...['backfill', '--source', `galexie:${lake}`, '--archive', archive],
      ...['--ledgers', `${start}-${last}`, '--partition-size', '20', '--on-failure', 'fail'],
    ];
    const table = (type: string): ReadonlyMap<string, string> => contents(path.join(archive, type));
    const versions = (type: string): string[] =>
      readdirSync(path.join(archive, '_parquetry/schemas', type)).sort();

    const first = await sandbox.json<BackfillResult>(backfill(half), OLDER);
    expect(first.code).toBe(0);
    expect(first.document.datasets.map(({ dataset }) => dataset)).toEqual([...DEFAULT_LEDGER_TYPES]);
    const before = new Map(DEFAULT_LEDGER_TYPES.map((type) => [type, table(type)]));

    await sandbox.dev();
    const second = await sandbox.json<BackfillResult>([...backfill(end), '--types', 'all']);
    expect(second.code).toBe(0);
    for (const [type, files] of before) {
      const after = table(type);
      for (const [name, bytes] of files)
        expect([type, name, after.get(name) === bytes]).toEqual([type, name, true]);
    }
    for (const type of LEDGER_TYPES) {
      const log = path.join(archive, type, '_delta_log/00000000000000000000.json');
      expect([type, existsSync(log)]).toEqual([type, true]);
      expect([type, versions(type)]).toEqual([
        type,
        type === 'contract_data' ? ['1.json', '2.json'] : ['1.json'],
      ]);
    }
    const diff = await sandbox.run(['schema', 'diff', 'contract_data', '1', '2', '--archive', archive]);
    expect(diff.stdout.trim()).toBe('+ previous_balance: utf8, nullable');
    const compared = await sandbox.json<{ backward: boolean; changes: unknown[] }>([
      ...['schema', 'diff', 'contract_data', '1', '2', '--archive', archive],
    ]);
    expect(compared.document).toMatchObject({
      backward: true,
      changes: [{ text: '+ previous_balance: utf8, nullable' }],
    });

    const counts = await sandbox.json<{ rows: unknown }>([
      ...['query', '--archive', archive],
      `select count(*) filter (ledger_sequence <= ${half}) > 0 as old_rows,
         count(previous_balance) filter (ledger_sequence <= ${half}) = 0 as old_nulls,
         count(previous_balance) filter (ledger_sequence > ${half}) > 0 as new_values from contract_data`,
    ]);
    expect(counts.document.rows).toEqual([[true, true, true]]);

    // A replacement keeps the version of the ledgers' files unless --schema latest asks for the newest.
    const old = table('contract_data');
    const replace = [...backfill(half), '--mode', 'replace'];
    expect((await sandbox.json<unknown>(replace)).code).toBe(0);
    expect(table('contract_data')).toEqual(old);
    expect((await sandbox.json<unknown>([...replace, '--schema', 'latest'])).code).toBe(0);
    expect(table('contract_data')).not.toEqual(old);
    const verified = await sandbox.json<{ rows: unknown }>(['verify', '--archive', archive, '--deep']);
    expect(verified.code).toBe(0);
    expect(verified.document.rows).toMatchObject({ headers: 40, lumens: { proved: 39, unchecked: 1 } });
  }, 240_000);
});
