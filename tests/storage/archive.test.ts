import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Archive, checkSnapshot, type Finding } from '@parquetry/archive';
import { openStore, type StoreOptions } from '@parquetry/storage';
import { duckCheckpointWriter, WIDE_SCHEMA, wideFile } from '../../libs/archive/src/testing/duck';
import { readableArchive } from '../../apps/cli/src/library/archive';
import { IDENTITY, plainDraft, registered, sha256 } from '../../libs/archive/src/testing/fixture';
import { seededPlan, startFaultProxy } from '../support/faultproxy';
import { PYTHON } from '../support/python';
import { FAKE_GCS, S3_KEYS, startGcs, startS3, type StorageServer, WEED } from '../support/servers';

const OPTIONS: StoreOptions = { attempts: 8, backoffMs: 20, timeoutMs: 2000 };
const WRITERS = 3;
const RANGES = Array.from({ length: 12 }, (_, i) => ({ start: 10 + i * 10, end: 19 + i * 10 }));

const READ = `
import json, os, sys
from deltalake import DeltaTable
table = DeltaTable(sys.argv[1], storage_options=json.loads(sys.argv[2]))
rows = table.to_pyarrow_table().to_pylist()
print(json.dumps({
  'version': table.version(),
  'files': len(table.file_uris()),
  'history': len(table.history()),
  'ledgers': sorted(row['ledger_sequence'] for row in rows),
  'u64': sorted(str(row['u64']) for row in rows),
}), flush=True)
# Its own threads make the interpreter abort now and then while it ends.
os._exit(0)
`;

const VACUUM = `
import json, os, sys
from deltalake import DeltaTable
storage = json.loads(sys.argv[2])
table = DeltaTable(sys.argv[1], storage_options=storage)
try:
    print(json.dumps(table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False, full=True)))
except Exception as error:
    print(json.dumps({'error': str(error)}))
sys.stdout.flush()
os._exit(0)
`;

interface Read {
  version: number;
  files: number;
  history: number;
  ledgers: number[];
  u64: string[];
}

type Range = (typeof RANGES)[number];

const KINDS = [
  { scheme: 's3', name: 'S3 (SeaweedFS)', has: WEED !== undefined },
  { scheme: 'gs', name: 'GCS (fake-gcs-server)', has: FAKE_GCS !== undefined },
] as const;

describe.each(KINDS)('an archive on $name', ({ scheme, has }) => {
  if (!has) {
    it.skip('[skipped: no server binary; npm test sets it where pip can install it]', () => undefined);
    return;
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'parquetry-remote-archive-'));
  const saved = { ...process.env };
  const staged = new Map<number, ReturnType<typeof wideFile>>();
  let server: StorageServer;

  beforeAll(async () => {
    process.env['AWS_ACCESS_KEY_ID'] = S3_KEYS.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = S3_KEYS.secretAccessKey;
    server = scheme === 's3' ? await startS3() : await startGcs();
    await server.createBucket('lake');
    await openStore(`${scheme}://lake/warm`, { ...OPTIONS, endpoint: server.endpoint }).replace(
      'up',
      Buffer.from(''),
    );
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
    process.env = saved;
  });

  const storageOptions = (): Record<string, string> => ({
    AWS_ENDPOINT_URL: server.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
    AWS_ALLOW_HTTP: 'true',
  });
  const open = (root: string, endpoint: string): Promise<Archive> =>
    Archive.open(openStore(`${scheme}://lake/${root}`, { ...OPTIONS, endpoint }), {
      create: IDENTITY,
      checkpointWriter: duckCheckpointWriter,
    });

  async function publish(
    archive: Archive,
    range: { start: number; end: number },
    more: { readonly mode?: 'replace' } = {},
  ): Promise<string> {
    const base = { ...(await plainDraft(folder, range)), ...more };
    const made = staged.get(range.start) ?? wideFile(folder, range.start, range.end);
    staged.set(range.start, made);
    const files = [await made];
    const contentHash = sha256(`wide ${range.start} ${more.mode ?? ''}`);
    const draft = { ...base, schema: registered(WIDE_SCHEMA), files, contentHash };
    return (await archive.dataset('wide').publish(draft)).outcome;
  }

  /** Every writer publishes every range; the later ones find it committed. */
  async function campaign(root: string, endpoint: string): Promise<Archive> {
    const writers = await Promise.all(Array.from({ length: WRITERS }, () => open(root, endpoint)));
    for (const range of RANGES) {
      const outcomes = await Promise.all(writers.map((writer) => publish(writer, range)));
      expect(outcomes.filter((outcome) => outcome === 'committed')).toHaveLength(1);
    }
    await writers[0]?.dataset('wide').checkpoint({ force: true });
    return open(root, server.endpoint);
  }

  async function expectWhole(archive: Archive): Promise<void> {
    expect(await archive.datasets()).toEqual(['wide']);
    const snapshot = await archive.dataset('wide').snapshot();
    expect(snapshot.segments.map(({ range }) => range)).toEqual(RANGES);
    expect(snapshot.version).toBe(RANGES.length - 1);
    const faults: Finding[] = [];
    for await (const finding of checkSnapshot(archive.store, snapshot, { deep: true })) faults.push(finding);
    expect(faults).toEqual([]);
  }

  it('has each ledger once after three writers published every range concurrently', async () => {
    await expectWhole(await campaign('calm', server.endpoint));
  }, 240_000);

  it('has each ledger once also when requests are lost, duplicated and refused', async () => {
    const proxy = await startFaultProxy(server.endpoint, seededPlan(42, 0.08));
    try {
      await expectWhole(await campaign('rough', proxy.endpoint));
      expect(proxy.done.size).toBeGreaterThan(5);
    } finally {
      await proxy.stop();
    }
  }, 240_000);

  it('is read by the library', async () => {
    process.env['AWS_ENDPOINT_URL'] = server.endpoint;
    process.env['AWS_REGION'] = 'us-east-1';
    process.env['STORAGE_EMULATOR_HOST'] = server.endpoint;
    process.env['PARQUETRY_CACHE'] = path.join(folder, 'cache');
    const internal = await open('calm', server.endpoint);
    await internal.registry.register('wide', WIDE_SCHEMA);
    const archive = await readableArchive(`${scheme}://lake/calm`);
    expect([archive.network, await archive.datasets()]).toEqual(['testnet', ['wide']]);
    expect(await archive.coverage('wide')).toEqual([{ start: 10, end: 129 }]);
    expect(await archive.gaps('wide', { start: 100, end: 139 })).toEqual([{ start: 130, end: 139 }]);
    const files = await archive.files('wide');
    expect(files).toHaveLength(RANGES.length);
    for (const { location } of files) expect(location).toMatch(`${scheme}://lake/calm/wide/year=`);
    const ledgers = { start: 15, end: 42 };
    const rows: unknown[] = [];
    for await (const { ledger_sequence: ledger, u64 } of archive.rows('wide', { ledgers }))
      rows.push([ledger, u64]);
    expect(rows).toEqual(
      Array.from({ length: 28 }, (_, at) => [15 + at, 18446744073709551615n - BigInt(15 + at)]),
    );
    let count = 0;
    for await (const batch of archive.batches('wide', { columns: ['u64'] })) count += batch.numRows;
    expect(count).toBe(120);
  }, 60_000);

  (PYTHON !== undefined && scheme === 's3' ? it : it.skip)(
    'is not changed by a vacuum of delta-rs between two commits, and continues [S3 only, with PARQUETRY_PYTHON]',
    async () => {
      const archive = await open('vacuumed', server.endpoint);
      const [first, second, third] = RANGES as [Range, Range, Range];
      for (const range of [first, second]) await publish(archive, range);
      const { store } = archive;
      const orphan = 'wide/year=2025/month=07/day=13/stellar-data-90-99-1752365000.parquet';
      await store.putIfAbsent(orphan, Buffer.from('of a crash'));
      const before = await archive.dataset('wide').snapshot();
      const args = ['-c', VACUUM, 's3://lake/vacuumed/wide', JSON.stringify(storageOptions())];
      const { stdout } = await promisify(execFile)(PYTHON ?? '', args, { timeout: 60_000 });
      const vacuumed = JSON.parse(stdout) as unknown;
      // Its commits would lose the coverage; it refuses before it deletes anything.
      expect(vacuumed).toEqual({ error: expect.stringContaining('DomainMetadata') });
      expect(await store.stat(orphan)).toBeDefined();
      const fresh = await open('vacuumed', server.endpoint);
      expect((await fresh.dataset('wide').snapshot()).files).toEqual(before.files);
      expect(await publish(fresh, third)).toBe('committed');
    },
    120_000,
  );

  // fake-gcs-server does not know the XML listing that delta-rs asks GCS for.
  const reads = PYTHON !== undefined && scheme === 's3';
  (reads ? it : it.skip)(
    'is read by delta-rs [S3 only, with PARQUETRY_PYTHON]',
    async () => {
      const storage = storageOptions();
      for (const root of ['calm', 'rough']) {
        const args = ['-c', READ, `${scheme}://lake/${root}/wide`, JSON.stringify(storage)];
        const { stdout } = await promisify(execFile)(PYTHON ?? '', args, {
          maxBuffer: 1 << 26,
          timeout: 60_000,
        });
        const read = JSON.parse(stdout) as Read;
        const ledgers = Array.from({ length: 120 }, (_, i) => 10 + i);
        expect(read.ledgers).toEqual(ledgers);
        expect(read.u64).toEqual(
          ledgers.map((ledger) => String(18446744073709551615n - BigInt(ledger))).sort(),
        );
        expect(read).toMatchObject({ version: 11, files: 12, history: 12 });
      }
    },
    180_000,
  );
});
