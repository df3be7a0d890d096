import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Archive } from '@parquetry/archive';
import { RestCatalog, syncIceberg } from '@parquetry/iceberg';
import { LocalStore, type ObjectStore, openStore } from '@parquetry/storage';
import { Matrix } from '../support/matrix';
import { CHDB, PYTHON, pythonAsync } from '../support/python';
import { TestCatalog } from '../support/restcatalog';
import { GcsXml } from '../support/gcsxml';
import { FAKE_GCS, S3_KEYS, startGcs, startS3, type StorageServer, WEED } from '../support/servers';
import { HAS_ICEBERG, spark } from '../support/spark';
import { History } from './history';
import { CHANGED, FILTERS, HISTORIES, LEDGER, ROWS } from './icebergtables';
import type { Summary } from './readers';

/**
 * `alike` is the digest with null lists of structs as empty ones: pyiceberg does not distinguish them. `lenient` is that
 * with all null lists as empty ones and null structs as structs of nulls, as ClickHouse has them.
 */
type Digests = Summary & { readonly alike: string; readonly lenient: string };
type Reading = Digests | { readonly error: string };

/** What ClickHouse and pandas read of each version, and the rows that pass the filters. */
type Versions = Readonly<Record<'iceberg' | 'delta', Readonly<Record<number, Digests>>>>;
interface OptionalReading {
  readonly clickhouse: Versions & { readonly rows: Readonly<Record<'iceberg' | 'delta', readonly number[]>> };
  readonly pandas: Versions;
}

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
        readonly delta: Reading;
        readonly polars_delta: Reading;
      }
    >
  >;
  readonly catalog: Reading;
  readonly skipping: readonly {
    readonly filter: string;
    readonly files: number;
    readonly rows: number;
    readonly delta: number;
  }[];
}

interface SparkReading {
  readonly snapshots: Readonly<
    Record<number, { readonly operation: string; readonly iceberg: Summary; readonly delta: Summary }>
  >;
  readonly newest: Summary;
  readonly catalog: Summary | null;
  readonly skipping: readonly { readonly rows: number; readonly files: number; readonly skipped: number }[];
  /** Files that Spark's Delta reader opens for each filter. */
  readonly delta: readonly number[];
}

const STORES = [
  { kind: 'local', name: 'local', ready: true },
  { kind: 's3', name: 'S3', ready: WEED !== undefined },
  { kind: 'gs', name: 'GCS', ready: FAKE_GCS !== undefined },
] as const;
const HERE = STORES.filter(({ ready }) => ready);
const NAMES = Object.keys(HISTORIES);

const matrix = new Matrix(__filename);
const describeReaders = PYTHON === undefined ? describe.skip : describe;
const describeSpark = HAS_ICEBERG ? describe : describe.skip;
const describeOptional = CHDB === undefined ? describe.skip : describe;

describeReaders('Iceberg tables over the files of a Delta table [needs PARQUETRY_PYTHON]', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-iceberg-'));
  const saved = { ...process.env };
  const servers: { readonly stop: () => Promise<void> }[] = [];
  let read: Record<string, TableReading>;
  let bySpark: Record<string, SparkReading>;
  let optional: Record<string, OptionalReading>;
  let pruned: Record<string, Readonly<Record<string, number | string>>>;

  beforeAll(async () => {
    const tables: Record<string, object> = {};
    const sparkTables: Record<string, object> = {};
    const rewritten: Record<string, Archive> = {};
    let settings: object = {};
    for (const { kind } of HERE) {
      const { store, options, endpoint, s3 } = await openServer(kind, servers);
      settings = { ...settings, ...fileSystem(kind, endpoint ?? '') };
      const registered = new Map<string, () => Promise<string>>();
      const catalog = new TestCatalog(async (uri) => (await registered.get(uri)?.()) ?? '');
      for (const [name, { dataset, make }] of Object.entries(HISTORIES)) {
        const folder = path.join(dir, `${kind}-${name}`);
        const history = await History.open(folder, undefined, {
          store: store?.(name) ?? new LocalStore(path.join(folder, 'archive')),
          integers: 'signed',
        });
        await make(history);
        await history.close();
        const { archive } = history;
        const { uri } = archive.store;
        const table = `${kind}_${name}`;
        const location = `${kind === 'local' ? `file://${uri}` : uri}/_iceberg/${dataset}`;
        const filters = [...FILTERS.map(({ filter }) => filter), `change = ${CHANGED}`];
        tables[table] = {
          iceberg: location,
          delta: `${uri}/${dataset}`,
          ...options,
          filters,
          versions: Object.keys(ROWS[name] ?? {}).map(Number),
          ...(s3 === undefined ? {} : { s3: [s3, S3_KEYS.accessKeyId, S3_KEYS.secretAccessKey] }),
        };
        // Hadoop's name of S3.
        const delta = `${uri.replace(/^s3:/, 's3a:')}/${dataset}`;
        if (kind === 's3') sparkTables[table] = { load: `rest.stellar.${table}`, delta, filters };
        else {
          sparkTables[table] = { load: location, catalog: `${table}.\`${dataset}\``, delta, filters };
          settings = { ...settings, ...hadoopCatalog(table, path.dirname(location)) };
        }
        if (name === 'rewritten') rewritten[table] = archive;
        const { metadata } = await syncIceberg(archive, dataset);
        const key = metadata.slice(location.length - `_iceberg/${dataset}`.length);
        registered.set(metadata, async () => Buffer.from(await archive.store.get(key)).toString());
        if (kind !== 's3' || !HAS_ICEBERG) continue;
        if (!('spark.sql.catalog.rest' in settings)) {
          servers.push(catalog);
          settings = { ...settings, ...restCatalog(await catalog.start(), endpoint ?? '') };
        }
        const { 'spark.sql.catalog.rest.uri': rest } = settings as Record<string, string>;
        await (
          await RestCatalog.connect({ uri: String(rest), namespace: ['stellar'] })
        ).register(table, metadata);
      }
    }
    mkdirSync(path.join(dir, 'catalogs'));
    read = await pythonAsync('iceberg.py', { dir: path.join(dir, 'catalogs'), tables });
    if (CHDB !== undefined) optional = await pythonAsync('clickhouse.py', { dir, tables }, CHDB);
    if (HAS_ICEBERG)
      ({ iceberg: bySpark } = await spark<{ readonly iceberg: typeof bySpark }>(path.join(dir, 'spark'), {
        settings,
        iceberg: sparkTables,
      }));
    for (const archive of Object.values(rewritten))
      for (const { key, range } of await archive.dataset('everything').files())
        if (range === undefined || LEDGER < range.start || LEDGER > range.end)
          await archive.store.delete(key);
    const few = Object.entries(tables).filter(([name]) => name in rewritten);
    const request = { dir, ledger: LEDGER, tables: Object.fromEntries(few) };
    pruned = await pythonAsync('pruned.py', request, CHDB);
  }, 400_000);

  afterAll(async () => {
    for (const server of servers) await server.stop();
    rmSync(dir, { recursive: true, force: true });
    process.env = saved;
  });

  const table = (name: string): TableReading => read[name] as TableReading;
  /** What delta-rs found in the Delta table. */
  const truth = (kind: string, name: string, version: number): Digests => {
    const found = table(`${kind}_${name}`).snapshots[version]?.delta;
    expect(found).toMatchObject({ rows: ROWS[name]?.[version] });
    return found as Digests;
  };

  describe.each(HERE)('on $name', ({ kind, name: store }) => {
    it('have the snapshots of the Delta versions, with the same rows', () => {
      for (const name of NAMES) {
        const { snapshots } = table(`${kind}_${name}`);
        expect(Object.keys(snapshots)).toEqual(Object.keys(ROWS[name] ?? {}));
        for (const [version, { pyiceberg, polars, polars_delta }] of Object.entries(snapshots)) {
          const { rows, digest, alike } = truth(kind, name, Number(version));
          expect({ name, version, ...pyiceberg }).toMatchObject({ name, version, rows, alike });
          // On GCS, polars reads with pyiceberg.
          const exact = kind === 'gs' ? { alike } : { digest };
          expect({ name, version, ...polars }).toMatchObject({ name, version, rows, ...exact });
          expect({ name, version, ...polars_delta }).toMatchObject({ name, version, rows, digest });
        }
      }
      const features = ['types', 'evolution', 'compaction', 'replacement', 'majors', 'time travel'] as const;
      matrix.proved('Iceberg', 'pyiceberg', store, ...features);
      matrix.proved('Iceberg', 'polars', store, ...features);
      matrix.proved('Delta', 'delta-rs and pyarrow', store, ...features);
      matrix.proved('Delta', 'polars', store, ...features);
    });

    it('say what each commit did', () => {
      const operations = NAMES.map((name) =>
        Object.values(table(`${kind}_${name}`).snapshots).map(({ operation }) => operation),
      );
      expect(operations).toEqual([
        Array<string>(7).fill('append'),
        ['replace', 'append', 'append', 'append'],
        ['overwrite', 'append'],
      ]);
    });

    it('are read through a catalog', () => {
      for (const name of NAMES) {
        const { snapshots, current, catalog } = table(`${kind}_${name}`);
        expect(catalog).toEqual(snapshots[current]?.pyiceberg);
      }
    });

    it('have the rows of the replacement only once', () => {
      expect(table(`${kind}_majors`).skipping.at(-1)).toMatchObject({ rows: 50 });
    });

    it('skip files by the bounds of ledgers and times', () => {
      const { snapshots, current, skipping } = table(`${kind}_rewritten`);
      expect(snapshots[current]?.files).toBeGreaterThan(5);
      for (const [index, { files, rows }] of FILTERS.entries()) {
        expect(skipping[index]).toMatchObject({ files, rows, delta: files });
      }
      matrix.proved('Iceberg', 'pyiceberg', store, 'pruning');
      matrix.proved('Delta', 'delta-rs and pyarrow', store, 'pruning');
    });
  });

  describeSpark('with Spark [needs PARQUETRY_SPARK_PYTHON and PARQUETRY_ICEBERG_JARS]', () => {
    it.each(HERE)('have the same snapshots and rows on $name', ({ kind, name: store }) => {
      for (const name of NAMES) {
        const found = bySpark[`${kind}_${name}`] as SparkReading;
        expect(found).not.toHaveProperty('error');
        const { snapshots, newest, catalog } = found;
        const versions = Object.keys(ROWS[name] ?? {});
        expect(Object.keys(snapshots)).toEqual(versions);
        for (const [version, { iceberg, delta }] of Object.entries(snapshots)) {
          const { rows, digest } = truth(kind, name, Number(version));
          expect({ name, version, ...iceberg }).toMatchObject({ name, version, rows, digest });
          expect({ name, version, ...delta }).toMatchObject({ name, version, rows, digest });
        }
        const { rows, digest } = truth(kind, name, Number(versions.at(-1)));
        expect(newest).toMatchObject({ rows, digest });
        if (kind !== 's3') expect(catalog).toEqual(newest);
      }
      const features = ['types', 'evolution', 'compaction', 'replacement', 'majors', 'time travel'] as const;
      matrix.proved('Iceberg', 'Spark', store, ...features);
      matrix.proved('Delta', 'Spark', store, ...features);
    });

    it.each(HERE)('skip files on $name', ({ kind, name: store }) => {
      const { skipping, delta } = bySpark[`${kind}_rewritten`] as SparkReading;
      const { snapshots, current } = table(`${kind}_rewritten`);
      const all = snapshots[current]?.files ?? 0;
      for (const [index, { files, rows }] of FILTERS.entries()) {
        expect(skipping[index]).toEqual({ rows, files, skipped: all - files });
        expect(delta[index]).toBe(files);
      }
      matrix.proved('Iceberg', 'Spark', store, 'pruning');
      matrix.proved('Delta', 'Spark', store, 'pruning');
    });
  });

  it.each(HERE)('are read by polars on $name without a file that it can skip', ({ kind, name: store }) => {
    expect(pruned[`${kind}_rewritten`]).toMatchObject({ 'polars delta': 5, 'polars iceberg': 5 });
    matrix.proved('Delta', 'polars', store, 'pruning');
    matrix.proved('Iceberg', 'polars', store, 'pruning');
  });

  describeOptional('with ClickHouse and pandas [needs PARQUETRY_CHDB]', () => {
    it.each(HERE)('are read on $name without a file that can be skipped', ({ kind, name: store }) => {
      const found = pruned[`${kind}_rewritten`];
      for (const [engine, name] of [
        ['pandas', 'pandas'],
        ['clickhouse', 'ClickHouse (chdb)'],
      ])
        for (const format of ['Delta', 'Iceberg'] as const) {
          expect({ engine, format, rows: found?.[`${engine} ${format.toLowerCase()}`] }).toEqual({
            engine,
            format,
            rows: 5,
          });
          matrix.proved(format, String(name), store, 'pruning');
        }
    });

    it.each(HERE)('have the same rows on $name', ({ kind, name: store }) => {
      for (const name of NAMES) {
        const found = optional[`${kind}_${name}`] as OptionalReading;
        for (const engine of ['clickhouse', 'pandas'] as const)
          for (const format of ['iceberg', 'delta'] as const)
            for (const version of Object.keys(ROWS[name] ?? {})) {
              const { rows, digest, alike, lenient } = truth(kind, name, Number(version));
              const seen = found[engine][format][Number(version)];
              const row = { engine, format, name, version };
              const wanted =
                engine === 'clickhouse' ? { lenient } : format === 'delta' ? { digest } : { alike };
              expect({ ...row, ...seen }).toMatchObject({ ...row, rows, ...wanted });
            }
      }
      const { iceberg, delta } = (optional[`${kind}_rewritten`] as OptionalReading).clickhouse.rows;
      for (const [index, { rows }] of FILTERS.entries())
        expect([iceberg[index], delta[index]]).toEqual([rows, rows]);
      const features = ['types', 'evolution', 'compaction', 'replacement', 'majors', 'time travel'] as const;
      for (const engine of ['ClickHouse (chdb)', 'pandas'])
        for (const format of ['Iceberg', 'Delta'] as const) matrix.proved(format, engine, store, ...features);
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

  it('prove what docs/engines.md claims', () => {
    const here: readonly string[] = HERE.map(({ name }) => name);
    const { proved, claimed } = matrix.compare(
      (row) =>
        here.includes(row.split(' | ').at(-1) ?? '') &&
        (HAS_ICEBERG || !row.includes('Spark')) &&
        (CHDB !== undefined || !/ClickHouse|pandas/.test(row)),
    );
    expect(proved).toEqual(claimed);
  });
});

/** Settings of a catalog of Spark that finds the tables of an archive by their folders. */
function hadoopCatalog(name: string, warehouse: string): object {
  const catalog = `spark.sql.catalog.${name}`;
  return {
    [catalog]: 'org.apache.iceberg.spark.SparkCatalog',
    [`${catalog}.type`]: 'hadoop',
    [`${catalog}.warehouse`]: warehouse,
  };
}

/** Settings of Hadoop's file system of a store, which reads Delta tables, and Iceberg tables by their folder. */
function fileSystem(kind: (typeof STORES)[number]['kind'], endpoint: string): object {
  const settings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    local: {},
    s3: {
      'fs.s3a.endpoint': endpoint,
      'fs.s3a.endpoint.region': 'us-east-1',
      'fs.s3a.path.style.access': 'true',
      'fs.s3a.connection.ssl.enabled': 'false',
      'fs.s3a.access.key': S3_KEYS.accessKeyId,
      'fs.s3a.secret.key': S3_KEYS.secretAccessKey,
    },
    gs: {
      'fs.gs.impl': 'com.google.cloud.hadoop.fs.gcs.GoogleHadoopFileSystem',
      'fs.gs.storage.root.url': endpoint,
      'fs.gs.project.id': 'test',
      'fs.gs.auth.service.account.enable': 'false',
      'fs.gs.auth.null.enable': 'true',
    },
  };
  return Object.fromEntries(
    Object.entries(settings[kind] ?? {}).map(([name, value]) => [`spark.hadoop.${name}`, value]),
  );
}

/** Settings of a REST catalog whose tables are on an S3 server. */
function restCatalog(uri: string, endpoint: string): object {
  const catalog = 'spark.sql.catalog.rest';
  return {
    [catalog]: 'org.apache.iceberg.spark.SparkCatalog',
    [`${catalog}.type`]: 'rest',
    [`${catalog}.uri`]: uri,
    [`${catalog}.io-impl`]: 'org.apache.iceberg.aws.s3.S3FileIO',
    [`${catalog}.s3.endpoint`]: endpoint,
    [`${catalog}.s3.path-style-access`]: 'true',
    [`${catalog}.s3.access-key-id`]: S3_KEYS.accessKeyId,
    [`${catalog}.s3.secret-access-key`]: S3_KEYS.secretAccessKey,
    [`${catalog}.client.region`]: 'us-east-1',
  };
}

/** Starts the server of a store; `store` opens a root in its bucket. */
async function openServer(
  kind: (typeof STORES)[number]['kind'],
  servers: { readonly stop: () => Promise<void> }[],
): Promise<{
  readonly store?: (root: string) => ObjectStore;
  readonly options?: object;
  readonly endpoint?: string;
  /** Address for readers with requests of S3, which GCS understands, too. */
  readonly s3?: string;
}> {
  if (kind === 'local') return {};
  process.env['AWS_ACCESS_KEY_ID'] = S3_KEYS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = S3_KEYS.secretAccessKey;
  const server: StorageServer = kind === 's3' ? await startS3() : await startGcs();
  servers.push(server);
  await server.createBucket('lake');
  const { endpoint } = server;
  const proxy = new GcsXml(endpoint);
  servers.push(proxy);
  const xml = await proxy.start();
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
          delta_options: {
            GOOGLE_SERVICE_ACCOUNT_KEY: JSON.stringify({
              gcs_base_url: xml,
              disable_oauth: true,
              client_email: '',
              private_key: '',
              private_key_id: '',
            }),
            allow_http: 'true',
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
    endpoint,
    s3: kind === 's3' ? endpoint : xml,
  };
}
