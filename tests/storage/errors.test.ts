import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { type ErrorCode, ParquetryError } from '@parquetry/core';
import { type ObjectStore, openStore, type StoreOptions } from '@parquetry/storage';
import { FAKE_GCS, S3_KEYS, s3, startGcs, startS3, type StorageServer, WEED } from '../support/servers';
import { PutObjectCommand } from '@aws-sdk/client-s3';

const FAST: StoreOptions = { attempts: 2, backoffMs: 1, timeoutMs: 3000 };
const SECRET = 'hunter2/SECRET+key';
const SESSION = 'hunter2-session-token';

/** Everything that a log, a report or a workflow's history can show of an error. */
function everything(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at !== undefined && at !== null; at = at instanceof Error ? at.cause : undefined)
    parts.push(inspect(at, { depth: 12, showHidden: true }), JSON.stringify(at), String(at));
  return parts.join('\n');
}

async function failure(run: Promise<unknown>): Promise<ParquetryError> {
  const error = await run.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof ParquetryError)) throw new Error(`not a coded error: ${inspect(error)}`);
  return error;
}

async function withEnv<T>(env: Record<string, string | undefined>, run: () => Promise<T>): Promise<T> {
  const saved = { ...process.env };
  for (const [name, value] of Object.entries(env))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  try {
    return await run();
  } finally {
    process.env = saved;
  }
}

async function expectNoBucket(store: ObjectStore): Promise<void> {
  for (const run of [
    () => store.stat('k'),
    () => store.get('k'),
    () => store.putIfAbsent('k', Buffer.from('x')),
    () => store.list('')[Symbol.asyncIterator]().next(),
    () => store.delete('k'),
  ])
    expect(await failure(run())).toMatchObject({
      code: 'STORAGE_NOT_FOUND',
      exitCode: 2,
      retryable: false,
    });
}

/** A service that gives every request the same response. */
async function withService<T>(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  run: (endpoint: string, count: () => number) => Promise<T>,
): Promise<T> {
  let requests = 0;
  const server: Server = createServer((request, response) => {
    requests++;
    request.resume();
    request.on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => requests);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('an S3 service that answers', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKIAFAKE', AWS_SECRET_ACCESS_KEY: SECRET, AWS_SESSION_TOKEN: SESSION };
  const cases: [number, string, Record<string, string>, ErrorCode, number][] = [
    [403, 'AccessDenied', {}, 'PERMISSION_DENIED', 1],
    [403, 'InvalidAccessKeyId', {}, 'PERMISSION_DENIED', 1],
    [403, 'SignatureDoesNotMatch', {}, 'PERMISSION_DENIED', 1],
    [400, 'ExpiredToken', {}, 'PERMISSION_DENIED', 1],
    [404, 'NoSuchBucket', {}, 'STORAGE_NOT_FOUND', 1],
    [301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-west-3' }, 'CONFIG_INVALID', 1],
    [400, 'AuthorizationHeaderMalformed', { 'x-amz-bucket-region': 'eu-west-3' }, 'CONFIG_INVALID', 1],
    [501, 'NotImplemented', {}, 'CONFIG_INVALID', 1],
    [400, 'InvalidStorageClass', {}, 'STORAGE_REFUSED', 1],
    [500, 'InternalError', {}, 'STORAGE_UNREACHABLE', 2],
    [503, 'SlowDown', {}, 'STORAGE_UNREACHABLE', 2],
    [429, 'TooManyRequests', {}, 'STORAGE_UNREACHABLE', 2],
  ];
  it.each(cases)(
    '%s %s %j ends as %s after %s tries, without any secret',
    (status, name, headers, code, tries) =>
      withEnv(keys, () =>
        withService(
          (request, response) => {
            // A careless server repeats the whole request and its secrets.
            const echo = `${JSON.stringify(request.headers)} ${SECRET} ${SESSION}`.replace(/[<&]/g, '');
            response.writeHead(status, { 'content-type': 'application/xml', ...headers });
            response.end(
              `<?xml version="1.0"?><Error><Code>${name}</Code><Message>${echo}</Message></Error>`,
            );
          },
          async (endpoint, count) => {
            const store = openStore('s3://bucket/x', { ...FAST, endpoint });
            const error = await failure(store.get('key'));
            expect(error.code).toBe(code);
            expect(error.hint).toBeDefined();
            expect(count()).toBe(tries);
            expect(everything(error)).not.toMatch(/hunter2/);
            const written = await failure(store.replace('key', Buffer.from('x')));
            expect(written.code).toBe(code);
            expect(everything(written)).not.toMatch(/hunter2/);
            if (headers['x-amz-bucket-region'] !== undefined)
              expect(error.hint).toContain('AWS_REGION=eu-west-3');
          },
        ),
      ),
  );

  it('does not answer: STORAGE_UNREACHABLE; there are no credentials: PERMISSION_DENIED', () =>
    withEnv({ ...keys, AWS_EC2_METADATA_DISABLED: 'true' }, async () => {
      const gone = openStore('s3://bucket/x', { ...FAST, endpoint: 'http://127.0.0.1:9' });
      const error = await failure(gone.stat('k'));
      expect(error).toMatchObject({ code: 'STORAGE_UNREACHABLE', details: { status: null } });
      expect(everything(error)).not.toMatch(/hunter2/);
      const none = {
        AWS_ACCESS_KEY_ID: undefined,
        AWS_SECRET_ACCESS_KEY: undefined,
        AWS_SESSION_TOKEN: undefined,
      };
      const home = { HOME: '/nonexistent', AWS_PROFILE: undefined };
      await withEnv({ ...none, ...home }, async () => {
        const store = openStore('s3://bucket/x', { ...FAST, endpoint: 'http://127.0.0.1:9' });
        expect(await failure(store.stat('k'))).toMatchObject({ code: 'PERMISSION_DENIED' });
      });
    }));
});

describe('Google credentials', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'parquetry-adc-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('that are refused give PERMISSION_DENIED, without any secret', () =>
    withService(
      (_, response) => {
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: 'invalid_grant', error_description: `bad ${SECRET}` }));
      },
      async (endpoint) => {
        const subject = path.join(folder, 'subject');
        const file = path.join(folder, 'adc.json');
        writeFileSync(subject, SECRET);
        writeFileSync(
          file,
          JSON.stringify({
            type: 'external_account',
            audience: 'audience',
            subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
            token_url: `${endpoint}/token`,
            credential_source: { file: subject },
          }),
        );
        const env = { GOOGLE_APPLICATION_CREDENTIALS: file, STORAGE_EMULATOR_HOST: undefined };
        await withEnv({ ...env, GOOGLE_CLOUD_PROJECT: 'p' }, async () => {
          const store = openStore('gs://bucket/x', FAST);
          for (const run of [
            () => store.get('k'),
            () => store.stat('k'),
            () => store.putIfAbsent('k', Buffer.from('x')),
          ]) {
            const error = await failure(run());
            expect(error).toMatchObject({ code: 'PERMISSION_DENIED' });
            expect(everything(error)).not.toMatch(/hunter2/);
          }
        });
      },
    ));

  it('in a missing file give PERMISSION_DENIED', () =>
    withEnv(
      { GOOGLE_APPLICATION_CREDENTIALS: path.join(folder, 'none.json'), STORAGE_EMULATOR_HOST: undefined },
      async () => {
        expect(await failure(openStore('gs://bucket/x', FAST).stat('k'))).toMatchObject({
          code: 'PERMISSION_DENIED',
        });
      },
    ));
});

(WEED === undefined ? describe.skip : describe)('SeaweedFS [skipped without PARQUETRY_WEED]', () => {
  let server: StorageServer;
  const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = S3_KEYS;
  beforeAll(async () => {
    server = await startS3();
    await s3(server.endpoint).send(new PutObjectCommand({ Bucket: 'open', Key: 'lake/a', Body: 'public' }));
    await server.createBucket('closed');
  }, 60_000);
  afterAll(() => server.stop());

  it('reports in every operation that the bucket is missing', () =>
    withEnv({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }, () =>
      expectNoBucket(openStore('s3://missing-bucket/x', { ...FAST, endpoint: server.endpoint })),
    ));

  it('refuses a wrong key and a wrong secret at once', async () => {
    for (const env of [
      { AWS_ACCESS_KEY_ID: 'unknown-key', AWS_SECRET_ACCESS_KEY: SECRET },
      { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: SECRET },
    ])
      await withEnv(env, async () => {
        // Another region needs another client, which reads the credentials again.
        const region = `test-${env.AWS_ACCESS_KEY_ID}`;
        const error = await failure(
          openStore('s3://closed/x', { ...FAST, endpoint: server.endpoint, region }).get('k'),
        );
        expect(error).toMatchObject({ code: 'PERMISSION_DENIED', retryable: false });
        expect(everything(error)).not.toMatch(/hunter2/);
      });
  });

  it('allows anonymous reads of a public lake, and nothing else', () =>
    withEnv({ AWS_ACCESS_KEY_ID: 'unknown-key', AWS_SECRET_ACCESS_KEY: SECRET }, async () => {
      const options = { ...FAST, endpoint: server.endpoint, anonymous: true };
      const lake = openStore('s3://open/lake', options);
      expect(Buffer.from(await lake.get('a')).toString()).toBe('public');
      const keys: string[] = [];
      for await (const { key } of lake.list('')) keys.push(key);
      expect(keys).toEqual(['a']);
      expect(await failure(lake.putIfAbsent('b', Buffer.from('x')))).toMatchObject({
        code: 'PERMISSION_DENIED',
      });
      expect(await failure(openStore('s3://closed', options).get('a'))).toMatchObject({
        code: 'PERMISSION_DENIED',
      });
    }));
});

(FAKE_GCS === undefined ? describe.skip : describe)(
  'fake-gcs-server [skipped without PARQUETRY_FAKE_GCS]',
  () => {
    let server: StorageServer;
    beforeAll(async () => {
      server = await startGcs();
    }, 60_000);
    afterAll(() => server.stop());

    it('reports in every operation that the bucket is missing', () =>
      expectNoBucket(openStore('gs://missing-bucket/x', { ...FAST, endpoint: server.endpoint })));

    it('is found by STORAGE_EMULATOR_HOST with and without http://', async () => {
      await server.createBucket('found');
      for (const STORAGE_EMULATOR_HOST of [server.endpoint, server.endpoint.slice('http://'.length)])
        await withEnv({ STORAGE_EMULATOR_HOST }, async () => {
          const store = openStore('gs://found/x', FAST);
          await store.replace('k', Buffer.from('x'));
          expect(Buffer.from(await store.get('k')).toString()).toBe('x');
        });
    });
  },
);
