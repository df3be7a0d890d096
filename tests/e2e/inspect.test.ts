import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Reject } from '@parquetry/core';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox, TEST_DATA, itWithData } from '../support/cli';

interface Inspected {
  readonly messages: readonly (Partial<Reject> & {
    readonly position: string;
    readonly fault?: { readonly code: string; readonly column?: string };
    readonly filtered?: true;
  })[];
  readonly accepted: number;
  readonly rejected: number;
  readonly unusable: number;
  readonly filtered: number;
  readonly datasets: readonly {
    readonly dataset: string;
    readonly rows: number;
    readonly rejected: number;
  }[];
  readonly schemas: Readonly<Record<string, unknown>>;
}

const event = (ledger: number, more: object): string =>
  JSON.stringify({
    message_type: 'event',
    ledger_sequence: ledger,
    closed_at: '2025-07-13T09:36:17Z',
    ...more,
  });

/** Messages with every fault that a backfill detects. */
const HOSTILE = [
  event(10, { n: 1, deep: { a: { b: [1, { c: null }] } }, 'a b': true }),
  event(11, { n: '2', at: '2025-07-13T09:36:17Z' }),
  '{"message_type":"../../etc","ledger_sequence":10,"closed_at":"2025-07-13T09:36:17Z"}',
  '{"message_type":"event","ledger_sequence":-4}',
  '{"message_type":"event","ledger_sequence":1e99}',
  '{"message_type":"event","ledger_sequence":12}',
  '{"message_type":"event","ledger_sequence":12,"closed_at":"yesterday"}',
  '{"message_type":"event","ledger_sequence":12,"closed_at":"2025-07-13T09:36:17.0000001Z"}',
  '{"message_type":"event","ledger_sequence":12,"closed_at":"2025-07-13T09:36:17Z","n":1,"n":2}',
  '{"message_type":"event","ledger_sequence":12,"closed_at":"2025-07-13T09:36:17Z","s":"\\ud800"}',
  '{"message_type":"event"',
  '[1,2,3]',
  `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
  '',
  '   ',
  '{"message_type":"Event","ledger_sequence":13,"closed_at":"2025-07-13T09:36:17Z"}',
  // A day later than the ledger's first message: another folder.
  event(10, { closed_at: '2025-07-14T00:00:00Z', n: 3 }),
  event(99_999, { n: 5 }),
  '{"type":"trade","ledger":14,"timestamp":1752399377,"price":0.1,"big":18446744073709551615}',
  '{"type":"trade","ledger":15,"timestamp":1752399377,"price":1e400}',
  '{"type":"trade","ledger":16,"timestamp":"1752399377","price":-0.0,"open":{"x":[1,"2"]}}',
  '{"contract_data":{"contract_id":"C","closed_at":"2025-07-13T09:36:17Z"},"ledger_sequence":17,"message_type":"contract_data"}',
  '{"contract_data":{"contract_id":5,"closed_at":"2025-07-13T09:36:17Z"},"ledger_sequence":18,"message_type":"contract_data"}',
];

/** The result of a run's messages, in a form common to both commands. */
interface Outcome {
  readonly rejects: readonly string[];
  readonly rows: Readonly<Record<string, number>>;
  readonly filtered: number;
  readonly schemas: Readonly<Record<string, unknown>>;
}

describe('inspect', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => void (await sandbox.dev()), 60_000);
  afterAll(() => sandbox.dispose());
  beforeAll(() => {
    writeFileSync(sandbox.path('hostile.ndjson'), `${HOSTILE.join('\n')}\n`);
    writeFileSync(sandbox.path('known.ndjson'), `${[event(1, { n: 1 }), event(2, { n: 2 })].join('\n')}\n`);
  });
  const shapes = path.join(TEST_DATA, 'messages/reference-shapes.ndjson');
  const shared = (name: string): readonly string[] => ['--archive', name];

  const inspected = async (
    file: string,
    options: readonly string[],
  ): Promise<Outcome & { code: number | null }> => {
    const { code, document } = await sandbox.json<Inspected>(['inspect', file, ...options]);
    expect(document.accepted + document.rejected + document.filtered).toBe(document.messages.length);
    return {
      code,
      rejects: document.messages
        .flatMap(({ position, fault }) =>
          fault === undefined ? [] : [`${position} ${fault.code} ${fault.column ?? ''}`],
        )
        .sort(),
      rows: Object.fromEntries(document.datasets.map(({ dataset, rows }) => [dataset, rows])),
      filtered: document.filtered,
      schemas: document.schemas,
    };
  };

  const backfilled = async (
    file: string,
    archive: string,
    options: readonly string[],
  ): Promise<Outcome & { code: number | null }> => {
    const { code, document } = await sandbox.json<BackfillResult>([
      ...['backfill', '--source', `ndjson:${file}`, ...shared(archive), ...options],
    ]);
    const root = sandbox.path(archive);
    const folder = path.join(root, '_parquetry/rejects');
    const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
    const rejects = names
      .filter((name) => name.endsWith('.ndjson'))
      .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').trimEnd().split('\n'))
      .map((line) => JSON.parse(line) as Reject);
    const schemas: Record<string, unknown> = {};
    for (const { dataset, schemaVersion } of document.datasets) {
      const stored = path.join(root, '_parquetry/schemas', dataset, `${schemaVersion}.json`);
      schemas[dataset] = (JSON.parse(readFileSync(stored, 'utf8')) as { schema: unknown }).schema;
    }
    return {
      code,
      rejects: rejects.map(({ position, code: why, column }) => `${position} ${why} ${column ?? ''}`).sort(),
      rows: Object.fromEntries(document.datasets.map(({ dataset, rows }) => [dataset, rows])),
      filtered: document.filtered,
      schemas,
    };
  };

  const cases: readonly (readonly [name: string, file: string, options: readonly string[]])[] = [
    ['hostile messages', 'hostile.ndjson', ['--ledgers', '1-20000', '--partition-size', '10000']],
    [
      'hostile messages, flattened, by ledger range, some types, integers for Athena',
      'hostile.ndjson',
      [
        ...['--ledgers', '1-99', '--nested', 'flatten', '--portable-integers', '--types', 'event,trade'],
        ...['--layout', 'ledger_range', '--ledgers-per-folder', '10', '--partition-size', '10'],
      ],
    ],
    [
      'hostile messages of a forced type',
      'hostile.ndjson',
      [
        ...['--ledgers', '1-20000', '--partition-size', '10000'],
        ...['--message-type', 'event', '--nested', 'json'],
      ],
    ],
  ];
  const agree = async (file: string, archive: string, more: readonly string[]): Promise<void> => {
    const options = [...more, '--max-rejects', '40'];
    const said = await inspected(file, options);
    const done = await backfilled(file, archive, options);
    expect(said).toEqual(done);
    expect(said.code).toBe(0);
    expect(said.rejects.length).toBeGreaterThan(5);
    expect(Object.values(said.rows).reduce((sum, rows) => sum + rows, 0)).toBeGreaterThan(2);
    // Both fail if no rejects are allowed.
    expect((await sandbox.run(['inspect', file, ...more])).code).toBe(1);
  };
  it.each(cases)(
    'predicts what a backfill does with %s: the same rejects, rows and types',
    (name, file, more) => agree(file, `a${cases.findIndex(([other]) => other === name)}`, more),
    240_000,
  );
  itWithData(
    'says what a backfill does with the 33 reference shapes: the same rejects, rows and types',
    () => agree(shapes, 'shapes', ['--ledgers', '1-60000000', '--partition-size', '10000000']),
    240_000,
  );

  it("uses the archive's schemas and nesting style and the contract, as a backfill does", async () => {
    const base = ['--ledgers', '1-9', '--nested', 'json'];
    expect((await backfilled('known.ndjson', 'known', base)).code).toBe(0);
    const contract = [
      ...['--ledgers', '1-20000', '--partition-size', '10000', '--types', 'event'],
      ...['--contract-columns', 'reject_row', '--max-rejects', '40'],
    ];
    const said = await inspected('hostile.ndjson', [...contract, ...shared('known')]);
    const done = await backfilled('hostile.ndjson', 'known', contract);
    expect({ ...said, rows: {} }).toEqual({ ...done, rows: {} });
    expect(said.rejects.join('\n')).toMatch(/hostile\.ndjson:1 UNKNOWN_COLUMN deep/);
    const frozen = await sandbox.json<{ error?: { code: string } }>([
      ...['inspect', 'hostile.ndjson', '--ledgers', '1-20000', '--types', 'event', ...shared('known')],
      ...['--contract-columns', 'freeze'],
    ]);
    expect([frozen.code, frozen.document.error?.code]).toEqual([1, 'SCHEMA_CONFLICT']);
  }, 240_000);
});
