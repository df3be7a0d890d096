import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type Server, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GetObjectCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { type ManagedStore, type StoreOptions, openStore } from '@parquetry/storage';
import { S3_KEYS, type StorageServer, WEED, s3, startS3 } from '../support/servers';

const MIB = 1 << 20;
const KEY = randomBytes(32).toString('base64');
const MD5 = createHash('md5').update(Buffer.from(KEY, 'base64')).digest('base64');
const POLICY = path.resolve(__dirname, '../../deploy/iam/bucket-customer-key.json');

/** What one request said about the key. */
interface Sent {
  readonly call: string;
  readonly algorithm: unknown;
  readonly key: unknown;
  readonly md5: unknown;
}

(WEED === undefined ? describe.skip : describe)('an archive in a bucket with a customer key (SSE-C)', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'parquetry-customerkey-'));
  const saved = { ...process.env };
  let server: StorageServer;
  let recorder: Server;
  let sent: Sent[] = [];
  let options: StoreOptions;
  const open = (more: StoreOptions = {}): ManagedStore =>
    openStore('s3://lake/stellar', { ...options, ...more });

  beforeAll(async () => {
    process.env['AWS_ACCESS_KEY_ID'] = S3_KEYS.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = S3_KEYS.secretAccessKey;
    process.env['PARQUETRY_S3_SSE_C_KEYS'] = `lake:${KEY}`;
    server = await startS3();
    await server.createBucket('lake');
    recorder = createServer((incoming, response) => {
      sent.push(seen(incoming));
      const onward = { method: incoming.method, headers: incoming.headers };
      const call = request(`${server.endpoint}${incoming.url ?? ''}`, onward, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      call.on('error', () => response.destroy());
      incoming.pipe(call);
    }).listen(0, '127.0.0.1');
    await once(recorder, 'listening');
    const { port } = recorder.address() as AddressInfo;
    options = {
      ...{ endpoint: `http://127.0.0.1:${port}`, attempts: 2, backoffMs: 10, timeoutMs: 10_000 },
      ...{ parts: 'always', partBytes: 5 * MIB },
    };
  }, 60_000);
  beforeEach(() => (sent = []));
  afterAll(async () => {
    process.env = saved;
    recorder.closeAllConnections();
    recorder.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  /** The method of a request, and which operation of S3 it is. */
  function seen({ method = '', url = '', headers }: IncomingMessage): Sent {
    const query = new URL(url, 'http://host').searchParams;
    const operation =
      ['uploads', 'partNumber', 'uploadId', 'list-type'].find((name) => query.has(name)) ?? '';
    const prefix = 'x-amz-server-side-encryption-customer';
    return {
      call: `${method} ${operation}`.trim(),
      algorithm: headers[`${prefix}-algorithm`],
      key: headers[`${prefix}-key`],
      md5: headers[`${prefix}-key-md5`],
    };
  }

  it('writes and reads objects of one and of many parts, with the key in every such request', async () => {
    const store = open();
    const small = Buffer.from('a commit');
    const large = randomBytes(11 * MIB);
    const file = path.join(folder, 'large');
    writeFileSync(file, large);
    const sha256 = createHash('sha256').update(large).digest('hex');
    expect(await store.putIfAbsent('small', small)).toBe('created');
    expect(await store.putIfAbsent('small', small)).toBe('exists');
    expect(await store.uploadIfAbsent('large', file, { size: large.length, sha256 })).toBe('created');
    expect(Buffer.from(await store.get('small'))).toEqual(small);
    expect(Buffer.from(await store.getRange('large', 7 * MIB, 100))).toEqual(
      large.subarray(7 * MIB, 7 * MIB + 100),
    );
    expect(await store.sha256('large')).toBe(sha256);
    expect(await store.stat('large')).toMatchObject({ size: large.length });
    expect(await store.holds('large', file, { size: large.length, sha256 })).toMatchObject({
      size: large.length,
    });

    const withKey = { algorithm: 'AES256', key: KEY, md5: MD5 };
    expect(new Set(sent.map(({ call }) => call))).toEqual(
      new Set(['PUT', 'HEAD', 'GET', 'POST uploads', 'PUT partNumber', 'POST uploadId']),
    );
    for (const { call, ...headers } of sent) expect([call, headers]).toEqual([call, withKey]);

    // Listing and deleting read no content.
    sent = [];
    for await (const { key } of store.list('')) expect(['large', 'small']).toContain(key);
    await store.delete('large');
    for (const { call, ...headers } of sent)
      if (call !== 'HEAD')
        expect([call, headers]).toEqual([call, { algorithm: undefined, key: undefined, md5: undefined }]);
  }, 60_000);

  it('is unreadable without the key, with another key, and for a bucket that has none', async () => {
    await open().putIfAbsent('object', Buffer.from('rows'));
    const client = s3(server.endpoint);
    await expect(
      client.send(new GetObjectCommand({ Bucket: 'lake', Key: 'stellar/object' })),
    ).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
    client.destroy();
    const other = randomBytes(32).toString('base64');
    for (const keys of [`lake:${other}`, `ledgers:${KEY}`]) {
      process.env['PARQUETRY_S3_SSE_C_KEYS'] = keys;
      const error: unknown = await open()
        .get('object')
        .catch((caught: unknown) => caught);
      process.env['PARQUETRY_S3_SSE_C_KEYS'] = `lake:${KEY}`;
      expect(error).toMatchObject({
        code: expect.stringMatching(/STORAGE_REFUSED|PERMISSION_DENIED/) as string,
      });
      for (const key of [KEY, other]) expect(JSON.stringify(error) + String(error)).not.toContain(key);
    }
  }, 60_000);

  it('with the policy of deploy/iam refuses objects without the key', async () => {
    await server.createBucket('strict');
    const policy = readFileSync(POLICY, 'utf8').replaceAll('arn:aws:s3:::lake', 'arn:aws:s3:::strict');
    const client = s3(server.endpoint);
    await client.send(new PutBucketPolicyCommand({ Bucket: 'strict', Policy: policy }));
    client.destroy();
    const strict = (): ManagedStore => openStore('s3://strict/stellar', options);
    await expect(strict().putIfAbsent('plain', Buffer.from('x'))).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
    expect(
      await openStore('s3://strict/stellar', { ...options, customerKey: KEY }).putIfAbsent(
        'own',
        Buffer.from('x'),
      ),
    ).toBe('created');
  }, 60_000);
});
