import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GcsStore } from './store';

describe('credentials of a file', () => {
  const { env } = process;
  const folder = mkdtempSync(path.join(tmpdir(), 'parquetry-credentials-'));
  const file = path.join(folder, 'credentials.json');
  const asked: (string | undefined)[] = [];
  let server: Server;

  beforeAll(async () => {
    process.env = { ...env, GOOGLE_APPLICATION_CREDENTIALS: file };
    // A token service that refuses everybody, so that no request leaves this machine.
    server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    writeFileSync(path.join(folder, 'subject'), 'token of a workload');
  });
  afterAll(() => {
    process.env = env;
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const renew = (name: string): void => {
    const { port } = server.address() as AddressInfo;
    const account = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `http://127.0.0.1:${port}/${name}`,
      credential_source: { file: path.join(folder, 'subject') },
    };
    writeFileSync(file, JSON.stringify(account));
  };

  it('are read again after the service refused them, and when the file appears later', async () => {
    const store = new GcsStore('bucket', '', { backoffMs: 1 });
    const refused = { code: 'PERMISSION_DENIED' };
    await expect(store.get('object')).rejects.toMatchObject(refused);
    renew('first');
    await expect(store.get('object')).rejects.toMatchObject(refused);
    renew('second');
    await expect(store.get('object')).rejects.toMatchObject(refused);
    expect(asked).toEqual(['/first', '/second']);
  });
});
