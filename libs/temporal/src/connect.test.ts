import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withoutSecrets } from '@parquetry/core';
import { ensureSearchAttributes, SEARCH_ATTRIBUTES } from './attributes';
import { loadTemporalConfig } from './config';
import { connectClient } from './connect';
import { listUrl, workflowUrl } from './links';
import { answers, freePorts } from './ports';
import { realBinary, tempFolder } from './testing/fakes';

describe('loadTemporalConfig', () => {
  let folder: ReturnType<typeof tempFolder>;
  const load = (env: Record<string, string>): ReturnType<typeof loadTemporalConfig> =>
    loadTemporalConfig({ TEMPORAL_CONFIG_FILE: join(folder.path, 'temporal.toml'), ...env });
  const profile = (text: string): void => writeFileSync(join(folder.path, 'temporal.toml'), text);
  beforeEach(() => {
    folder = tempFolder();
    profile('');
  });
  afterEach(() => folder.remove());

  it('is not configured without an address', () => {
    expect(load({})).toEqual({
      configured: false,
      address: undefined,
      connectionOptions: {},
      namespace: 'default',
    });
    expect(load({ TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: 'n' })).toMatchObject({
      configured: false,
      namespace: 'n',
    });
  });

  it('reads the environment', () => {
    const env = { TEMPORAL_ADDRESS: 'a.example:7233', TEMPORAL_NAMESPACE: 'n', TEMPORAL_API_KEY: 'k' };
    expect(load(env)).toEqual({
      configured: true,
      address: 'a.example:7233',
      connectionOptions: { address: 'a.example:7233', apiKey: 'k', tls: true },
      namespace: 'n',
    });
  });

  it('reads a profile of the TOML file, and the environment wins', () => {
    profile('[profile.prod]\naddress = "p.example:7233"\nnamespace = "etl"\n');
    expect(load({ TEMPORAL_PROFILE: 'prod' })).toMatchObject({
      configured: true,
      address: 'p.example:7233',
      namespace: 'etl',
    });
    expect(load({ TEMPORAL_PROFILE: 'prod', TEMPORAL_ADDRESS: 'e.example:1' })).toMatchObject({
      address: 'e.example:1',
      namespace: 'etl',
    });
  });

  it('hides the API key, the metadata and the client key of a profile in texts, also if it is refused', () => {
    const [apiKey, token, line] = [
      'tmprl_of_a_profile',
      'token-of-a-profile',
      'MIIEvQIBADANBgkqhkiG9w0BAQEF',
    ];
    const key = `-----BEGIN PRIVATE KEY-----\n${line}\n-----END PRIVATE KEY-----`;
    profile(
      [
        ...['[profile.prod]', 'address = "p.example:7233"', `api_key = "${apiKey}"`],
        ...['[profile.prod.tls]', `client_cert_data = "none"`, `client_key_data = '''${key}'''`],
        ...['[profile.prod.grpc_meta]', `authorization = "Bearer ${token}"`],
      ].join('\n'),
    );
    const text = `${apiKey}, ${token}, ${line}`;
    expect(withoutSecrets(text, {})).toBe(text);
    expect(() => load({ TEMPORAL_PROFILE: 'prod' })).toThrow(/CERT/);
    expect(withoutSecrets(text, {})).toBe('***, ***, ***');
  });

  it.each([
    [{ TEMPORAL_PROFILE: 'absent' }, /can't be read: .*absent/],
    [{ TEMPORAL_CONFIG_FILE: '/absent/temporal.toml' }, /is \/absent\/temporal.toml, which does not exist/],
    [{ TEMPORAL_TLS: 'TRUE', TEMPORAL_ADDRESS: 'a:1' }, /TEMPORAL_TLS is "TRUE"/],
    [{ TEMPORAL_ADDRESS: 'http://a/' }, /"http:\/\/a\/" is not an address/],
    [{ TEMPORAL_ADDRESS: 'a:1', TEMPORAL_TLS_CLIENT_CERT_PATH: '/absent.pem' }, /can't be read/],
  ])('refuses %j', (env, message) => {
    expect(() => load(env)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }),
    );
  });
});

describe('connectClient', () => {
  it('reports the address and the variable when nothing listens', async () => {
    const { port } = await freePorts(undefined);
    const address = `127.0.0.1:${port}`;
    await expect(connectClient({ address, namespace: 'default' }, 500)).rejects.toMatchObject({
      code: 'TEMPORAL_UNREACHABLE',
      exitCode: 3,
      message: `Temporal at ${address} does not answer within 0.5 s.`,
      hint: expect.stringContaining('TEMPORAL_ADDRESS'),
      details: { address },
    });
  });

  it('times out on a server that never responds', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const at = mute.address();
    const address = `127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`;
    const begin = Date.now();
    await expect(connectClient({ address, namespace: 'default' }, 500)).rejects.toMatchObject({
      code: 'TEMPORAL_UNREACHABLE',
    });
    expect(Date.now() - begin).toBeLessThan(5_000);
    mute.close();
    // The gRPC library leaks the half-open socket; commands end with process.exit.
    for (const socket of sockets) socket.destroy();
  });
});

const binary = realBinary();
const reason = binary === undefined ? ' (skipped: no temporal binary on PATH or in the cache)' : '';

(binary === undefined ? describe.skip : describe)(`a self-hosted cluster${reason}`, () => {
  it('gets missing search attributes, usable at once; a wrong type or namespace is refused', async () => {
    const { port, uiPort } = await freePorts(undefined);
    const server = spawn(
      binary ?? '',
      [
        ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)],
        ...['--http-port', String(uiPort), '--namespace', 'wrong', '--log-level', 'never'],
      ],
      { stdio: 'ignore' },
    );
    try {
      while (!(await answers(port))) await sleep(50);
      const address = `127.0.0.1:${port}`;
      const { client, connection } = await connectClient({ address, namespace: 'default' });
      try {
        const added = await ensureSearchAttributes(connection, 'default');
        expect(added.sort()).toEqual(Object.keys(SEARCH_ATTRIBUTES).sort());
        expect(await ensureSearchAttributes(connection, 'default')).toEqual([]);
        await client.workflow.start('nothing', {
          ...{ taskQueue: 'unserved', workflowId: 'w' },
          searchAttributes: { ParquetryRun: ['r'], ParquetryLedgerEnd: [1] },
        });
        await connection.operatorService.addSearchAttributes({
          namespace: 'wrong',
          searchAttributes: { ParquetryState: 3 },
        });
        const refused = ensureSearchAttributes(connection, 'wrong');
        await expect(refused).rejects.toMatchObject({
          code: 'CONFIG_INVALID',
          message: expect.stringMatching(/ParquetryState of namespace "wrong" has type INT, not Keyword/),
        });
      } finally {
        await connection.close();
      }
      await expect(connectClient({ address, namespace: 'absent' })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        hint: expect.stringContaining('TEMPORAL_NAMESPACE'),
      });
    } finally {
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
  }, 120_000);
});

describe('links', () => {
  it('point into the UI', () => {
    expect(workflowUrl('http://127.0.0.1:8233/', 'default', 'backfill-1/p/000042')).toBe(
      'http://127.0.0.1:8233/namespaces/default/workflows/backfill-1%2Fp%2F000042',
    );
    expect(listUrl('http://h', 'n', 'ParquetryState="Parked"', 'Parked now')).toBe(
      'http://h/namespaces/n/workflows?query=ParquetryState%3D%22Parked%22&savedQuery=Parked%20now',
    );
  });
});
