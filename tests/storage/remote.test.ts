import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { writeSampleLake, writeSampleMessages } from '@parquetry/sample';
import { type ManagedStore, openStore } from '@parquetry/storage';
import { connectClient, devHome, readDevServer } from '@parquetry/temporal';
import { Sandbox } from '../support/cli';
import { FAKE_GCS, S3_KEYS, startGcs, startS3, type StorageServer, WEED } from '../support/servers';

const missing = WEED === undefined ? 'PARQUETRY_WEED' : FAKE_GCS === undefined ? 'PARQUETRY_FAKE_GCS' : '';
const suite = missing === '' ? describe : describe.skip;
const FIRST = 426_000;
const LEDGERS = { count: 30, text: `${FIRST}-${FIRST + 29}` };
const EVENTS = 'select count(*) as n, sum(ledger_sequence) as s from contract_events';

interface Files {
  readonly files: readonly { dataset: string; key: string; size: number; sha256: string }[];
}
interface Answer {
  readonly rows: readonly unknown[][];
}
interface Failure {
  readonly error: { code: string; message: string; hint?: string };
}

suite(`S3 (SeaweedFS), GCS (fake-gcs-server) and local disk${missing && ` [skipped: no ${missing}]`}`, () => {
  const sandbox = new Sandbox();
  const saved = { ...process.env };
  const env: Record<string, string> = {};
  const kinds = ['disk', 's3', 'gs'] as const;
  type Kind = (typeof kinds)[number];
  let servers: StorageServer[] = [];
  const printed: string[] = [];

  const root = (kind: Kind, name: string): string =>
    kind === 'disk' ? `./${name}` : `${kind}://lake/${name}`;
  const store = (kind: Kind, name: string): ManagedStore =>
    openStore(kind === 'disk' ? sandbox.path(name) : `${kind}://lake/${name}`);
  const cached = (name: string): Record<string, string> => ({ ...env, PARQUETRY_CACHE: sandbox.path(name) });

  async function run<T>(args: readonly string[], more = env): Promise<{ code: number | null; document: T }> {
    const { code, document, stderr } = await sandbox.json<T>(args, more);
    printed.push(JSON.stringify(document), stderr);
    return { code, document };
  }

  /** Everything of a folder, with its content, below a prefix of a bucket. */
  async function upload(folder: string, to: ManagedStore): Promise<void> {
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      await to.putIfAbsent(path.relative(folder, file).split(path.sep).join('/'), readFileSync(file));
    }
  }

  /** Key and sha256 of the stored bytes of every committed file. */
  async function content(kind: Kind, archive: string): Promise<Record<string, string>> {
    const { code, document } = await run<Files>(['files', '--archive', root(kind, archive)]);
    expect(code).toBe(0);
    const found: Record<string, string> = {};
    for (const { key, sha256 } of document.files) {
      found[key] = await store(kind, archive).sha256(key);
      expect({ key, sha256: found[key] }).toEqual({ key, sha256 });
    }
    return found;
  }

  beforeAll(async () => {
    servers = await Promise.all([startS3(), startGcs()]);
    const [s3, gcs] = servers as [StorageServer, StorageServer];
    await Promise.all([s3.createBucket('lake'), gcs.createBucket('lake')]);
    Object.assign(env, {
      AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      STORAGE_EMULATOR_HOST: gcs.endpoint,
    });
    Object.assign(process.env, env);
    await writeSampleLake({ dir: sandbox.path('source'), ledgers: LEDGERS.count, start: FIRST });
    const parts = sandbox.path('messages');
    await writeSampleMessages({ file: path.join(parts, 'all'), ledgers: LEDGERS.count, start: FIRST });
    const lines = readFileSync(path.join(parts, 'all'), 'utf8').trimEnd().split('\n');
    const half = Math.floor(lines.length / 2);
    mkdirSync(path.join(parts, 'day-1'), { recursive: true });
    writeFileSync(path.join(parts, 'day-1', 'a.ndjson.gz'), gzipSync(`${lines.slice(0, half).join('\n')}\n`));
    writeFileSync(path.join(parts, 'day-1', 'b.ndjson'), lines.slice(half).join('\n'));
    for (const kind of ['s3', 'gs'] as const) {
      await upload(sandbox.path('source'), store(kind, 'source'));
      await upload(parts, store(kind, 'messages'));
    }
    const open = openStore('s3://open');
    await upload(sandbox.path('source'), open);
    await open.putIfAbsent('messages.ndjson.gz', readFileSync(path.join(parts, 'day-1', 'a.ndjson.gz')));

    await sandbox.dev([], env);
  }, 180_000);

  afterAll(async () => {
    await sandbox.dispose();
    await Promise.all(servers.map((server) => server.stop()));
    process.env = saved;
  });

  it('the same backfill of a lake gives the same bytes; verify --deep and query work on all three', async () => {
    const all: Record<string, string>[] = [];
    const answers: unknown[] = [];
    for (const kind of kinds) {
      const archive = root(kind, 'archive');
      const source = `galexie:${root(kind, 'source')}`;
      const line = ['backfill', '--source', source, '--archive', archive, '--ledgers', LEDGERS.text];
      const done = await run<{ error?: unknown }>([
        ...line,
        '--partition-size',
        '10',
        '--id',
        `lake-${kind}`,
      ]);
      expect({ kind, code: done.code, error: done.document.error }).toEqual({ kind, code: 0 });
      all.push(await content(kind, 'archive'));

      const deep = await run(['verify', '--archive', archive, '--deep', '--ledgers', LEDGERS.text]);
      expect({ kind, code: deep.code }).toEqual({ kind, code: 0 });
      const whole = await run<Answer>(['query', '--archive', archive, EVENTS], cached('cache'));
      const part = await run<Answer>(
        ['query', '--archive', archive, '--ledgers', `${FIRST + 12}-${FIRST + 14}`, EVENTS],
        cached(`cache-${kind}`),
      );
      expect([whole.code, part.code]).toEqual([0, 0]);
      answers.push([whole.document.rows, part.document.rows]);
      // One partition of three, one dataset of all: the copies of the rest are not needed.
      if (kind !== 'disk')
        expect(
          readdirSync(sandbox.path(`cache-${kind}`, 'objects')).filter((name) => /parquet$/.test(name)),
        ).toHaveLength(1);
    }
    expect(Object.keys(all[0] ?? {}).length).toBeGreaterThanOrEqual(12);
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).toEqual(all[0]);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    // Both remote archives have the same files, so the second query found the copies of the first.
    const events = Object.keys(all[0] ?? {}).filter((key) => key.startsWith('contract_events/'));
    expect(readdirSync(sandbox.path('cache', 'objects'))).toHaveLength(events.length);
  }, 240_000);

  it('the same backfill of NDJSON objects, plain and packed, gives the same bytes', async () => {
    const all: Record<string, string>[] = [];
    for (const kind of kinds) {
      const source = `ndjson:${root(kind, 'messages')}/day-*/*.ndjson.gz,${root(kind, 'messages')}/**/b.ndjson`;
      const archive = root(kind, 'from-messages');
      const line = ['backfill', '--source', source, '--archive', archive, '--ledgers', LEDGERS.text];
      const done = await run<{ error?: unknown }>([
        ...line,
        '--partition-size',
        '15',
        '--id',
        `messages-${kind}`,
      ]);
      expect({ kind, code: done.code, error: done.document.error }).toEqual({ kind, code: 0 });
      all.push(await content(kind, 'from-messages'));
    }
    expect(Object.keys(all[0] ?? {}).length).toBeGreaterThan(1);
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).toEqual(all[0]);
  }, 180_000);

  it('reads a public bucket without credentials', async () => {
    const { AWS_ENDPOINT_URL_S3 = '' } = env;
    const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
    const anonymous = { ...none, AWS_ENDPOINT_URL_S3, PARQUETRY_S3_ANONYMOUS: 'open' };
    const line = ['plan', '--source', 'galexie:s3://open', '--archive', './none', '--ledgers', LEDGERS.text];
    expect((await run(line, anonymous)).code).toBe(0);
    const messages = await run<{ accepted: number }>(['inspect', 's3://open/*.ndjson.gz'], anonymous);
    expect(messages.document.accepted).toBeGreaterThan(50);
    const refused = await run<Failure>(line, { ...anonymous, PARQUETRY_S3_ANONYMOUS: 'another' });
    expect(refused).toMatchObject({ code: 1, document: { error: { code: 'PERMISSION_DENIED' } } });
  }, 60_000);

  const backfill = (source: string, archive: string): string[] => [
    'backfill',
    '--source',
    source,
    '--archive',
    archive,
    '--ledgers',
    LEDGERS.text,
  ];
  // While `dev` runs, a backfill uses its worker's credentials; `plan` uses those of the command.
  const plan = (source: string, archive: string): string[] => ['plan', ...backfill(source, archive).slice(1)];
  const wrongKey = { AWS_SECRET_ACCESS_KEY: 'not-the-secret-of-anybody' };
  it.each<[string, string[], Record<string, string>, number, string, RegExp]>([
    [
      'no S3 bucket for the archive',
      backfill('galexie:./source', 's3://nowhere/a'),
      {},
      2,
      'STORAGE_NOT_FOUND',
      /Check the name/,
    ],
    [
      'no GCS bucket for the archive',
      backfill('galexie:./source', 'gs://nowhere/a'),
      {},
      2,
      'STORAGE_NOT_FOUND',
      /Check the name/,
    ],
    [
      'no S3 bucket for the lake',
      backfill('galexie:s3://nowhere/a', './x'),
      {},
      2,
      'STORAGE_NOT_FOUND',
      /Check the name/,
    ],
    [
      'no GCS bucket for messages',
      backfill('ndjson:gs://nowhere/*.gz', './x'),
      {},
      2,
      'STORAGE_NOT_FOUND',
      /Check the name/,
    ],
    [
      'no lake at the prefix',
      backfill('galexie:gs://lake/none', './x'),
      {},
      2,
      'SOURCE_NOT_FOUND',
      /\.config\.json/,
    ],
    ['no such objects', backfill('ndjson:s3://lake/none-*.gz', './x'), {}, 2, 'SOURCE_NOT_FOUND', /globs/],
    [
      'a wrong key for the archive',
      plan('galexie:./source', 's3://lake/a'),
      wrongKey,
      1,
      'PERMISSION_DENIED',
      /Check the credentials/,
    ],
    [
      'a wrong key for the lake',
      plan('galexie:s3://lake/source', './x'),
      wrongKey,
      1,
      'PERMISSION_DENIED',
      /Check the credentials/,
    ],
    [
      'a wrong key to verify with',
      ['verify', '--archive', 's3://lake/archive'],
      wrongKey,
      1,
      'PERMISSION_DENIED',
      /Check the credentials/,
    ],
    [
      'a key in the location',
      backfill('galexie:s3://me:hidden@lake/source', './x'),
      {},
      2,
      'CONFIG_INVALID',
      /docs\/storage\.md/,
    ],
    [
      'a signed address',
      backfill('ndjson:s3://lake/a?X-Amz-Signature=hidden', './x'),
      {},
      2,
      'CONFIG_INVALID',
      /docs\/storage\.md/,
    ],
    [
      'a small cache',
      ['query', '--archive', 'gs://lake/archive', '--cache-size', '1kB', EVENTS],
      {},
      2,
      'CONFIG_INVALID',
      /--cache-size/,
    ],
  ])(
    '%s: the code and what to check',
    async (_name, line, more, exit, code, hint) => {
      const { code: found, document } = await run<Failure>(line, { ...cached('cache'), ...more });
      expect({ exit: found, code: document.error.code }).toEqual({ exit, code });
      expect(document.error.hint).toMatch(hint);
      expect(JSON.stringify(document)).not.toMatch(/not-the-secret|hidden/);
    },
    60_000,
  );

  it.each(['s3', 'gs'] as const)(
    'verify --deep and query name a file that was altered on %s',
    async (kind) => {
      const archive = store(kind, 'archive');
      const { document } = await run<Files>([
        'files',
        '--archive',
        root(kind, 'archive'),
        '--dataset',
        'contract_events',
      ]);
      const { key = '' } = document.files[1] ?? {};
      const bytes = Buffer.from(await archive.get(key));
      bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
      await archive.replace(key, bytes);
      const verified = await run<Failure>(['verify', '--archive', root(kind, 'archive'), '--deep']);
      expect(verified.code).toBe(1);
      expect(JSON.stringify(verified.document)).toContain(key);
      const queried = await run<Failure>(
        ['query', '--archive', root(kind, 'archive'), EVENTS],
        cached(`fresh-${kind}`),
      );
      expect(queried).toMatchObject({ code: 1, document: { error: { code: 'FILE_CORRUPT' } } });
      expect(queried.document.error.message).toContain(key);
    },
    120_000,
  );

  it('keeps credentials out of output, plans and history', async () => {
    const secrets = [S3_KEYS.accessKeyId, S3_KEYS.secretAccessKey];
    const encoded = secrets.map((text) =>
      Buffer.from(text).toString('base64').replace(/=+$/, '').slice(0, -2),
    );
    const found = (text: string): string[] =>
      [...secrets, ...encoded].filter((secret) => text.includes(secret));
    expect(printed.length).toBeGreaterThan(30);
    expect(printed.flatMap(found)).toEqual([]);

    let objects = 0;
    for (const kind of ['s3', 'gs'] as const)
      for (const name of ['archive', 'from-messages'])
        for await (const { key } of store(kind, name).list('')) {
          if (!/json$/.test(key)) continue;
          objects += 1;
          expect([key, found(Buffer.from(await store(kind, name).get(key)).toString('latin1'))]).toEqual([
            key,
            [],
          ]);
        }
    expect(objects).toBeGreaterThan(40);

    const dev = await readDevServer(devHome({ PARQUETRY_HOME: sandbox.path('.parquetry') }));
    const { client, connection } = await connectClient({
      address: dev?.address ?? '',
      namespace: dev?.namespace ?? '',
    });
    try {
      let events = 0;
      const types = new Set<string>();
      for await (const { workflowId, runId, type } of client.workflow.list()) {
        const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
        types.add(type);
        for (const event of history.events ?? []) {
          events += 1;
          expect([workflowId, found(visible(event))]).toEqual([workflowId, []]);
        }
      }
      expect([...types].sort()).toEqual(['backfill', 'partition']);
      expect(events).toBeGreaterThan(500);
    } finally {
      await connection.close();
    }
  }, 60_000);
});

/** The whole content of a history event, its payloads as text. */
function visible(event: unknown): string {
  return JSON.stringify(event, (_key, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    if (value !== null && typeof value === 'object' && 'type' in value && value.type === 'Buffer')
      return Buffer.from((value as unknown as { data: number[] }).data).toString('latin1');
    return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
  });
}
