// Where the archives of a campaign are: a folder, a bucket of SeaweedFS, a bucket of fake-gcs-server. The servers are
// killed now and then, and come back on the same port with the same data.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureServers } from '../../tools/servers.mjs';
import weed from '../support/weed.cjs';
import { freePorts, start } from './processes.mjs';

const { WEED_PORTS, weedServer } = weed;

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const KEYS = { AWS_ACCESS_KEY_ID: 'parquetry-faults', AWS_SECRET_ACCESS_KEY: 'parquetry-faults-secret' };
/** Another key of the same user, for credentials that are renewed. */
const RENEWED = { AWS_ACCESS_KEY_ID: 'parquetry-renewed', AWS_SECRET_ACCESS_KEY: 'parquetry-renewed-secret' };
const BUCKET = 'campaign';
/** Waits for a store that comes back within seconds; each request has its own retries. */
const PATIENCE = { PARQUETRY_STORAGE_TIMEOUT: '10', PARQUETRY_STORAGE_ATTEMPTS: '10' };

export const STORES = ['local', 's3', 'gcs'];

/**
 * Gives archive(name), the environment of the commands, at(address) that changes it for a proxy to the server, the
 * server's endpoint, the keys of its user if it has some, options of the independent reader,
 * kill() that ends the storage server as a crash does and starts it again (undefined where there is none), whileUp(run)
 * between two kills, and stop().
 */
export async function openStorage(kind, root) {
  if (kind === 'local') {
    mkdirSync(path.join(root, 'archives'));
    const archive = (name) => path.join(root, 'archives', name);
    return { archive, env: {}, readerOptions: {}, whileUp: (run) => run(), stop: async () => undefined };
  }
  const { weed: s3, fakeGcs, reason } = ensureServers();
  const binary = kind === 's3' ? s3 : fakeGcs;
  if (binary === undefined) throw new Error(`The campaign on ${kind} needs its server: ${reason}.`);
  const dir = path.join(root, kind);
  mkdirSync(dir);
  return kind === 's3' ? openWeed(binary, dir) : openGcs(binary, dir);
}

async function openWeed(binary, dir) {
  const config = path.join(dir, 's3.json');
  const credentials = [KEYS, RENEWED].map((keys) => ({
    accessKey: keys.AWS_ACCESS_KEY_ID,
    secretKey: keys.AWS_SECRET_ACCESS_KEY,
  }));
  const actions = ['Admin', 'Read', 'Write', 'List', 'Tagging'];
  writeFileSync(config, JSON.stringify({ identities: [{ name: 'admin', credentials, actions }] }));
  const { endpoint, args } = weedServer(dir, config, await freePorts(WEED_PORTS));
  const region = { AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1' };
  return {
    archive: (name) => `s3://${BUCKET}/${name}`,
    env: { ...KEYS, ...region, ...PATIENCE },
    at: (address) => ({ AWS_ENDPOINT_URL: address }),
    keys: [KEYS, RENEWED],
    endpoint,
    readerOptions: { s3: { ...KEYS, ...region, AWS_ALLOW_HTTP: 'true' } },
    ...(await serve(binary, args, dir, (server) => makeBucket(endpoint, server))),
  };
}

async function openGcs(binary, dir) {
  const [port] = await freePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  const args = [
    ...[
      '-backend=filesystem',
      `-filesystem-root=${path.join(dir, 'data')}`,
      '-scheme=http',
      '-host=127.0.0.1',
    ],
    ...[`-port=${port}`, '-log-level=error', `-external-url=${endpoint}`],
  ];
  return {
    archive: (name) => `gs://${BUCKET}/${name}`,
    env: { STORAGE_EMULATOR_HOST: endpoint, ...PATIENCE },
    at: (address) => ({ STORAGE_EMULATOR_HOST: address }),
    endpoint,
    // delta-rs asks GCS for a listing that this server does not know: the reader fetches the archive and reads the copy.
    readerOptions: { gcs: endpoint },
    ...(await serve(binary, args, dir, async (server) => {
      const options = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: BUCKET }),
      };
      await until(server, async () => {
        const { status } = await fetch(`${endpoint}/storage/v1/b?project=campaign`, options);
        return status === 200 || status === 409;
      });
    })),
  };
}

/** A server with kill() and stop(); `ready` waits until it accepts the bucket. */
async function serve(binary, args, dir, ready) {
  let server = start(binary, args, { cwd: dir });
  await ready(server);
  let turn = Promise.resolve();
  const again = async () => {
    server.child.kill('SIGKILL');
    await server.ended;
    server = start(binary, args, { cwd: dir });
    await ready(server);
  };
  return {
    // Two runs may want it at once, and the reader needs it up: they take turns.
    kill: () => (turn = turn.then(again)),
    whileUp: (run) => {
      const done = turn.then(run);
      turn = done.then(
        () => undefined,
        () => undefined,
      );
      return done;
    },
    stop: () => (server.child.kill('SIGKILL'), server.ended),
  };
}

/** Waits until the server accepts the bucket: it responds before all of its parts have joined. */
async function makeBucket(endpoint, server) {
  const { S3Client, CreateBucketCommand } = await import('@aws-sdk/client-s3');
  const credentials = { accessKeyId: KEYS.AWS_ACCESS_KEY_ID, secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await until(server, () =>
    client.send(new CreateBucketCommand({ Bucket: BUCKET })).then(
      () => true,
      (error) => /BucketAlready/.test(error.name),
    ),
  );
  client.destroy();
}

async function until(server, isReady) {
  for (let tries = 0; !(await isReady().catch(() => false)); tries++) {
    if (tries > 200 || !server.running())
      throw new Error(`the storage server did not start: ${(await server.ended).stderr}`);
    await sleep(150);
  }
}
