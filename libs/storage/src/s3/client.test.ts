import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { S3Store } from './store';

describe('credentials of a file', () => {
  const { env } = process;
  const folder = mkdtempSync(path.join(tmpdir(), 'parquetry-credentials-'));
  const file = path.join(folder, 'credentials');
  const connections = new Set<unknown>();
  let server: Server;

  beforeAll(async () => {
    process.env = { ...env, AWS_SHARED_CREDENTIALS_FILE: file, AWS_CONFIG_FILE: path.join(folder, 'none') };
    for (const name of Object.keys(process.env).filter((each) =>
      /^AWS_(ACCESS|SECRET|SESSION|PROFILE)/.test(each),
    ))
      delete process.env[name];
    server = createServer((request, response) => {
      connections.add(request.socket);
      if (request.headers['x-amz-security-token'] === 'second') response.end('content');
      // A response to HEAD has no body with the reason.
      else if (request.method === 'HEAD') response.writeHead(400).end();
      else response.writeHead(403).end('<Error><Code>ExpiredToken</Code></Error>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    process.env = env;
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const renew = (token: string): void => {
    const keys = 'aws_access_key_id = id\naws_secret_access_key = secret';
    writeFileSync(file, `[default]\n${keys}\naws_session_token = ${token}\n`);
  };

  it('are read again after the service refused them as expired', async () => {
    renew('first');
    const { port } = server.address() as AddressInfo;
    const store = new S3Store('bucket', '', { endpoint: `http://127.0.0.1:${port}`, backoffMs: 1 });
    await expect(store.get('object')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    renew('second');
    expect(Buffer.from(await store.get('object')).toString()).toBe('content');
  });

  it('are read again when HEAD only says 400', async () => {
    renew('first');
    const { port } = server.address() as AddressInfo;
    const store = new S3Store('other', '', {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'head',
      backoffMs: 1,
    });
    await expect(store.stat('object')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    renew('second');
    expect(await store.stat('object')).toBeDefined();
  });

  it('and connections are used again after each read', async () => {
    const { port } = server.address() as AddressInfo;
    const store = new S3Store('bucket', '', { endpoint: `http://127.0.0.1:${port}`, backoffMs: 1 });
    connections.clear();
    for (let turn = 0; turn < 5; turn++) await store.get('object');
    expect(connections.size).toBe(1);
  });
});
