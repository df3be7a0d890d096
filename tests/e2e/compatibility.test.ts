import { readdirSync, writeFileSync } from 'node:fs';
import { Archive } from '@parquetry/archive';
import { type TableSchema, schemaFingerprint } from '@parquetry/schema';
import { openStore } from '@parquetry/storage';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';

type Document = BackfillResult & {
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
};

const schema = (nullable: boolean): TableSchema => ({
  messageType: 'reading',
  origin: 'inferred',
  fields: [
    { id: 1, name: 'closed_at', type: { type: 'timestamp', unit: 'us', timezone: 'UTC' }, nullable: false },
    { id: 2, name: 'ledger_sequence', type: { type: 'uint32' }, nullable: false },
    { id: 3, name: 'message_type', type: { type: 'utf8' }, nullable: true },
    { id: 4, name: 'n', type: { type: 'int64' }, nullable },
  ],
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
});

describe('the compatibility mode of a run', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => void (await sandbox.dev()), 60_000);
  afterAll(() => sandbox.dispose());
  const archive = sandbox.path('archive');
  const message = (ledger: number, more: object): string =>
    JSON.stringify({
      message_type: 'reading',
      ledger_sequence: ledger,
      closed_at: '2025-07-13T09:36:17Z',
      ...more,
    });
  const backfill = (
    more: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<{ code: number | null; document: Document }> =>
    sandbox.json(
      ['backfill', '--source', 'ndjson:in.ndjson', '--archive', archive, '--ledgers', '101-110', ...more],
      env,
    );
  const versions = (): string[] => readdirSync(`${archive}/_parquetry/schemas/reading`).sort();

  beforeAll(async () => {
    // A column that was not nullable in version 1: its readers don't expect the nulls of later versions.
    const { registry } = await Archive.open(openStore(archive), {
      create: {
        formatVersion: 1,
        network: 'unspecified',
        layout: { kind: 'ledger_day' },
        integers: 'unsigned',
        nesting: 'struct',
      },
    });
    await registry.register('reading', schema(false));
    await registry.register('reading', schema(true));
    writeFileSync(
      sandbox.path('in.ndjson'),
      `${[message(101, { n: 1 }), message(102, { memo: 'new' })].join('\n')}\n`,
    );
    writeFileSync(sandbox.path('strict.yaml'), 'compatibility: full_transitive\n');
  });

  it('refuses changes that the default allows, set by option, environment or file, and writes nothing', async () => {
    const ways: readonly [readonly string[], Record<string, string>][] = [
      [['--compatibility', 'full_transitive'], {}],
      [[], { PARQUETRY_COMPATIBILITY: 'full_transitive' }],
      [['--config', 'strict.yaml'], {}],
    ];
    for (const [more, env] of ways) {
      const { code, document } = await backfill(more, env);
      expect([more, env, code, document.error?.code]).toEqual([more, env, 1, 'SCHEMA_CONFLICT']);
      expect(document.error?.message).toContain("can't follow version 2 in mode FULL_TRANSITIVE");
      expect(document.error?.hint).toContain('against version 1, forward');
      expect(document.error?.hint).toContain('--compatibility backward');
    }
    expect(versions()).toEqual(['1.json', '2.json']);
    expect(readdirSync(archive)).not.toContain('reading');
  }, 240_000);

  it('accepts changes that a weaker mode allows, and records the mode in the version', async () => {
    const { code, document } = await backfill(['--compatibility', 'full']);
    expect([code, document.datasets]).toMatchObject([0, [{ dataset: 'reading', rows: 2, schemaVersion: 3 }]]);
    const { registry } = await Archive.open(openStore(archive));
    const third = await registry.get('reading', 3);
    expect([third.mode, third.parent]).toEqual(['FULL', schemaFingerprint(schema(true))]);
  }, 120_000);

  it('has one of seven values', async () => {
    const wrong = await sandbox.run([
      ...['plan', '--source', 'ndjson:in.ndjson', '--archive', archive, '--ledgers', '101-110'],
      ...['--compatibility', 'strict'],
    ]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('none, backward, backward_transitive, forward, forward_transitive, full');
  }, 60_000);
});
