// `npm run package [-- --out FOLDER] [--no-build]`: makes parquetry-VERSION.tgz, the package that users install. It has
// the libraries of the workspace, bundled; npm installs all other libraries in the versions of our lock file. Next to it: its components
// (parquetry-VERSION.sbom.json) and where it comes from (parquetry-VERSION.provenance.json).
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { bundle } from './package/bundle.mjs';
import { manifest } from './package/manifest.mjs';
import { provenance, sbom } from './package/provenance.mjs';
import { shrinkwrap } from './package/shrinkwrap.mjs';

/** Largest package that is accepted, bytes. Raise it only when the new content is worth it. */
const BUDGET = { packed: 3_300_000, unpacked: 14_000_000 };

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: root },
    build: { type: 'boolean', default: true },
  },
  allowNegative: true,
});

const run = (command, args, cwd) => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
};

if (values.build) run(process.execPath, [path.join(root, 'tools/build.mjs')], root);
const out = path.resolve(values.out);
const staging = mkdtempSync(path.join(tmpdir(), 'parquetry-package-'));
try {
  const own = manifest(root);
  for (const [name, content] of [
    ['package.json', own],
    ['npm-shrinkwrap.json', shrinkwrap(root, own)],
  ])
    writeJson(path.join(staging, name), content);
  for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md'])
    cpSync(path.join(root, name), path.join(staging, name));
  cpSync(path.join(root, 'apps/cli/bin'), path.join(staging, 'bin'), { recursive: true });
  await bundle(root, path.join(staging, 'dist'));
  mkdirSync(out, { recursive: true });
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', out], staging),
  );
  const file = path.join(out, packed.filename);
  report(file, packed);
  const base = file.replace(/\.tgz$/, '');
  writeJson(`${base}.sbom.json`, sbom(staging));
  writeJson(`${base}.provenance.json`, provenance(root, [file, `${base}.sbom.json`]));
} finally {
  rmSync(staging, { recursive: true, force: true });
}

function writeJson(file, content) {
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}

/** Prints the package and its size. Fails if it is larger than its budget. */
function report(file, { unpackedSize, entryCount }) {
  const packedSize = statSync(file).size;
  const mb = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
  console.log(
    `${file}: ${mb(packedSize)} packed, ${mb(unpackedSize)} unpacked, ${entryCount} files ` +
      `(at most ${mb(BUDGET.packed)} and ${mb(BUDGET.unpacked)})`,
  );
  if (packedSize <= BUDGET.packed && unpackedSize <= BUDGET.unpacked) return;
  rmSync(file);
  throw new Error('The package is larger than its budget.');
}
