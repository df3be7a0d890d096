import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSampleLake } from '@parquetry/sample';
import { openStore } from '@parquetry/storage';
import { ensureSearchAttributes, findTemporalBinary, pollersOf } from '@parquetry/temporal';
import { TASK_QUEUE } from '@parquetry/workflows';
import { runInProcess } from '../../apps/cli/src/testing/run';
import { type TestServer, startTestServer } from '../support/temporal';
import { S3_KEYS, type StorageServer, WEED, startS3 } from '../support/servers';

interface Report {
  readonly faults: number;
  readonly warnings: number;
  readonly findings: { check: string; status: string; message: string; hint?: string; code?: string }[];
}

const saved = { env: { ...process.env }, cwd: process.cwd() };
let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'parquetry-doctor-'));
  process.chdir(folder);
  for (const name of Object.keys(process.env)) if (name.startsWith('TEMPORAL_')) delete process.env[name];
  process.env['PARQUETRY_HOME'] = path.join(folder, 'home');
  await writeSampleLake({ dir: path.join(folder, 'lake'), ledgers: 20 });
});
afterAll(() => {
  process.chdir(saved.cwd);
  process.env = { ...saved.env };
  rmSync(folder, { recursive: true });
});

/** The lines of one check, and the exit code. */
async function doctor(
  check: string,
  ...args: readonly string[]
): Promise<{ code?: number; found: Report['findings'] }> {
  const { code, stdout } = await runInProcess('doctor', ...args, '--json');
  const { findings } = JSON.parse(stdout) as Report;
  return {
    ...(code === undefined ? {} : { code }),
    found: findings.filter((finding) => finding.check === check),
  };
}

describe('doctor on a Temporal server', () => {
  let server: TestServer | undefined;
  beforeAll(async () => void (server = await startTestServer()), 120_000);
  afterAll(() => server?.stop());
  const local = ['--source', 'galexie:./lake', '--archive', './archive', '--ledgers', '426000-426019'];

  it('reports missing search attributes, then the workers that fail because of them, then no problem', async () => {
    if (server === undefined) return expect(await findTemporalBinary()).toBeUndefined();
    const { connection, namespace } = server;
    const at = ['--temporal-address', server.server.address];
    await connection.operatorService.removeSearchAttributes({
      namespace,
      searchAttributes: ['ParquetryLedgerStart'],
    });
    const before = await doctor('temporal', ...at, ...local);
    expect(before).toMatchObject({
      code: 0,
      found: [
        { status: 'ok', message: expect.stringMatching(/^Server 1\.\d+/) as string },
        {
          status: 'warning',
          message: expect.stringContaining('ParquetryLedgerStart') as string,
          hint: expect.stringContaining('temporal operator search-attribute create') as string,
        },
        { status: 'warning', message: expect.stringContaining(TASK_QUEUE) as string },
      ],
    });

    // A worker that polls, as the server sees it.
    const polled = connection
      .withDeadline(Date.now() + 15_000, () =>
        connection.workflowService.pollWorkflowTaskQueue({
          namespace,
          taskQueue: { name: TASK_QUEUE },
          identity: 'a-worker',
        }),
      )
      .catch(() => undefined);
    while ((await pollersOf(server, TASK_QUEUE)).length === 0) await sleep(100);
    const failing = await doctor('temporal', ...at, ...local);
    expect(failing.code).toBe(1);
    expect(failing.found.map(({ status }) => status)).toEqual(['ok', 'fault', 'ok']);
    expect(failing.found[2]?.message).toContain('a-worker');
    await polled;

    await ensureSearchAttributes(connection, namespace);
    const after = await runInProcess('doctor', ...at, ...local);
    expect(after).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('No faults and no warnings.') as string,
    });
  }, 120_000);

  it('reports a namespace that does not exist', async () => {
    if (server === undefined) return expect(await findTemporalBinary()).toBeUndefined();
    const { code, found } = await doctor(
      'temporal',
      ...['--temporal-address', server.server.address, '--temporal-namespace', 'nowhere'],
    );
    expect([code, found]).toMatchObject([1, [{ status: 'fault', code: 'CONFIG_INVALID' }]]);
  }, 60_000);
});

describe('doctor on an S3 server', () => {
  let s3: StorageServer | undefined;
  beforeAll(async () => {
    if (WEED === undefined) return;
    s3 = await startS3();
    await s3.createBucket('archives');
    process.env['AWS_ENDPOINT_URL_S3'] = s3.endpoint;
    process.env['AWS_ACCESS_KEY_ID'] = S3_KEYS.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = S3_KEYS.secretAccessKey;
  }, 120_000);
  afterAll(async () => s3?.stop());
  const name = (text: string): string => (WEED === undefined ? `${text} [skipped: no S3 server]` : text);

  it(
    name('probes the archive and leaves nothing there'),
    async () => {
      if (WEED === undefined) return expect(s3).toBeUndefined();
      const { found } = await doctor('archive', '--archive', 's3://archives/a/b');
      expect(found).toMatchObject([
        {
          status: 'ok',
          message: expect.stringContaining('conditional put, get, list and delete work') as string,
        },
        { status: 'ok' },
      ]);
      const left: string[] = [];
      for await (const { key } of openStore('s3://archives').list('')) left.push(key);
      expect(left).toEqual([]);
      expect((await doctor('clock', '--archive', 's3://archives/a/b')).found).toMatchObject([
        { status: 'ok' },
      ]);
    },
    60_000,
  );

  it(
    name('names a bucket that is missing and keys that are wrong'),
    async () => {
      if (WEED === undefined) return expect(s3).toBeUndefined();
      const missing = await doctor('archive', '--archive', 's3://nothing/a');
      expect(missing).toMatchObject({ code: 1, found: [{ status: 'fault', code: 'STORAGE_NOT_FOUND' }] });
      process.env['AWS_ACCESS_KEY_ID'] = 'unknown';
      const refused = await doctor('archive', '--archive', 's3://archives/a');
      expect(refused).toMatchObject({ code: 1, found: [{ status: 'fault', code: 'PERMISSION_DENIED' }] });
    },
    60_000,
  );
});
