import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Reject } from '@parquetry/core';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';
import { PYTHON, python } from '../support/python';

interface Ended {
  readonly code: number | null;
  readonly document: BackfillResult & {
    readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  };
  readonly stderr: string;
}
type Tables = Record<string, { readonly rows: number; readonly schema: Record<string, string> }>;

const message = (ledger: number, more: object): string =>
  JSON.stringify({
    message_type: 'reading',
    ledger_sequence: ledger,
    closed_at: '2025-07-13T09:36:17Z',
    ...more,
  });
const KNOWN = [101, 102, 103].map((ledger) => message(ledger, { n: ledger }));
const GROWN = [
  message(111, { n: 1 }),
  message(111, { n: 2, memo: 'hello' }),
  message(112, { n: 3, place: { lat: 1, lon: 2 } }),
  message(113, { n: 4 }),
];
const RETYPED = [message(121, { n: 5 }), message(122, { n: 'six' }), message(123, { n: 1.5 })];

describe('contracts', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => void (await sandbox.dev()), 60_000);
  afterAll(() => sandbox.dispose());
  const write = (name: string, lines: readonly string[]): void =>
    writeFileSync(sandbox.path(name), `${lines.join('\n')}\n`);
  const backfill = async (
    file: string,
    archive: string,
    ledgers: string,
    more: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<Ended> =>
    sandbox.json(
      ['backfill', '--source', `ndjson:${file}`, '--archive', archive, '--ledgers', ledgers, ...more],
      env,
    );
  /** Every file of an archive, to check that a run writes nothing. */
  const listing = (archive: string): string[] =>
    readdirSync(sandbox.path(archive), { recursive: true, encoding: 'utf8' }).sort();
  const known = async (archive: string): Promise<void> => {
    expect((await backfill('known.ndjson', archive, '101-110')).code).toBe(0);
  };
  /** The rejects of a segment. */
  const rejects = (archive: string, range: string): Reject[] => {
    const records = sandbox.path(archive, '_parquetry/segments/reading');
    const [record = ''] = readdirSync(records).filter((name) => name.startsWith(range));
    const { identity } = JSON.parse(readFileSync(path.join(records, record), 'utf8')) as {
      identity: { rejects: { key: string } };
    };
    const text = readFileSync(sandbox.path(archive, identity.rejects.key), 'utf8');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Reject);
  };
  beforeAll(() => {
    write('known.ndjson', KNOWN);
    write('grown.ndjson', GROWN);
    write('retyped.ndjson', RETYPED);
    writeFileSync(sandbox.path('own.yaml'), 'contract_columns: freeze\n');
    writeFileSync(sandbox.path('reference.yaml'), 'schema_evolution: false\n');
  });

  it('freeze: new columns fail the run with the difference and the remedy, however the contract is set', async () => {
    await known('frozen');
    const before = listing('frozen');
    const ways: readonly [readonly string[], Record<string, string>][] = [
      [['--contract-columns', 'freeze'], {}],
      [[], { PARQUETRY_CONTRACT_COLUMNS: 'freeze' }],
      [['--config', 'own.yaml'], {}],
      [['--config', 'reference.yaml'], {}],
    ];
    for (const [more, env] of ways) {
      const { code, document } = await backfill(
        'grown.ndjson',
        'frozen',
        '111-120',
        ['--max-rejects', '9', ...more],
        env,
      );
      expect([more, env, code, document.error?.code]).toEqual([more, env, 1, 'SCHEMA_CONFLICT']);
      expect(document.error?.message).toContain('+ memo: utf8, nullable');
      expect(document.error?.hint).toContain('+ place: struct<lat: int64, lon: int64>, nullable');
      expect(document.error?.hint).toContain('--contract-columns evolve');
      expect(listing('frozen')).toEqual(before);
    }
    // Values that fit are written, and the remedy in the error works.
    write('same.ndjson', [message(111, { n: 1 })]);
    expect((await backfill('same.ndjson', 'frozen', '111-111', ['--contract-columns', 'freeze'])).code).toBe(
      0,
    );
    const taken = await backfill('grown.ndjson', 'frozen', '112-120', ['--contract-columns', 'evolve']);
    expect([taken.code, taken.document.datasets[0]?.schemaVersion]).toEqual([0, 2]);
  }, 240_000);

  it('reject_row: rows with a new column are rejects with full details, the others are rows', async () => {
    await known('rows');
    const mode = ['--contract-columns', 'reject_row'];
    const strict = await backfill('grown.ndjson', 'rows', '111-120', [...mode, '--on-failure', 'fail']);
    expect([strict.code, strict.document.error?.code]).toEqual([1, 'PARTITIONS_FAILED']);
    const { code, document } = await backfill('grown.ndjson', 'rows', '111-120', [
      ...mode,
      '--max-rejects',
      '2',
    ]);
    expect(code).toBe(0);
    expect(document.datasets).toMatchObject([
      { dataset: 'reading', rows: 2, rejected: 2, messages: 4, schemaVersion: 1 },
    ]);
    expect(rejects('rows', '111-120')).toEqual([
      {
        code: 'UNKNOWN_COLUMN',
        reason: 'The schema has no column for the key "memo".',
        column: 'memo',
        expected: 'no such column',
        actual: 'string',
        dataset: 'reading',
        ledger: 111,
        position: `${sandbox.path('grown.ndjson')}:2`,
        raw: GROWN[1],
      },
      {
        code: 'UNKNOWN_COLUMN',
        reason: 'The schema has no column for the key "place".',
        column: 'place',
        expected: 'no such column',
        actual: 'object',
        dataset: 'reading',
        ledger: 112,
        position: `${sandbox.path('grown.ndjson')}:3`,
        raw: GROWN[2],
      },
    ]);
    if (PYTHON === undefined) return;
    const { reading } = python<Tables>('tables.py', [sandbox.path('rows')]);
    expect(reading).toMatchObject({ rows: 5 });
    expect(Object.keys(reading?.schema ?? {})).toEqual(['closed_at', 'ledger_sequence', 'message_type', 'n']);
  }, 240_000);

  it.each([
    ['freeze', {}],
    ['evolve', {}],
  ])(
    'types %s: other values fail the run before anything is written, with the promotion that accepts them',
    async (mode) => {
      const archive = `types-${mode}`;
      await known(archive);
      const before = listing(archive);
      const { code, document } = await backfill('retyped.ndjson', archive, '121-130', [
        '--contract-types',
        mode,
        '--max-rejects',
        '9',
      ]);
      expect([code, document.error?.code]).toEqual([1, 'SCHEMA_CONFLICT']);
      expect(document.error?.message).toContain('~ n: int64 → json (2 messages, the first is ');
      expect(document.error?.message).toContain('retyped.ndjson:2)');
      expect(document.error?.hint).toContain('parquetry schema promote reading --from 122');
      expect(listing(archive)).toEqual(before);
      // The command in the error, then ledgers before and after the promotion.
      const promote = ['schema', 'promote', 'reading', '--from', '122', '--archive', archive];
      expect((await sandbox.run(promote)).code).toBe(0);
      const types = ['--contract-types', mode];
      expect((await backfill('retyped.ndjson', archive, '121-121', types)).code).toBe(0);
      const next = await backfill('retyped.ndjson', archive, '122-130', types);
      expect([next.code, next.document.datasets[0]?.dataset, next.document.datasets[0]?.rows]).toEqual([
        0,
        'reading.v2',
        2,
      ]);
    },
    240_000,
  );

  it('include_metadata: false omits the metadata of the pipeline from the rows, and reports older segments as stale', async () => {
    const bare = [101, 102].map((ledger) => message(ledger, { n: ledger }));
    const full = [101, 102].map((ledger) =>
      message(ledger, { n: ledger, archive_metadata: { bucket_name: 'b', processed_at: `now${ledger}` } }),
    );
    write('bare.ndjson', bare);
    write('full.ndjson', full);
    writeFileSync(sandbox.path('meta.yaml'), 'include_metadata: false\nschema_evolution: true\n');
    const kept = await backfill('full.ndjson', 'with', '101-110');
    const left = await backfill('full.ndjson', 'without', '101-110', ['--config', 'meta.yaml']);
    expect([kept.code, left.code]).toEqual([0, 0]);
    const columns = async (archive: string): Promise<string[]> => {
      const shown = await sandbox.json<{ schema: { fields: { name: string }[] } }>([
        ...['schema', 'show', '--archive', archive, 'reading'],
      ]);
      return shown.document.schema.fields.map(({ name }) => name);
    };
    expect(await columns('with')).toContain('archive_metadata');
    expect(await columns('without')).not.toContain('archive_metadata');
    const plan = await sandbox.json<{ plan: { state: string; why: string }[] }>([
      ...['plan', '--source', 'ndjson:full.ndjson', '--archive', 'without', '--ledgers', '101-110'],
    ]);
    expect(plan.document.plan).toMatchObject([{ state: 'stale', why: 'committed with other settings' }]);
    if (PYTHON === undefined) return;
    const { reading } = python<Tables>('tables.py', [sandbox.path('without')]);
    expect(reading?.rows).toBe(2);
    expect(Object.keys(reading?.schema ?? {})).not.toContain('archive_metadata');
  }, 240_000);

  it('accepts no other value, and no option twice', async () => {
    const wrong = await sandbox.run([
      ...['backfill', '--source', 'ndjson:known.ndjson', '--archive', 'none', '--ledgers', '1-2'],
      ...['--contract-columns', 'discard'],
    ]);
    expect([wrong.code, existsSync(sandbox.path('none'))]).toEqual([2, false]);
    expect(wrong.stderr).toMatch(/evolve, freeze, reject_row/);
    writeFileSync(sandbox.path('both.yaml'), 'schema_evolution: false\ncontract_columns: evolve\n');
    const both = await sandbox.run([
      ...['backfill', '--source', 'ndjson:known.ndjson', '--archive', 'none', '--ledgers', '1-2'],
      ...['--config', 'both.yaml'],
    ]);
    expect([both.code, existsSync(sandbox.path('none'))]).toEqual([2, false]);
    expect(both.stderr).toMatch(/same setting/);
  }, 60_000);
});
