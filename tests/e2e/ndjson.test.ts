import { createReadStream, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { createWriteStream } from 'node:fs';
import type { Reject } from '@parquetry/core';
import type { BackfillResult } from '@parquetry/workflows';
import { writeSampleMessages } from '@parquetry/sample';
import { HAS_TEST_DATA, Sandbox, TEST_DATA, itWithData } from '../support/cli';
import { itWithPython, python } from '../support/python';

const rejects = (file: string): Reject[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Reject);

interface Answer {
  readonly rows: readonly (readonly unknown[])[];
}

describe('NDJSON messages', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());
  const file = sandbox.path('messages', 'sample.ndjson');
  let ledgers = '';
  let messages = 0;
  beforeAll(async () => {
    const made = await writeSampleMessages({ file, ledgers: 160 });
    ledgers = `${made.ledgers.start}-${made.ledgers.end}`;
    messages = made.messages;
    await sandbox.dev();
  }, 60_000);
  const backfill = (
    source: string,
    archive: string,
    ...more: string[]
  ): Promise<{ code: number | null; document: BackfillResult }> =>
    sandbox.json<BackfillResult>([
      'backfill',
      '--source',
      `ndjson:${source}`,
      '--archive',
      sandbox.path(archive),
      '--ledgers',
      ledgers,
      ...more,
    ]);
  const ask = async (archive: string, sql: string): Promise<Answer['rows']> =>
    (await sandbox.json<Answer>(['query', '--archive', sandbox.path(archive), sql])).document.rows;

  it('in the form of the specification become its table: unwrapped, typed, by UTC day, each row once', async () => {
    const { code, document } = await backfill('messages/*.ndjson', 'plain', '--partition-size', '40');
    expect(code).toBe(0);
    expect(document.datasets).toMatchObject([
      { dataset: 'contract_data', rows: messages, schemaVersion: 1, gaps: [] },
    ]);
    const shown = await sandbox.json<{ schema: { fields: { name: string; type: { type: string } }[] } }>([
      'schema',
      'show',
      '--archive',
      sandbox.path('plain'),
      'contract_data',
    ]);
    const types = Object.fromEntries(shown.document.schema.fields.map(({ name, type }) => [name, type.type]));
    expect(types).toMatchObject({
      contract_id: 'utf8',
      closed_at: 'timestamp',
      last_modified_ledger: 'uint32',
      ledger_sequence: 'uint32',
      message_type: 'utf8',
      processor_name: 'utf8',
      key: 'json',
      val: 'json',
      contract_data_xdr: 'utf8',
    });
    const files = readdirSync(sandbox.path('plain', 'contract_data'), {
      recursive: true,
      encoding: 'utf8',
    }).filter((name) => name.endsWith('.parquet'));
    for (const name of files)
      expect(name).toMatch(/^year=2025\/month=07\/day=1[34]\/stellar-data-\d+-\d+-\d+\.parquet$/);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const want = lines.map(
      (line) =>
        JSON.parse(line) as {
          ledger_sequence: number;
          contract_data: { contract_data_xdr: string; ledger_key_hash: string };
        },
    );
    const rows = await ask(
      'plain',
      'select ledger_sequence, ledger_key_hash, contract_data_xdr from contract_data',
    );
    const flat = (row: readonly unknown[]): string => row.map(String).join(' ');
    expect(rows.map(flat).sort()).toEqual(
      want
        .map(({ ledger_sequence, contract_data }) =>
          flat([ledger_sequence, contract_data.ledger_key_hash, contract_data.contract_data_xdr]),
        )
        .sort(),
    );
  }, 120_000);

  it('give the same files from one plain file and from gzipped pieces', async () => {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const cut = Math.floor(lines.length / 3);
    mkdirSync(sandbox.path('pieces'));
    for (let i = 0; i < 3; i++)
      writeFileSync(
        sandbox.path('pieces', `${i}.ndjson`),
        `${lines.slice(i * cut, i === 2 ? undefined : (i + 1) * cut).join('\n')}\n`,
      );
    await pipeline(
      createReadStream(sandbox.path('pieces', '1.ndjson')),
      createGzip(),
      createWriteStream(sandbox.path('pieces', '1.ndjson.gz')),
    );
    const source = ['pieces/0.ndjson', 'pieces/1.ndjson.gz', 'pieces/2.ndjson'].join(',');
    const { code } = await backfill(source, 'pieced', '--partition-size', '40');
    expect(code).toBe(0);
    type Listed = { files: { path: string; sha256: string }[] };
    const list = async (archive: string): Promise<object[]> =>
      (await sandbox.json<Listed>(['files', '--archive', sandbox.path(archive)])).document.files.map(
        ({ path: at, sha256 }) => ({ at, sha256 }),
      );
    expect(await list('pieced')).toEqual(await list('plain'));
  }, 120_000);

  it('leave no decompressed copy behind when the run fails', async () => {
    // A server and a worker only for this run: the worker removes the copy before it ends.
    const alone = new Sandbox();
    try {
      writeFileSync(alone.path('hollow.ndjson.gz'), gzipSync('{}\n'.repeat(100_000)));
      const { code } = await alone.run([
        ...['backfill', '--source', `ndjson:${alone.path('hollow.ndjson.gz')}`],
        ...['--archive', alone.path('hollow'), '--ledgers', '1-10'],
      ]);
      expect(code).toBe(2);
      expect(readdirSync(alone.path('.parquetry', 'work', 'spool'))).toEqual([]);
    } finally {
      await alone.dispose();
    }
  }, 120_000);

  it('are read about once in total by eight partitions', async () => {
    const size = statSync(file).size;
    const { code, document } = await backfill('messages/sample.ndjson', 'eight', '--partition-size', '20');
    expect(code).toBe(0);
    expect(document.partitions.total).toBe(8);
    expect(document.indexBytesRead).toBeLessThanOrEqual(size * 1.01);
    expect(document.tally.bytesRead).toBeLessThanOrEqual(size * 1.3);
  }, 120_000);

  it('that are hostile become rejects with reasons, and no path leaves the archive', async () => {
    const good =
      '{"message_type":"event","ledger_sequence":426010,"closed_at":"2025-07-13T09:36:17Z","n":18446744073709551615}';
    const bad: readonly [string, string][] = [
      [
        '{"message_type":"../../etc","ledger_sequence":426010,"closed_at":"2025-07-13T09:36:17Z"}',
        'BAD_MESSAGE_TYPE',
      ],
      ['{"message_type":"x\'; DROP TABLE y; --","ledger_sequence":426010}', 'BAD_MESSAGE_TYPE'],
      ['{"message_type":"event","ledger_sequence":-4}', 'BAD_LEDGER'],
      ['{"message_type":"event","ledger_sequence":1e99}', 'BAD_LEDGER'],
      ['{"message_type":"event","closed_at":"2025-07-13T09:36:17Z"}', 'NO_LEDGER'],
      ['{"ledger_sequence":426010,"closed_at":"2025-07-13T09:36:17Z"}', 'NO_MESSAGE_TYPE'],
      ['{"message_type":"event"', 'NOT_JSON'],
      ['[1,2,3]', 'NOT_OBJECT'],
      [`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, 'TOO_DEEP'],
    ];
    const inside = '{"message_type":"event","ledger_sequence":426011,"closed_at":"yesterday"}';
    writeFileSync(
      sandbox.path('hostile.ndjson'),
      [good, ...bad.map(([line]) => line), inside, ''].join('\n'),
    );
    const strict = await backfill('hostile.ndjson', 'strict');
    expect(strict.code).toBe(1);
    const { code, document } = await backfill('hostile.ndjson', 'lenient', '--max-rejects', '20');
    expect({ code, unusable: document.unusable, rejected: document.tally.rejected }).toEqual({
      code: 0,
      unusable: bad.length,
      rejected: 1,
    });
    expect(await ask('lenient', 'select ledger_sequence, n from event')).toEqual([
      [426010, '18446744073709551615'],
    ]);
    const kept = rejects(sandbox.path('lenient', document.rejects ?? ''));
    // The good message is line 1.
    expect(
      kept.map(({ code: reason, position, raw }) => [raw, reason, /[^/]*$/.exec(position)?.[0]]),
    ).toEqual(bad.map(([line, reason], index) => [line, reason, `hostile.ndjson:${index + 2}`]));
    const inArchive = readdirSync(sandbox.path('lenient'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.includes('rejects') && name.endsWith('.ndjson') && name !== document.rejects)
      .flatMap((name) => rejects(sandbox.path('lenient', name)));
    expect(inArchive).toMatchObject([{ code: 'BAD_CLOSE_TIME', ledger: 426011, raw: inside }]);
    expect(readdirSync(sandbox.path('lenient')).sort()).toEqual(['_parquetry', 'event']);
  }, 120_000);

  it("may have and add any keys, also DuckDB's key for field ids", async () => {
    const message = (ledger: number, more: string): string =>
      `{"message_type":"event","ledger_sequence":${ledger},"closed_at":"2025-07-13T09:36:17Z",${more}}`;
    const run = async (ledger: number, more: string): Promise<BackfillResult> => {
      writeFileSync(sandbox.path(`keys${ledger}.ndjson`), `${message(ledger, more)}\n`);
      const { code, document } = await sandbox.json<BackfillResult>([
        ...['backfill', '--source', `ndjson:keys${ledger}.ndjson`, '--archive', sandbox.path('keys')],
        ...['--ledgers', `${ledger}-${ledger}`],
      ]);
      expect(code).toBe(0);
      return document;
    };
    await run(426_010, '"__duckdb_field_id":7,"s":{"a":1},"memo":null');
    await run(426_011, '"__DUCKDB_FIELD_ID":8,"s":{"a":2,"__duckdb_field_id":"x"},"memo":"hello"');
    const { datasets } = await run(
      426_012,
      '"__duckdb_field_id":9,"s":{"__duckdb_field_id":"y"},"memo":null',
    );
    expect(datasets).toMatchObject([{ dataset: 'event', rows: 1, schemaVersion: 2 }]);
    const columns = '__duckdb_field_id_2, __DUCKDB_FIELD_ID_3, s.__duckdb_field_id_2, memo';
    expect(await ask('keys', `select ${columns} from event order by ledger_sequence`)).toEqual([
      ['7', null, null, null],
      [null, '8', 'x', 'hello'],
      ['9', null, 'y', null],
    ]);
    const log = readdirSync(sandbox.path('keys', 'event', '_delta_log'))
      .filter((name) => name.endsWith('.json'))
      .map((name) => readFileSync(sandbox.path('keys', 'event', '_delta_log', name), 'utf8'))
      .join('');
    expect(log).toContain('\\"parquetry.key\\":\\"__duckdb_field_id\\"');
    expect((await sandbox.run(['verify', '--archive', sandbox.path('keys'), '--deep'])).code).toBe(0);
  }, 120_000);

  itWithPython(
    'are valid Delta tables for delta-rs and polars, with the types of the registry',
    async () => {
      const seen = python<
        Record<
          string,
          { rows: number; pyarrow: string; deltalake: string; polars: string; schema: Record<string, string> }
        >
      >('tables.py', [sandbox.path('plain')]);
      const table = seen['contract_data'];
      expect(table?.rows).toBe(messages);
      expect([table?.deltalake, table?.polars]).toEqual([table?.pyarrow, table?.pyarrow]);
      expect(table?.schema).toMatchObject({
        contract_id: 'string',
        closed_at: 'timestamp[us, tz=UTC]',
        last_modified_ledger: 'uint32',
        ledger_sequence: 'uint32',
      });
    },
    60_000,
  );

  itWithData(
    'in the 33 forms of the reference program are stored or reported, none is lost',
    async () => {
      const shapes = path.join(TEST_DATA, 'messages/reference-shapes.ndjson');
      expect(HAS_TEST_DATA).toBe(true);
      const { code, document } = await sandbox.json<BackfillResult>([
        'backfill',
        '--source',
        `ndjson:${shapes}`,
        '--archive',
        sandbox.path('shapes'),
        '--ledgers',
        '1-70000000',
        '--partition-size',
        '10000000',
        '--max-rejects',
        '30',
      ]);
      expect(code).toBe(0);
      const rows = document.datasets.reduce((sum, dataset) => sum + dataset.rows, 0);
      expect(rows + document.tally.rejected + document.unusable + document.filtered).toBe(33);
      expect({ rows, rejected: document.tally.rejected, unusable: document.unusable }).toEqual({
        rows: 12,
        rejected: 1,
        unusable: 20,
      });
      const kept = readFileSync(sandbox.path('shapes', document.rejects ?? ''), 'utf8')
        .trimEnd()
        .split('\n');
      expect(kept).toHaveLength(20);
    },
    180_000,
  );
});
