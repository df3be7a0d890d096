// The package.json of the package, made from those of the workspace.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Names of the workspace's own packages. */
export const OWN = /^@parquetry\//;

/** Folders of the workspace's packages, relative to its root: apps/cli, libs/core, … */
export function projects(root) {
  return ['apps', 'libs'].flatMap((group) =>
    readdirSync(path.join(root, group)).map((name) => `${group}/${name}`),
  );
}

/** The manifest. Every library that a package of the workspace depends on, in the version of the lock file. */
export function manifest(root) {
  const read = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
  const { version, license, description, engines } = read('package.json');
  const { packages } = read('package-lock.json');
  const dependencies = new Map();
  for (const folder of projects(root))
    for (const name of Object.keys(read(`${folder}/package.json`).dependencies ?? {})) {
      if (OWN.test(name)) continue;
      const locked = (packages[`${folder}/node_modules/${name}`] ?? packages[`node_modules/${name}`]).version;
      const known = dependencies.get(name) ?? locked;
      if (known !== locked) throw new Error(`The lock file has ${name} ${known} and ${locked}.`);
      dependencies.set(name, locked);
    }
  const commit = gitHead(root);
  return {
    name: 'parquetry',
    version,
    description,
    license,
    engines,
    ...(commit === undefined ? {} : { gitHead: commit }),
    bin: { parquetry: 'bin/parquetry.js' },
    exports: {
      '.': { types: './dist/index.d.ts', import: './dist/index.mjs', default: './dist/index.js' },
    },
    files: ['bin', 'dist', 'CHANGELOG.md', 'npm-shrinkwrap.json'],
    dependencies: Object.fromEntries([...dependencies].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The commit: from PARQUETRY_COMMIT (an image is built without the repository), else the one that is checked out. */
function gitHead(root) {
  if (process.env.PARQUETRY_COMMIT) return process.env.PARQUETRY_COMMIT;
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
