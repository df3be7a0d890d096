import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { writeSampleLake } from '@parquetry/sample';
import { openStore } from '@parquetry/storage';
import { type Finished, Sandbox } from '../support/cli';
import { type S3Identity, type StorageServer, WEED, s3, startS3 } from '../support/servers';

const IAM = path.resolve(__dirname, '../../deploy/iam');

interface Statement {
  readonly Action: readonly string[];
}
interface Policy {
  readonly Statement: readonly Statement[];
}

const file = (name: string): unknown => JSON.parse(readFileSync(path.join(IAM, `${name}.json`), 'utf8'));
const policy = (name: string): Policy => file(name) as Policy;
const actionsOf = ({ Statement }: Policy): string[] => Statement.flatMap(({ Action }) => Action);

/** A policy of the statements that read below a prefix of a bucket, and of more statements. */
const reading = (bucket: string, prefix: string, ...more: object[]): object => ({
  Version: '2012-10-17',
  Statement: [
    {
      ...{ Sid: 'List', Effect: 'Allow', Action: ['s3:ListBucket'], Resource: [`arn:aws:s3:::${bucket}`] },
      Condition: { StringLike: { 's3:prefix': [`${prefix}/*`] } },
    },
    {
      ...{ Sid: 'Read', Effect: 'Allow', Action: ['s3:GetObject'] },
      Resource: [`arn:aws:s3:::${bucket}/${prefix}/*`],
    },
    ...more,
  ],
});

/** A file without one of its actions; the statements that lose their only one are left out. */
function without(name: string, lost: string): string {
  const { Statement, ...rest } = policy(name);
  const left = Statement.map((each) => ({
    ...each,
    Action: each.Action.filter((action) => action !== lost),
  }));
  return JSON.stringify({ ...rest, Statement: left.filter(({ Action }) => Action.length > 0) });
}

const text = (name: string): string => JSON.stringify(policy(name));
const [SOURCE, WRITER, READER] = ['s3-source-reader', 's3-archive-writer', 's3-archive-reader'] as const;

/** With SeaweedFS, the right to write is also the right to abort an upload; S3 has two. */
const UNENFORCED = 's3:AbortMultipartUpload';

/** What needs each action of the policies: a backfill, or the removal of what a crash left. */
const NEEDED = [
  ...actionsOf(policy(SOURCE)).map((action) => ({ file: SOURCE, action, command: 'backfill' })),
  ...actionsOf(policy(WRITER))
    .filter((action) => action !== UNENFORCED)
    .map((action) => ({
      ...{ file: WRITER, action },
      command: /Delete|Uploads/.test(action) ? 'clean-up' : 'backfill',
    })),
].map((each, index) => ({ ...each, user: `without-${index}` }));

/** The key that `bucket-kms-key.json` names. */
const KMS_KEY = 'arn:aws:kms:eu-west-1:111122223333:key/KEY-ID';

const secretKey = 'least-privilege-secret';
const user = (name: string, ...policies: string[]): S3Identity => ({
  ...{ name, policies },
  credentials: [{ accessKey: name, secretKey }],
});

describe('the policies and roles of deploy/iam', () => {
  it('allow exactly this, below one prefix of one bucket', () => {
    const objects = ['arn:aws:s3:::lake/stellar/*'];
    expect(file(SOURCE)).toEqual(reading('ledgers', 'pubnet'));
    expect(file(READER)).toEqual(reading('lake', 'stellar'));
    expect(file(WRITER)).toEqual(
      reading(
        'lake',
        'stellar',
        {
          ...{ Sid: 'Write', Effect: 'Allow', Resource: objects },
          Action: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:DeleteObject'],
        },
        {
          ...{ Sid: 'StaleUploads', Effect: 'Allow', Resource: ['arn:aws:s3:::lake'] },
          Action: ['s3:ListBucketMultipartUploads'],
        },
      ),
    );
    const permissions = (name: string): unknown =>
      (file(name) as { includedPermissions: unknown }).includedPermissions;
    const read = ['storage.objects.get', 'storage.objects.list'];
    expect(permissions('gcs-source-reader')).toEqual(read);
    expect(permissions('gcs-archive-reader')).toEqual(read);
    expect(permissions('gcs-archive-writer')).toEqual([
      ...read,
      'storage.objects.create',
      'storage.objects.delete',
    ]);
  });

  it('refuse objects with another key, by the headers of the request', () => {
    const deny = (Sid: string, Condition: object): object => ({
      ...{ Sid, Effect: 'Deny', Principal: '*', Action: 's3:PutObject' },
      ...{ Resource: 'arn:aws:s3:::lake/*', Condition },
    });
    const header = 's3:x-amz-server-side-encryption';
    const Version = '2012-10-17';
    expect(file('bucket-customer-key')).toEqual({
      Version,
      Statement: [deny('RequireCustomerKey', { Null: { [`${header}-customer-algorithm`]: 'true' } })],
    });
    expect(file('bucket-kms-key')).toEqual({
      Version,
      Statement: [
        // Without the header the bucket's default applies; a negated operator alone would match its absence too.
        deny('RefuseOtherKeys', {
          Null: { [header]: 'false' },
          StringNotEquals: { [`${header}-aws-kms-key-id`]: KMS_KEY },
        }),
        deny('RefuseCustomerKeys', { Null: { [`${header}-customer-algorithm`]: 'false' } }),
      ],
    });
  });

  it('are what docs/storage.md lists', () => {
    const page = readFileSync(path.resolve(__dirname, '../../docs/storage.md'), 'utf8');
    const documented = (prefix: string): string[] =>
      [
        ...new Set(
          [...page.matchAll(new RegExp(`\`(${prefix}[\\w.:]+)\``, 'g'))].map(([, name]) => name ?? ''),
        ),
      ].sort();
    expect(actionsOf(policy(WRITER)).sort()).toEqual(documented('s3:(?=[A-Z])'));
    const role = file('gcs-archive-writer') as { includedPermissions: string[] };
    expect([...role.includedPermissions].sort()).toEqual(documented('storage\\.objects\\.'));
  });
});

(WEED === undefined ? describe.skip : describe)('an S3 server that enforces the policies', () => {
  const sandbox = new Sandbox();
  const clients: S3Client[] = [];
  const saved = { ...process.env };
  let server: StorageServer;
  let range = { start: 0, end: 0 };
  const users = [
    user('exact', text(SOURCE), text(WRITER)),
    user('reader', text(READER)),
    ...NEEDED.map(({ user: name, file: from, action }) =>
      user(name, without(from, action), text(from === SOURCE ? WRITER : SOURCE)),
    ),
  ];
  const client = (accessKeyId?: string): S3Client => {
    const made =
      accessKeyId === undefined
        ? s3(server.endpoint)
        : s3(server.endpoint, { accessKeyId, secretAccessKey: secretKey });
    clients.push(made);
    return made;
  };

  beforeAll(async () => {
    server = await startS3(users);
    for (const bucket of ['ledgers', 'lake']) await server.createBucket(bucket);
    const dir = sandbox.path('lake');
    range = (await writeSampleLake({ dir, ledgers: 8 })).ledgers;
    const admin = client();
    const put = (Bucket: string, Key: string, Body: Buffer | string): Promise<unknown> =>
      admin.send(new PutObjectCommand({ Bucket, Key, Body }));
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    for (const { parentPath, name } of files) {
      const from = path.join(parentPath, name);
      await put('ledgers', `pubnet/${path.relative(dir, from)}`, readFileSync(from));
    }
    for (const [bucket, key] of OUTSIDE) await put(bucket, key, 'private');
  }, 120_000);
  afterAll(async () => {
    process.env = saved;
    for (const each of clients) each.destroy();
    await sandbox.dispose();
    await server?.stop();
  });

  const env = (accessKey: string): Record<string, string> => ({
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: secretKey,
    PARQUETRY_STORAGE_ATTEMPTS: '2',
  });
  const as = (name: string, ...args: string[]): Promise<Finished> => sandbox.run(args, env(name));
  const archive = ['--archive', 's3://lake/stellar/a'];
  const backfill = (target: readonly string[]): string[] => [
    ...['backfill', '--source', 'galexie:s3://ledgers/pubnet', ...target, '--types', 'ledgers'],
    ...['--ledgers', `${range.start}-${range.end}`, '--partition-size', '4', '--on-failure', 'fail'],
  ];
  /** Removes what a crash left, a file of no commit and an unfinished upload, with the requests of `gc`. */
  const cleanUp = async (name: string): Promise<void> => {
    const key = 'ledgers/year=2025/month=07/day=13/stellar-data-90-99-1752365000.parquet';
    const admin = client();
    const Key = `stellar/a/${key}`;
    await admin.send(new PutObjectCommand({ Bucket: 'lake', Key, Body: 'of a crash' }));
    await admin.send(new CreateMultipartUploadCommand({ Bucket: 'lake', Key: `${Key}.upload` }));
    Object.assign(process.env, env(name));
    const store = openStore('s3://lake/stellar/a', { attempts: 2, backoffMs: 10 });
    for await (const upload of store.pendingUploads('')) await store.abortUpload(upload);
    await store.delete(key);
    for await (const upload of store.pendingUploads('')) throw new Error(`not aborted: ${upload.key}`);
    expect(await store.stat(key)).toBeUndefined();
  };

  it('lets a backfill, its check and its clean-up work', async () => {
    const run = await as('exact', ...backfill(archive));
    expect([run.code, run.stderr]).toEqual([0, expect.anything()]);
    for (const command of ['verify', 'audit'])
      expect([command, (await as('exact', command, ...archive)).code]).toEqual([command, 0]);
    await cleanUp('exact');
  }, 120_000);

  it('lets a reader read, and refuses what it writes', async () => {
    const verified = await as('reader', 'verify', ...archive);
    expect([verified.code, verified.stderr]).toEqual([0, expect.anything()]);
    const reader = client('reader');
    const [Bucket, Key] = ['lake', 'stellar/a/_parquetry/archive.json'];
    await reader.send(new GetObjectCommand({ Bucket, Key }));
    const writes = [
      new PutObjectCommand({ Bucket, Key: 'stellar/a/new', Body: 'x' }),
      new PutObjectCommand({ Bucket, Key, Body: 'x' }),
      new DeleteObjectCommand({ Bucket, Key }),
      new CreateMultipartUploadCommand({ Bucket, Key }),
    ];
    for (const write of writes) await refused(reader.send(write as PutObjectCommand));
    await expect(cleanUp('reader')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  }, 60_000);

  it.each(['exact', 'reader'])('refuses %s everything outside of the prefix', async (name) => {
    const own = client(name);
    for (const [Bucket, Key] of OUTSIDE) {
      await refused(own.send(new GetObjectCommand({ Bucket, Key })));
      await refused(own.send(new PutObjectCommand({ Bucket, Key, Body: 'x' })));
      await refused(own.send(new DeleteObjectCommand({ Bucket, Key })));
      for (const Prefix of ['', Key.slice(0, Key.indexOf('/') + 1)])
        await refused(own.send(new ListObjectsV2Command({ Bucket, Prefix })));
    }
    await refused(own.send(new PutObjectCommand({ Bucket: 'ledgers', Key: 'pubnet/new', Body: 'x' })));
  });

  it.each(NEEDED)(
    'ends $command without $action of $file with an error that says so',
    async ({ user: name, command }) => {
      if (command === 'clean-up')
        return expect(cleanUp(name)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
      const { code, stderr } = await as(name, ...backfill(['--archive', `s3://lake/stellar/${name}`]));
      expect([code === 0, stderr]).toEqual([
        false,
        expect.stringMatching(/PERMISSION_DENIED: .*(ledgers|lake)/),
      ]);
    },
    60_000,
  );

  it('refuses keys that bucket-kms-key.json does not name, and leaves the rest to the default of the bucket', async () => {
    await server.createBucket('strict');
    const Policy = JSON.stringify(file('bucket-kms-key')).replaceAll(':::lake', ':::strict');
    const admin = client();
    await admin.send(new PutBucketPolicyCommand({ Bucket: 'strict', Policy }));
    const put = (headers: Partial<PutObjectCommandInput>): Promise<unknown> =>
      admin.send(new PutObjectCommand({ Bucket: 'strict', Key: 'object', Body: 'x', ...headers }));
    await put({});
    await refused(put({ ServerSideEncryption: 'AES256' }));
    await refused(put({ ServerSideEncryption: 'aws:kms' }));
    await refused(put({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: `${KMS_KEY}-other` }));
    const key = randomBytes(32);
    const SSECustomerKeyMD5 = createHash('md5').update(key).digest('base64');
    const SSECustomerKey = key.toString('base64');
    await refused(put({ SSECustomerAlgorithm: 'AES256', SSECustomerKey, SSECustomerKeyMD5 }));
    // The policy lets this pass; the server of the test has no key service.
    const named = put({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KMS_KEY });
    await expect(named).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
  }, 60_000);
});

/** Objects that the policies do not cover. */
const OUTSIDE: readonly (readonly [bucket: string, key: string])[] = [
  ['lake', 'stellar-private/object'],
  ['lake', 'other/object'],
  ['ledgers', 'testnet/object'],
];

async function refused(request: Promise<unknown>): Promise<void> {
  await expect(request).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
}
