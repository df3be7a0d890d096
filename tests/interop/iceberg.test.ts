import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promote } from '@parquetry/archive';
import { rebuildIceberg, syncIceberg } from '@parquetry/iceberg';
import { LocalStore, type ObjectStore, openStore } from '@parquetry/storage';
import { PYTHON, pythonAsk } from '../support/python';
import { FAKE_GCS, S3_KEYS, startGcs, startS3, type StorageServer, WEED } from '../support/servers';
import { History } from './history';
import type { Summary } from './readers';

/** `alike` is the digest with null lists of structs as empty ones: pyiceberg does not distinguish them. */
type Reading = (Summary & { readonly alike: string }) | { readonly error: string };

interface TableReading {
  readonly format: number;
  readonly current: number;
  readonly schema: readonly (readonly [id: number, name: string, type: string, required: boolean])[];
  readonly sorted: string;
  readonly snapshots: Readonly<
    Record<
      number,
      {
        readonly operation: string;
        readonly files: number;
        readonly pyiceberg: Reading;
        readonly polars: Reading;
        readonly delta?: Reading;
      }
    >
  >;
  readonly catalog: Reading;
  readonly skipping: readonly { readonly filter: string; readonly files: number; readonly rows: number }[];
}

const FIRST = 420_000;
const STORES = [
  { kind: 'local', ready: true },
  { kind: 's3', ready: WEED !== undefined },
  { kind: 'gs', ready: FAKE_GCS !== undefined },
] as const;

const describeReaders = PYTHON === undefined ? describe.skip : describe;

describeReaders('Iceberg tables over the files of a Delta table [needs PARQUETRY_PYTHON]', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-iceberg-'));
  const saved = { ...process.env };
  const servers: StorageServer[] = [];
  let read: Record<string, TableReading>;

  beforeAll(async () => {
    const tables: Record<string, object> = {};
    for (const { kind, ready } of STORES) {
      if (!ready) continue;
      const { store, options } = await openServer(kind, servers);
      for (const [name, make] of Object.entries({ appended: appends, rewritten: rewrites, majors })) {
        const folder = path.join(dir, `${kind}-${name}`);
        const history = await History.open(folder, undefined, {
          store: store?.(name) ?? new LocalStore(path.join(folder, 'archive')),
          integers: 'signed',
        });
        await make(history);
        await history.close();
        const { uri } = history.archive.store;
        tables[`${kind}_${name}`] = {
          iceberg: `${kind === 'local' ? `file://${uri}` : uri}/_iceberg/${datasetOf(name)}`,
          // delta-rs can't list fake-gcs-server.
          ...(kind === 'gs' ? {} : { delta: `${uri}/${datasetOf(name)}` }),
          ...options,
          filters: [
            `ledger_sequence >= ${FIRST + 61}`,
            `ledger_sequence = ${FIRST + 5}`,
            `closed_at < '2025-07-12T23:47:30+00:00'`,
            'ledger_sequence < 1',
          ],
        };
      }
    }
    mkdirSync(path.join(dir, 'catalogs'));
    read = pythonAsk('iceberg.py', { dir: path.join(dir, 'catalogs'), tables });
  }, 240_000);

  afterAll(async () => {
    for (const server of servers) await server.stop();
    rmSync(dir, { recursive: true, force: true });
    process.env = saved;
  });

  const table = (name: string): TableReading => read[name] as TableReading;

  describe.each(STORES.filter(({ ready }) => ready))('on $kind', ({ kind }) => {
    it('have the snapshots of the Delta versions, with the same rows', () => {
      expect(Object.keys(table(`${kind}_appended`).snapshots)).toEqual(['0', '1', '2', '3', '4', '5', '6']);
      expect(Object.keys(table(`${kind}_rewritten`).snapshots)).toEqual(['7', '8', '9', '10']);
      expect(Object.keys(table(`${kind}_majors`).snapshots)).toEqual(['0', '1']);
      for (const name of ['appended', 'rewritten', 'majors'])
        for (const [version, { pyiceberg, polars, delta }] of Object.entries(
          table(`${kind}_${name}`).snapshots,
        )) {
          const other = delta ?? table(`local_${name}`).snapshots[Number(version)]?.delta;
          expect(other).not.toHaveProperty('error');
          const { rows, digest, alike } = other as Summary & { readonly alike: string };
          expect({ name, version, ...pyiceberg }).toMatchObject({ name, version, rows, alike });
          // On GCS, polars reads with pyiceberg.
          const exact = kind === 'gs' ? { alike } : { digest };
          expect({ name, version, ...polars }).toMatchObject({ name, version, rows, ...exact });
        }
    });

    it('are read through a catalog', () => {
      for (const name of ['appended', 'rewritten']) {
        const { snapshots, current, catalog } = table(`${kind}_${name}`);
        expect(catalog).toEqual(snapshots[current]?.pyiceberg);
      }
    });
  });

  it('have all column types, with the ids of the registry', () => {
    const { schema, format, sorted } = table('local_appended');
    expect(format).toBe(2);
    expect(sorted).toContain('1 ASC');
    expect(schema).toEqual([
      [1, 'ledger_sequence', 'long', true],
      [2, 'closed_at', 'timestamptz', true],
      [3, 'contract_id', 'string', false],
      [4, 'balance', 'decimal(20, 0)', false],
      [5, 'delta', 'long', false],
      [6, 'change', 'int', false],
      [7, 'deleted', 'boolean', false],
      [8, 'price', 'double', false],
      [9, 'amount', 'decimal(38, 7)', false],
      [10, 'fee', 'decimal(9, 2)', false],
      [11, 'val_decoded', 'string', false],
      [12, 'topics', 'list<string>', false],
      [14, 'data', expect.stringContaining('struct<15: seq: optional decimal(20, 0)'), false],
      [19, 'rowid', 'string', false],
      [30, 'note', 'string', false],
    ]);
  });

  it('have a table of each major, with its own schema', () => {
    const columns = (name: string): string[] => table(name).schema.map(([, column]) => column);
    expect(columns('local_majors')).not.toContain('delta');
    expect(columns('local_majors')).toEqual(
      columns('local_appended').filter((column) => !['delta', 'note'].includes(column)),
    );
  });

  it('skip files by the bounds of ledgers and times', () => {
    const { snapshots, current, skipping } = table('local_rewritten');
    expect(snapshots[current]?.files).toBeGreaterThan(5);
    expect(skipping.map(({ files, rows }) => ({ files, rows }))).toEqual([
      { files: 2, rows: 45 },
      { files: 1, rows: 5 },
      { files: 1, rows: 50 },
      { files: 0, rows: 0 },
    ]);
  });

  it('say what each commit did', () => {
    const operations = Object.values(table('local_rewritten').snapshots).map(({ operation }) => operation);
    expect(operations).toEqual(['replace', 'append', 'append', 'append']);
  });
});

/** Four commits, a second schema version, a segment without rows, an older schema version again. */
async function appends(history: History): Promise<void> {
  for (const from of [0, 10, 20, 30]) await history.commit(from, 10);
  await history.commit(40, 10, { version: 2 });
  await syncIceberg(history.archive, 'everything');
  await history.commit(50, 10, { version: 2, empty: true });
  await history.commit(60, 1, { version: 1 });
  await syncIceberg(history.archive, 'everything');
}

/** The history of the test with Spark, synced in different ways. */
async function rewrites(history: History): Promise<void> {
  const dataset = history.archive.dataset('everything');
  const sync = (): Promise<unknown> => syncIceberg(history.archive, 'everything');
  for (const from of [0, 10, 20, 30]) await history.commit(from, 10);
  await sync();
  await history.commit(40, 10, { version: 2 });
  await history.commit(50, 10, { version: 2, empty: true });
  const { replaced } = await history.commit(10, 10, { compression: 'gzip', replace: true });
  await sync();
  await dataset.retire(replaced);
  const compacted = await history.commit(20, 20, { compaction: true });
  await sync();
  await dataset.retire(compacted.replaced);
  for (const [from, count] of [
    [60, 1],
    [61, 4],
  ] as const)
    await history.commit(from, count, { version: 2 });
  await rebuildIceberg(history.archive, 'everything');
  await history.commit(65, 5, { version: 1 });
  await sync();
}

/** A second major, synced after its first commit and after its second. */
async function majors(history: History): Promise<void> {
  await history.commit(0, 10);
  await syncIceberg(history.archive, 'everything');
  await promote(history.archive, 'everything', FIRST + 10);
  for (const from of [10, 20]) {
    await history.commit(from, 10, { major: true });
    await syncIceberg(history.archive, 'everything.v2');
  }
}

const datasetOf = (name: string): string => (name === 'majors' ? 'everything.v2' : 'everything');

/** Starts the server of a store; `store` opens a root in its bucket. */
async function openServer(
  kind: (typeof STORES)[number]['kind'],
  servers: StorageServer[],
): Promise<{ readonly store?: (root: string) => ObjectStore; readonly options?: object }> {
  if (kind === 'local') return {};
  process.env['AWS_ACCESS_KEY_ID'] = S3_KEYS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = S3_KEYS.secretAccessKey;
  const server = kind === 's3' ? await startS3() : await startGcs();
  servers.push(server);
  await server.createBucket('lake');
  const { endpoint } = server;
  const options =
    kind === 'gs'
      ? {
          // The reader of polars can't be directed to another server.
          polars_reader: 'pyiceberg',
          options: {
            'gcs.service.host': endpoint,
            'gcs.oauth2.token': 'none',
            'gcs.oauth2.token-expires-at': '4102444800000',
          },
        }
      : {
          options: {
            's3.endpoint': endpoint,
            's3.region': 'us-east-1',
            's3.access-key-id': S3_KEYS.accessKeyId,
            's3.secret-access-key': S3_KEYS.secretAccessKey,
          },
          delta_options: {
            AWS_ENDPOINT_URL: endpoint,
            AWS_REGION: 'us-east-1',
            AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
            AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
            AWS_ALLOW_HTTP: 'true',
          },
        };
  return {
    store: (root) => openStore(`${kind}://lake/${root}`, { endpoint, attempts: 8, backoffMs: 20 }),
    options,
  };
}
