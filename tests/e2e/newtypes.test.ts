import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_LEDGER_TYPES, LEDGER_TYPES } from '@parquetry/core';
import type { BackfillResult } from '@parquetry/workflows';
import { HAS_TEST_DATA, Sandbox, TEST_DATA } from '../support/cli';

/** Every data file and log entry of a table, with its bytes. */
function contents(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => /\.(parquet|json)$/.test(name)).sort();
  return new Map(files.map((name) => [name, readFileSync(path.join(folder, name)).toString('base64')]));
}

(HAS_TEST_DATA ? describe : describe.skip)('an archive of the default message types', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());

  it('takes the other types of the same ledgers, and the tables it has stay as they are', async () => {
    const archive = sandbox.path('archive');
    const backfill = [
      ...['backfill', '--source', `galexie:${path.join(TEST_DATA, 'lakes/testnet-997-999')}`],
      ...['--archive', archive, '--ledgers', '997-999'],
    ];
    const first = await sandbox.json<BackfillResult>(backfill);
    expect(first.code).toBe(0);
    expect(first.document.datasets.map(({ dataset }) => dataset)).toEqual([...DEFAULT_LEDGER_TYPES]);
    const before = DEFAULT_LEDGER_TYPES.map((type) => contents(path.join(archive, type)));
    const second = await sandbox.json<BackfillResult>([...backfill, '--types', 'all']);
    expect(second.code).toBe(0);
    expect(DEFAULT_LEDGER_TYPES.map((type) => contents(path.join(archive, type)))).toEqual(before);
    for (const type of LEDGER_TYPES) {
      expect([type, existsSync(path.join(archive, type, '_delta_log/00000000000000000000.json'))]).toEqual([
        type,
        true,
      ]);
      const schemas = path.join(archive, '_parquetry/schemas', type);
      expect([type, readdirSync(schemas)]).toEqual([type, ['1.json']]);
    }
    const { code } = await sandbox.json<unknown>(['verify', '--archive', archive, '--deep']);
    expect(code).toBe(0);
  }, 120_000);
});
