// `node tools/chroot.mjs [--work FOLDER]`: runs the steps of the Dockerfile without a container engine, in a chroot of
// Debian packages, and then the images as a hardened container would run: not root, read-only root file system, no
// capabilities, own process ids. Needs root, debootstrap and a network. Prints a transcript.
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseDockerfile } from './chroot/dockerfile.mjs';
import { Builder, baseImage, buildContext, ended, must, removeFolder } from './chroot/image.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const { values } = parseArgs({
  options: {
    work: { type: 'string', default: '/var/tmp/parquetry-chroot' },
    base: { type: 'string' },
  },
});
const work = path.resolve(values.work);
const began = Date.now();
const log = (line) =>
  console.log(`[${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s] ${line}`);

const { acquireDevServer, devHome, resolveTemporalBinary } = require('@parquetry/temporal');
const temporal = await resolveTemporalBinary({ onProgress: log });
const binary = path.isAbsolute(temporal) ? temporal : must('sh', ['-c', `command -v ${temporal}`]).trim();
mkdirSync(work, { recursive: true });
const run = path.join(work, `run-${randomUUID().slice(0, 8)}`);
const builder = new Builder(run, baseImage(values.base ?? path.join(work, 'base')), log);
let server;
try {
  for (const stage of parseDockerfile(readFileSync(path.join(root, 'Dockerfile'), 'utf8')))
    builder.build(stage, buildContext(root));
  for (const name of ['cli', 'worker'])
    log(
      `image ${name}: ${must('du', ['-sh', path.join(run, name, 'upper')]).split('\t')[0]} on top of its base`,
    );

  const data = path.join(run, 'volumes/data');
  const volume = (name) => ({ '/var/lib/parquetry': path.join(run, 'volumes', name), '/data': data });
  const cli = builder.container('cli', volume('cli'));
  must('install', ['-D', binary, path.join(run, 'volumes/cli/bin/temporal')]);
  const withServer = { PATH: `/var/lib/parquetry/bin:${builder.images.get('cli').env.PATH}` };
  const parquetry = async (args, env = {}, expected = 0) => {
    log(`$ parquetry ${args.join(' ')}`);
    const { code, stdout, stderr } = await ended(cli.start(args, env));
    for (const line of (stdout + stderr).trimEnd().split('\n')) console.log(`         ${line}`);
    if (code !== expected) throw new Error(`parquetry ${args[0]} ended with ${code}`);
    return stdout;
  };
  await parquetry(['version']);
  await parquetry(['demo', '--out', '/data/demo'], withServer);

  log('A Temporal server outside of the containers, a worker in one');
  server = await acquireDevServer(devHome({ PARQUETRY_HOME: path.join(run, 'temporal') }), { binary });
  const env = { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace };
  const worker = builder.container('worker', volume('worker'));
  const child = worker.start(undefined, { ...env, PARQUETRY_MEMORY: '1GiB' });
  const stopped = ended(child, (text) => process.stdout.write(text.replaceAll(/^(?=.)/gm, '  worker ')));
  const health = async () => (await ended(worker.exec(builder.images.get('worker').health))).code;
  for (let tries = 0; (await health()) !== 0; tries++) {
    if (tries > 60) throw new Error('The health check never succeeded.');
    await sleep(1_000);
  }
  log('the HEALTHCHECK of the image succeeds');
  const ready = `fetch('http://127.0.0.1:9465/readyz').then((answer) => process.exit(answer.ok ? 0 : 1))`;
  while ((await ended(worker.exec(['node', '-e', ready]))).code !== 0) await sleep(500);
  log('the worker is ready');
  const settings = ['--source', 'galexie:/data/demo/lake', '--archive', '/data/archive'];
  await parquetry(['doctor', ...settings], env);
  await parquetry(['backfill', ...settings, '--ledgers', '426000-426099', '--partition-size', '25'], env);
  await parquetry(['verify', '--archive', '/data/archive', '--deep']);
  await parquetry(['query', '--archive', '/data/archive', 'select count(*) as ledgers from ledgers']);

  const writes = await ended(
    worker.exec(['sh', '-c', 'touch /usr/x /x 2>&1; id -u; grep CapEff /proc/self/status']),
  );
  log(`in the worker: ${writes.stdout.trim().replaceAll('\n', '; ')}`);
  log('SIGTERM to process 1 of the worker');
  const sent = Date.now();
  // `unshare` waits for tini, which is process 1 inside.
  must('sh', ['-c', `kill -TERM $(cat /proc/${child.pid}/task/${child.pid}/children)`]);
  const { code, signal } = await stopped;
  log(`the worker ended with ${code ?? signal} after ${Date.now() - sent} ms`);
  if (code !== 0) throw new Error('The worker did not end by itself.');
  log('All steps succeeded.');
} finally {
  await server?.connection.close();
  await server?.release();
  builder.unmount();
  removeFolder(run);
}
