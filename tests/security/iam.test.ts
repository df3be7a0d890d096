import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { writeSampleLake } from '@parquetry/sample';
import { type Finished, Sandbox } from '../support/cli';
import { type S3Identity, type StorageServer, WEED, s3, startS3 } from '../support/servers';

const IAM = path.resolve(__dirname, '../../deploy/iam');

interface Policy {
  readonly Statement: readonly { readonly Action: readonly string[]; readonly Resource: readonly string[] }[];
}

/** What SeaweedFS calls the actions of S3. */
const ACTIONS: Readonly<Record<string, string>> = {
  's3:ListBucket': 'List',
  's3:ListBucketMultipartUploads': 'List',
  's3:GetObject': 'Read',
  's3:PutObject': 'Write',
  's3:AbortMultipartUpload': 'Write',
  's3:DeleteObject': 'Write',
};

const policy = (name: string): Policy =>
  JSON.parse(readFileSync(path.join(IAM, `${name}.json`), 'utf8')) as Policy;

/** The rights of policy files, as SeaweedFS enforces them: by bucket. */
function rights(...names: string[]): string[] {
  const found = names.flatMap((name) =>
    policy(name).Statement.flatMap(({ Action, Resource }) =>
      Action.flatMap((action) =>
        Resource.map((resource) => `${ACTIONS[action]}:${/^arn:aws:s3:::([^/]+)/.exec(resource)?.[1] ?? ''}`),
      ),
    ),
  );
  return [...new Set(found)];
}

const secretKey = 'least-privilege-secret';
const identity = (name: string, actions: readonly string[]): S3Identity => ({
  name,
  credentials: [{ accessKey: name, secretKey }],
  actions,
});
const all = rights('s3-source-reader', 's3-archive-writer');
const WITHOUT = ['List:ledgers', 'Read:ledgers', 'List:lake', 'Read:lake', 'Write:lake'];

it('the policies allow exactly what docs/storage.md lists, on one prefix of one bucket', () => {
  const page = readFileSync(path.resolve(__dirname, '../../docs/storage.md'), 'utf8');
  const documented = (prefix: string): string[] =>
    [
      ...new Set(
        [...page.matchAll(new RegExp(`\`(${prefix}[\\w.:]+)\``, 'g'))].map(([, name]) => name ?? ''),
      ),
    ].sort();
  expect([...new Set(policy('s3-archive-writer').Statement.flatMap(({ Action }) => Action))].sort()).toEqual(
    documented('s3:(?=[A-Z])'),
  );
  const role = JSON.parse(readFileSync(path.join(IAM, 'gcs-archive-writer.json'), 'utf8')) as {
    includedPermissions: string[];
  };
  expect([...role.includedPermissions].sort()).toEqual(documented('storage\\.objects\\.'));
  for (const name of readdirSync(IAM).filter((file) => file.startsWith('s3-')))
    expect(readFileSync(path.join(IAM, name), 'utf8')).not.toMatch(/"s3:\*"|:::\*|"\*"/);
  expect([...all].sort()).toEqual([...WITHOUT].sort());
});

(WEED === undefined ? describe.skip : describe)('least privilege on an S3 server', () => {
  const sandbox = new Sandbox();
  let server: StorageServer;
  let range = { start: 0, end: 0 };
  const identities = [
    identity('exact', all),
    identity('reader', rights('s3-archive-reader')),
    ...WITHOUT.map((lost) =>
      identity(
        `without-${lost.replace(':', '-')}`,
        all.filter((right) => right !== lost),
      ),
    ),
  ];

  beforeAll(async () => {
    server = await startS3(identities);
    for (const bucket of ['ledgers', 'lake']) await server.createBucket(bucket);
    const dir = sandbox.path('lake');
    range = (await writeSampleLake({ dir, ledgers: 8 })).ledgers;
    const client = s3(server.endpoint);
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    for (const { parentPath, name } of files) {
      const file = path.join(parentPath, name);
      const Key = `pubnet/${path.relative(dir, file)}`;
      await client.send(new PutObjectCommand({ Bucket: 'ledgers', Key, Body: readFileSync(file) }));
    }
    client.destroy();
  }, 120_000);
  afterAll(async () => {
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
  const as = (user: string, ...args: string[]): Promise<Finished> => sandbox.run(args, env(user));
  const archive = ['--archive', 's3://lake/stellar'];

  it('a backfill, its check and its clean-up work with exactly these rights; a reader can only read', async () => {
    const run = await as('exact', ...backfill(archive));
    expect([run.code, run.stderr]).toEqual([0, expect.anything()]);
    for (const command of ['verify', 'audit', 'gc'])
      expect([command, (await as('exact', command, ...archive)).code]).toEqual([command, 0]);
    const verified = await as('reader', 'verify', ...archive);
    expect([verified.code, verified.stderr]).toEqual([0, expect.anything()]);
  }, 120_000);

  it.each(WITHOUT)(
    'without %s the run ends with a clear error',
    async (lost) => {
      const user = `without-${lost.replace(':', '-')}`;
      const run = await as(user, ...backfill(['--archive', `s3://lake/stellar-${user.toLowerCase()}`]));
      expect([run.code === 0, run.stderr]).toEqual([
        false,
        expect.stringMatching(/PERMISSION_DENIED: .*(ledgers|lake)/),
      ]);
    },
    60_000,
  );

  const backfill = (target: readonly string[]): string[] => [
    ...['backfill', '--source', 'galexie:s3://ledgers/pubnet', ...target, '--types', 'ledgers'],
    ...['--ledgers', `${range.start}-${range.end}`, '--partition-size', '4', '--on-failure', 'fail'],
  ];
});
