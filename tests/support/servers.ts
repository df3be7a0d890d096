import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { WEED_PORTS, weedServer } from './weed.cjs';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

/** The server binaries; set by `npm test`. */
export const WEED = process.env['PARQUETRY_WEED'];
export const FAKE_GCS = process.env['PARQUETRY_FAKE_GCS'];

/** Keys of the test S3 server; they are valid nowhere else. */
export const S3_KEYS = { accessKeyId: 'parquetry-test', secretAccessKey: 'parquetry-test-secret' };

/** A storage server for one test, on loopback, with its data in a separate folder. */
export interface StorageServer {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  createBucket(name: string): Promise<void>;
  /** Ends the server as a crash does and starts it again on the same port and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A user of the S3 server. */
export interface S3Identity {
  readonly name: string;
  readonly credentials: readonly { readonly accessKey: string; readonly secretKey: string }[];
  /** Texts of the IAM policies that give it its rights. */
  readonly policies: readonly string[];
}

/**
 * SeaweedFS with its S3 gateway. The bucket `open` allows anonymous reads; the other buckets need `S3_KEYS`, or the keys
 * of `users`. `master` is for `weed shell`.
 */
export async function startS3(
  users: readonly S3Identity[] = [],
): Promise<StorageServer & { readonly master: string }> {
  if (WEED === undefined) throw new Error('PARQUETRY_WEED is not set');
  const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-weed-'));
  const config = path.join(dir, 's3.json');
  const { accessKeyId: accessKey, secretAccessKey: secretKey } = S3_KEYS;
  const actions = ['Admin', 'Read', 'Write', 'List', 'Tagging'];
  writeFileSync(
    config,
    JSON.stringify({
      identities: [
        { name: 'admin', credentials: [{ accessKey, secretKey }], actions },
        { name: 'anonymous', actions: ['Read:open', 'List:open'] },
        ...users.map(({ name, credentials, policies }) => ({
          ...{ name, credentials },
          policyNames: policies.map((_, index) => `${name}-${index}`),
        })),
      ],
      policies: users.flatMap(({ name, policies }) =>
        policies.map((content, index) => ({ name: `${name}-${index}`, content })),
      ),
    }),
  );
  const { endpoint, master, args } = weedServer(dir, config, await freePorts(WEED_PORTS));
  const server = new Server(WEED, dir, args);
  const ready = async (): Promise<void> => {
    await untilAnswer(server, endpoint);
    // The gateway responds before the volume server has joined; a bucket can be created when both run.
    await attempt(() => s3(endpoint).send(new CreateBucketCommand({ Bucket: 'open' })), 'BucketAlready');
  };
  await ready();
  return {
    endpoint,
    master,
    createBucket: async (Bucket) => {
      await s3(endpoint).send(new CreateBucketCommand({ Bucket }));
    },
    restart: async () => {
      await server.kill();
      server.start();
      await ready();
    },
    stop: () => server.stop(),
  };
}

/** fake-gcs-server with its data on disk, so that it survives a restart. */
export async function startGcs(): Promise<StorageServer> {
  if (FAKE_GCS === undefined) throw new Error('PARQUETRY_FAKE_GCS is not set');
  const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-gcs-'));
  const [port] = await freePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  const server = new Server(FAKE_GCS, dir, [
    '-backend=filesystem',
    `-filesystem-root=${path.join(dir, 'data')}`,
    '-scheme=http',
    '-host=127.0.0.1',
    `-port=${port}`,
    '-log-level=error',
    `-external-url=${endpoint}`,
  ]);
  await untilAnswer(server, `${endpoint}/storage/v1/b?project=test`);
  return {
    endpoint,
    createBucket: async (name) => {
      const response = await fetch(`${endpoint}/storage/v1/b?project=test`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name }),
      });
      if (!response.ok) throw new Error(`bucket ${name}: ${response.status} ${await response.text()}`);
    },
    restart: async () => {
      await server.kill();
      server.start();
      await untilAnswer(server, `${endpoint}/storage/v1/b?project=test`);
    },
    stop: () => server.stop(),
  };
}

/** Client of the test S3 server with the test's keys or a user's, independent of Parquetry's code. */
export function s3(endpoint: string, credentials = S3_KEYS): S3Client {
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

/** Unused ports, all free at the same moment. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

class Server {
  private child!: ChildProcess;
  private log = '';
  private readonly onExit = (): void => void this.child.kill('SIGKILL');

  constructor(
    private readonly binary: string,
    private readonly dir: string,
    private readonly args: readonly string[],
  ) {
    process.on('exit', this.onExit);
    this.start();
  }

  start(): void {
    this.child = spawn(this.binary, this.args, { cwd: this.dir, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (text: Buffer): void => void (this.log = (this.log + text.toString()).slice(-4000));
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
  }

  get failure(): string | undefined {
    return this.child.exitCode === null ? undefined : `exit ${this.child.exitCode}\n${this.log}`;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    process.off('exit', this.onExit);
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function untilAnswer(server: Server, url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (server.failure !== undefined) throw new Error(`the storage server ended: ${server.failure}`);
    const answered = await fetch(url).then(
      async (response) => (await response.text(), response.status < 500),
      () => false,
    );
    if (answered) return;
    await sleep(100);
  }
  throw new Error(`no storage server at ${url} after 30 s`);
}

async function attempt(run: () => Promise<unknown>, fine: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await run();
      return;
    } catch (error) {
      if (error instanceof Error && error.name.startsWith(fine)) return;
      if (tries >= 100) throw error;
      await sleep(100);
    }
  }
}
