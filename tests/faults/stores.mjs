// Where the archives of a campaign are: a folder, or a bucket of a SeaweedFS server that is killed now and then.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureServers } from '../../tools/servers.mjs';
import { freePorts, start } from './processes.mjs';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const KEYS = { AWS_ACCESS_KEY_ID: 'parquetry-faults', AWS_SECRET_ACCESS_KEY: 'parquetry-faults-secret' };
const BUCKET = 'campaign';

/**
 * Gives archive(name), the environment of the commands, options of the independent reader, kill() that ends the storage
 * server as a crash does and starts it again (undefined where there is none), and stop().
 */
export async function openStorage(kind, root) {
  if (kind === 'local') {
    mkdirSync(path.join(root, 'archives'));
    return {
      archive: (name) => path.join(root, 'archives', name),
      env: {},
      readerOptions: undefined,
      stop: async () => undefined,
    };
  }
  if (kind === 's3') return openWeed(root);
  throw new Error(`There is no store "${kind}": use local or s3.`);
}

async function openWeed(root) {
  const { weed, reason } = ensureServers();
  if (weed === undefined) throw new Error(`The campaign on S3 needs SeaweedFS: ${reason}.`);
  const dir = path.join(root, 'weed');
  mkdirSync(dir);
  const config = path.join(dir, 's3.json');
  const credentials = [{ accessKey: KEYS.AWS_ACCESS_KEY_ID, secretKey: KEYS.AWS_SECRET_ACCESS_KEY }];
  const actions = ['Admin', 'Read', 'Write', 'List', 'Tagging'];
  writeFileSync(config, JSON.stringify({ identities: [{ name: 'admin', credentials, actions }] }));
  const names = ['master', 'volume', 'filer', 's3'];
  const ports = await freePorts(names.length * 2);
  const flags = names.flatMap((name, index) => [
    `-${name}.port=${ports[index * 2]}`,
    `-${name}.port.grpc=${ports[index * 2 + 1]}`,
  ]);
  const sockets = [
    `-s3.localSocket=${path.join(dir, 's3.sock')}`,
    `-filer.localSocket=${path.join(dir, 'filer.sock')}`,
  ];
  const others = [
    '-s3.port.iceberg=0',
    '-s3.port.lance=0',
    '-volume.max=200',
    '-master.volumeSizeLimitMB=64',
    '-master.telemetry=false',
    '-master.electionTimeout=1s',
  ];
  const args = [
    'server',
    `-dir=${dir}`,
    '-ip=127.0.0.1',
    '-ip.bind=127.0.0.1',
    '-filer',
    '-s3',
    `-s3.config=${config}`,
    ...flags,
    ...sockets,
    ...others,
  ];
  const endpoint = `http://127.0.0.1:${ports[6]}`;
  let server = start(weed, args, { cwd: dir });
  await ready(endpoint, server);
  return {
    archive: (name) => `s3://${BUCKET}/${name}`,
    env: {
      ...KEYS,
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'us-east-1',
      PARQUETRY_STORAGE_TIMEOUT: '10',
      PARQUETRY_STORAGE_ATTEMPTS: '10',
    },
    readerOptions: { ...KEYS, AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1', AWS_ALLOW_HTTP: 'true' },
    kill: async () => {
      server.child.kill('SIGKILL');
      await server.ended;
      server = start(weed, args, { cwd: dir });
      await ready(endpoint, server);
    },
    stop: () => (server.child.kill('SIGKILL'), server.ended),
  };
}

/** Until the server takes the bucket: it answers before all of its parts have joined. */
async function ready(endpoint, server) {
  const { S3Client, CreateBucketCommand } = await import('@aws-sdk/client-s3');
  const credentials = { accessKeyId: KEYS.AWS_ACCESS_KEY_ID, secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  for (let tries = 0; ; tries++)
    try {
      await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
      return client.destroy();
    } catch (error) {
      if (/BucketAlready/.test(error.name)) return client.destroy();
      if (tries > 200 || !server.running()) throw error;
      await sleep(150);
    }
}
