import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectClient, loadTemporalConfig } from '@parquetry/temporal';
import { type Certificate, makeCertificate } from '../support/certificates';
import { type Running, Sandbox } from '../support/cli';
import { type GrpcProxy, startGrpcProxy } from '../support/grpcproxy';
import { type PlainServer, startPlainServer } from '../support/plainserver';
import { temporalTexts } from './history';
import { messages } from './planted';

const NAME = 'temporal.test';

describe('Temporal over TLS, with client certificates, API keys and encrypted payloads', () => {
  const sandbox = new Sandbox();
  const authority = makeCertificate({ name: 'authority' });
  const stranger = makeCertificate({ name: 'stranger' });
  const client = makeCertificate({ name: 'client', issuer: authority });
  let server: PlainServer;
  let proxy: GrpcProxy;
  let env: Record<string, string>;

  /** Writes a certificate, and returns the variables with its paths. */
  const files = (name: string, { cert, key }: Certificate): { cert: string; key: string } => {
    writeFileSync(sandbox.path(`${name}.pem`), cert);
    writeFileSync(sandbox.path(`${name}.key`), key);
    return { cert: sandbox.path(`${name}.pem`), key: sandbox.path(`${name}.key`) };
  };
  const clientEnv = (name: string, certificate: Certificate): Record<string, string> => {
    const { cert, key } = files(name, certificate);
    return { TEMPORAL_TLS_CLIENT_CERT_PATH: cert, TEMPORAL_TLS_CLIENT_KEY_PATH: key };
  };

  beforeAll(async () => {
    const started = await startPlainServer();
    if (started === undefined) throw new Error('no Temporal binary: run `npm test`, which installs one');
    server = started;
    proxy = await startGrpcProxy(
      server.address,
      makeCertificate({ name: NAME, issuer: authority }),
      authority,
    );
    env = {
      TEMPORAL_ADDRESS: proxy.address,
      TEMPORAL_CONFIG_FILE: sandbox.path('none.toml'),
      TEMPORAL_TLS: 'true',
      TEMPORAL_TLS_SERVER_NAME: NAME,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: files('authority', authority).cert,
      ...clientEnv('client', client),
    };
    writeFileSync(sandbox.path('none.toml'), '');
  }, 60_000);
  afterAll(async () => {
    await sandbox.dispose();
    await proxy?.close();
    await server?.stop();
  });

  /** Connects with an environment; what it throws, or "connected". */
  const attempt = async (more: Record<string, string>, timeoutMs = 4000): Promise<unknown> => {
    try {
      const config = loadTemporalConfig({ ...env, ...more });
      const { connection } = await connectClient({ ...config, address: config.address ?? '' }, timeoutMs);
      await connection.close();
      return 'connected';
    } catch (error) {
      return error;
    }
  };

  it('connects with the right certificates', async () => {
    expect(await attempt({})).toBe('connected');
  });

  it.each<[string, () => Record<string, string>, string, RegExp, RegExp]>([
    [
      'another authority',
      () => ({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: files('stranger', stranger).cert }),
      'TEMPORAL_UNREACHABLE',
      /has a certificate that is not trusted/,
      /TEMPORAL_TLS_SERVER_CA_CERT_PATH/,
    ],
    [
      'another server name',
      () => ({ TEMPORAL_TLS_SERVER_NAME: 'other.test' }),
      'TEMPORAL_UNREACHABLE',
      /has a certificate for another name/,
      /TEMPORAL_TLS_SERVER_NAME/,
    ],
    [
      'a client certificate of a stranger',
      () => clientEnv('wrong', makeCertificate({ name: 'client', issuer: stranger })),
      'TEMPORAL_UNREACHABLE',
      /refuses the client certificate/,
      /TEMPORAL_TLS_CLIENT_CERT_PATH/,
    ],
    [
      'no client certificate',
      () => ({ TEMPORAL_TLS_CLIENT_CERT_PATH: '', TEMPORAL_TLS_CLIENT_KEY_PATH: '' }),
      'TEMPORAL_UNREACHABLE',
      /refuses the client certificate/,
      /TEMPORAL_TLS_CLIENT_CERT_PATH/,
    ],
    [
      'a client certificate that has expired',
      () => clientEnv('old', makeCertificate({ name: 'client', issuer: authority, validTo: -1 })),
      'CONFIG_INVALID',
      /The client certificate for Temporal expired on \d{4}-\d\d-\d\d\./,
      /TEMPORAL_TLS_CLIENT_CERT_PATH/,
    ],
    [
      'the key of another certificate',
      () => ({ TEMPORAL_TLS_CLIENT_KEY_PATH: files('stranger', stranger).key }),
      'CONFIG_INVALID',
      /The client key for Temporal does not belong to its certificate/,
      /TEMPORAL_TLS_CLIENT_KEY_PATH/,
    ],
    [
      'a file that is not a certificate',
      () => ({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: sandbox.path('none.toml') }),
      'CONFIG_INVALID',
      /TEMPORAL_TLS_SERVER_CA_CERT_PATH is not a PEM certificate/,
      /BEGIN CERTIFICATE/,
    ],
    [
      'a plain server',
      () => ({ TEMPORAL_ADDRESS: server.address }),
      'TEMPORAL_UNREACHABLE',
      /does not speak TLS/,
      /TEMPORAL_TLS=false/,
    ],
    [
      'an API key without TLS',
      () => ({ TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_TLS: 'false', TEMPORAL_API_KEY: 'k' }),
      'CONFIG_INVALID',
      /An API key needs TLS/,
      /TEMPORAL_TLS/,
    ],
  ])('says what is wrong: %s', async (_, more, code, message, hint) => {
    const began = Date.now();
    expect(await attempt(more(), 30_000)).toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    });
    expect(Date.now() - began).toBeLessThan(20_000);
  });

  it('says what is wrong: a server whose certificate has expired, and one that needs TLS', async () => {
    const old = makeCertificate({ name: NAME, issuer: authority, validTo: -1 });
    const expired = await startGrpcProxy(server.address, old);
    try {
      expect(await attempt({ TEMPORAL_ADDRESS: expired.address })).toMatchObject({
        code: 'TEMPORAL_UNREACHABLE',
        message: `Temporal at ${expired.address} has a certificate that has expired or is not valid yet.`,
      });
    } finally {
      await expired.close();
    }
    expect(await attempt({ TEMPORAL_TLS: 'false' })).toMatchObject({
      code: 'TEMPORAL_UNREACHABLE',
      hint: expect.stringContaining('TEMPORAL_TLS') as string,
    });
  });

  it('sends the API key of a file, each rotation without a restart, and says when it is refused', async () => {
    const file = sandbox.path('apikey');
    writeFileSync(file, 'first-key\n');
    proxy.key = 'first-key';
    const config = loadTemporalConfig({ ...env, PARQUETRY_TEMPORAL_API_KEY_FILE: file });
    const { connection } = await connectClient({ ...config, address: proxy.address });
    try {
      const ask = (): Promise<unknown> =>
        connection.workflowService.describeNamespace({ namespace: 'default' });
      await ask();
      proxy.key = 'second-key';
      await expect(ask()).rejects.toMatchObject({ code: 16 });
      writeFileSync(file, 'second-key\n');
      for (const until = Date.now() + 15_000; ;)
        try {
          await ask();
          break;
        } catch (error) {
          if (Date.now() > until) throw error;
          await sleep(200);
        }
      expect([...proxy.seen]).toEqual(expect.arrayContaining(['Bearer first-key', 'Bearer second-key']));
      expect(await attempt({ TEMPORAL_API_KEY: 'wrong' })).toMatchObject({
        code: 'TEMPORAL_UNREACHABLE',
        message: `Temporal at ${proxy.address} refuses these credentials.`,
      });
    } finally {
      await connection.close();
    }
    expect(await attempt({ PARQUETRY_TEMPORAL_API_KEY_FILE: sandbox.path('none.toml') })).toMatchObject({
      code: 'CONFIG_INVALID',
    });
  }, 60_000);

  it('encrypts a run from its start to its end, over a rotation of the key in its middle', async () => {
    const keys = [1, 2].map((id) => `k${id}:${randomBytes(32).toString('base64')}`);
    writeFileSync(sandbox.path('codec'), `${keys[0]}\n`);
    writeFileSync(sandbox.path('apikey'), 'second-key\n');
    mkdirSync(sandbox.path('secretsource'));
    writeFileSync(sandbox.path('secretsource', 'm.ndjson'), messages(1000, 1019));
    const all = {
      ...env,
      PARQUETRY_TEMPORAL_API_KEY_FILE: sandbox.path('apikey'),
      PARQUETRY_CODEC_KEYS_FILE: sandbox.path('codec'),
      PARQUETRY_ARCHIVE_PARTITIONS: '2',
    };
    const backfill = (file: string): string[] => [
      ...['backfill', '--source', `ndjson:secretsource/${file}`, '--archive', 'secretarchive'],
      ...['--ledgers', '1000-1019', '--partition-size', '10', '--on-failure', 'fail'],
    ];
    const detached = await sandbox.json<{ workflowId: string }>([...backfill('m.ndjson'), '--detach'], all);
    expect([detached.code, detached.stderr]).toEqual([0, expect.anything()]);
    const run = detached.document.workflowId;

    // A worker without the key fails the workflow's task, which Temporal gives to workers again.
    const keyless = sandbox.start(['worker'], server.env);
    const failedTask = async (): Promise<string> => {
      const { events } = await server.client.workflow.getHandle(run).fetchHistory();
      return (events ?? [])
        .map((event) => event.workflowTaskFailedEventAttributes?.failure?.message ?? '')
        .join('');
    };
    await until(async () => (await failedTask()) !== '', keyless);
    expect(await failedTask()).toContain('is encrypted with the key "k1", which this process does not have');
    expect((await server.client.workflow.getHandle(run).describe()).status.name).toBe('RUNNING');
    keyless.child.kill('SIGTERM');
    await keyless.ended;
    const blind = await sandbox.run(['status', run], server.env);
    expect([blind.code, blind.stderr]).toEqual([2, expect.stringContaining('PAYLOAD_UNREADABLE')]);

    writeFileSync(sandbox.path('codec'), `${keys[1]}\n${keys[0]}\n`);
    const worker = sandbox.start(['worker'], all);
    await until(() => Promise.resolve(worker.stderr().includes('Ctrl-C stops it')), worker);
    const attached = await sandbox.run(['attach', run], all);
    expect([attached.code, attached.stdout]).toEqual([0, expect.stringContaining('trade')]);
    const failed = await sandbox.run(backfill('absent.ndjson'), all);
    expect([failed.code, failed.stderr]).toEqual([
      2,
      expect.stringMatching(/SOURCE_NOT_FOUND: .*secretsource/),
    ]);
    const status = await sandbox.run(['status', run, '--json'], all);
    expect([status.code, status.stdout]).toEqual([0, expect.stringContaining('"COMPLETED"')]);
    worker.child.kill('SIGTERM');
    await worker.ended;
    const after = await sandbox.run(['status', run], all);
    expect([after.code, after.stdout]).toEqual([0, expect.stringContaining('20')]);

    const texts = await temporalTexts(server.client);
    const everything = [...texts.values()].join('\n');
    expect(everything).toContain('Encoded failure');
    for (const id of ['k1', 'k2']) expect(everything).toMatch(new RegExp(`^${id}$`, 'm'));
    const shown = [...texts].filter(([, text]) => /secretsource|secretarchive|ledgers 1000/.test(text));
    expect(shown.map(([id]) => id)).toEqual([]);
    expect([...texts.keys()].some((id) => id.includes('/p/'))).toBe(true);
  }, 120_000);

  async function until(done: () => Promise<boolean>, { child, stderr }: Running): Promise<void> {
    for (const end = Date.now() + 60_000; !(await done());) {
      if (child.exitCode !== null || Date.now() > end)
        throw new Error(`${path.basename(child.spawnfile)}: ${stderr()}`);
      await sleep(100);
    }
  }
});
