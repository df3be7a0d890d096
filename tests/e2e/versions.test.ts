import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';
import { PYTHON, python } from '../support/python';

interface Ended {
  readonly code: number | null;
  readonly document: BackfillResult & { readonly error?: { readonly code: string; readonly hint?: string } };
}

const message = (ledger: number, more: object): string =>
  JSON.stringify({ type: 'reading', ledger, closed_at: '2025-07-13T09:36:17Z', n: ledger, ...more });

describe('a replaced segment', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => void (await sandbox.dev()), 60_000);
  afterAll(() => sandbox.dispose());
  const backfill = (ledgers: string, ...more: readonly string[]): Promise<Ended> =>
    sandbox.json([
      ...['backfill', '--source', 'ndjson:*.ndjson', '--archive', 'archive', '--ledgers', ledgers],
      ...['--partition-size', '10', ...more],
    ]);
  /** Version and codec of the live segment of a range, from its newest record. */
  const segment = async (range: string): Promise<{ version: number; codec: string }> => {
    const { document } = await sandbox.json<{ files: { path: string; segment: string }[] }>([
      ...['files', '--archive', 'archive'],
    ]);
    const id = document.files.map((file) => file.segment).find((name) => name.startsWith(`${range}-`));
    const { identity } = JSON.parse(
      readFileSync(sandbox.path('archive/_parquetry/segments/reading', `${id}.json`), 'utf8'),
    ) as { identity: { schema: { version: number }; settings: { compression: string } } };
    return { version: identity.schema.version, codec: identity.settings.compression };
  };
  /** Every row, as delta-rs and polars read it; undefined without them. */
  const rows = (): readonly unknown[] | undefined => {
    if (PYTHON === undefined) return undefined;
    const args = [sandbox.path('archive/reading'), 'n', 'ledger_sequence', 'memo'];
    const seen = python<{ rows: number; same: boolean; values: unknown[] }>('evolution.py', args);
    expect(seen.same).toBe(true);
    return seen.values;
  };

  /** Each file names its version, fingerprint and field ids, and pyarrow restores the registered types; so do exports. */
  const filesSayTheirVersion = async (): Promise<void> => {
    const out = sandbox.path('reading.arrow');
    const exported = ['schema', 'export', 'reading', '1', '--archive', 'archive', '--format'];
    expect((await sandbox.run([...exported, 'arrow', '--out', out])).code).toBe(0);
    for (const format of ['json-schema', 'avro', 'sql'])
      expect((await sandbox.run([...exported, format])).stdout).toContain('ledger_sequence');
    if (PYTHON === undefined) return;
    const versions = [1, 2].map(
      (version) =>
        JSON.parse(
          readFileSync(sandbox.path('archive/_parquetry/schemas/reading', `${version}.json`), 'utf8'),
        ) as { fingerprint: string; schema: { fields: { name: string; id: number }[] } },
    );
    const seen = python<{
      files: { version: number; fingerprint: string; arrow: boolean; fields: [string, string, number][] }[];
      exported: [string, string][];
    }>('versions.py', [sandbox.path('archive/reading'), out]);
    expect(seen.files.map(({ version, fingerprint, arrow }) => ({ version, fingerprint, arrow }))).toEqual(
      versions.map(({ fingerprint }, index) => ({ version: index + 1, fingerprint, arrow: true })),
    );
    seen.files.forEach(({ fields }, index) =>
      expect(fields.map(([name, , id]) => [name, id])).toEqual(
        versions[index]?.schema.fields.map(({ name, id }) => [name, id]),
      ),
    );
    const types = seen.files[0]?.fields.map(([name, type]) => [name, type]);
    expect(types).toEqual(seen.exported);
    expect(Object.fromEntries(types ?? [])).toMatchObject({
      ledger_sequence: 'uint32',
      closed_at: 'timestamp[us, tz=UTC]',
      n: 'int64',
    });
  };

  it('keeps the schema version of its commit, and gets the newest with --schema latest', async () => {
    writeFileSync(sandbox.path('old.ndjson'), `${[101, 105].map((n) => message(n, {})).join('\n')}\n`);
    expect((await backfill('100-109')).code).toBe(0);
    writeFileSync(
      sandbox.path('new.ndjson'),
      `${[111, 115].map((n) => message(n, { memo: `m${n}` })).join('\n')}\n`,
    );
    expect((await backfill('110-119')).code).toBe(0);
    expect([(await segment('100-109')).version, (await segment('110-119')).version]).toEqual([1, 2]);
    const want = [
      [101, 101, null],
      [105, 105, null],
      [111, 111, 'm111'],
      [115, 115, 'm115'],
    ];
    expect(rows() ?? want).toEqual(want);

    await filesSayTheirVersion();

    // An older version does not make a segment stale, unless the newest is requested.
    const kept = await backfill('100-119', '--mode', 'replace', '--compression', 'zstd');
    expect(kept.document.partitions).toMatchObject({ total: 2, done: 2 });
    expect(await segment('100-109')).toEqual({ version: 1, codec: 'zstd' });
    expect(await segment('110-119')).toEqual({ version: 2, codec: 'zstd' });
    expect(rows() ?? want).toEqual(want);

    const zstd = ['--mode', 'replace', '--compression', 'zstd'];
    const latest = await backfill('100-109', ...zstd, '--schema', 'latest');
    expect(latest.code).toBe(0);
    expect(await segment('100-109')).toEqual({ version: 2, codec: 'zstd' });
    expect(rows() ?? want).toEqual(want);
    expect(readdirSync(sandbox.path('archive/_parquetry/schemas/reading')).sort()).toEqual([
      '1.json',
      '2.json',
    ]);
    expect((await sandbox.run(['verify', '--archive', 'archive', '--deep'])).code).toBe(0);
  }, 400_000);

  it('is not forced into an old version: the error lists the missing columns and the option that adds them', async () => {
    writeFileSync(sandbox.path('old.ndjson'), '');
    writeFileSync(
      sandbox.path('grown.ndjson'),
      `${[101, 105].map((n) => message(n, { memo: 'x', tip: 1 })).join('\n')}\n`,
    );
    const mode = ['100-109', '--mode', 'replace', '--on-failure', 'fail'] as const;
    const refused = await backfill(...mode);
    expect(refused.code).toBe(1);
    const text = JSON.stringify(refused.document);
    expect(text).toContain('UNKNOWN_COLUMN');
    expect(text).toContain('checked against version 2, with which their ledgers are committed');
    // Nothing was registered for a run that writes with an existing schema.
    const versions = (): string[] =>
      readdirSync(path.join(sandbox.dir, 'archive/_parquetry/schemas/reading'));
    expect(versions()).toHaveLength(2);
    const taken = await backfill(...mode, '--schema', 'latest');
    expect([taken.code, versions().length]).toEqual([0, 3]);
    expect((await segment('100-109')).version).toBe(3);
  }, 240_000);
});
