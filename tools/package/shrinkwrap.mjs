// The npm-shrinkwrap.json of the package: npm installs the versions of the workspace's lock file, also of indirect
// dependencies, so that two installations of a version of Parquetry are the same.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Fields of the lock file's entries that npm needs to install them. */
const KEPT = [
  ...['version', 'resolved', 'integrity', 'license', 'bin', 'os', 'cpu', 'libc', 'engines', 'optional'],
  ...['dependencies', 'optionalDependencies', 'peerDependencies', 'peerDependenciesMeta'],
];

/** The shrinkwrap for a package with this manifest. */
export function shrinkwrap(root, manifest) {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const placed = new Map();
  const queue = Object.entries(manifest.dependencies).map(([name, version]) => ({
    name,
    from: '',
    source: direct(packages, name, version),
  }));
  while (queue.length > 0) {
    const { name, from, source } = queue.shift();
    if (resolve(placed, from, name)?.source === source) continue;
    const top = `node_modules/${name}`;
    const target = placed.has(top) ? `${from}/node_modules/${name}` : top;
    placed.set(target, { source });
    if (resolve(placed, from, name).source !== source) placed.set(`${from}/node_modules/${name}`, { source });
    const at = resolve(placed, from, name).at;
    for (const [dependency, where] of dependenciesOf(packages, source))
      queue.push({ name: dependency, from: at, source: where });
  }
  check(packages, placed);
  const { name, version, license, engines, bin, dependencies } = manifest;
  const entries = [...placed].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    name,
    version,
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name, version, license, dependencies, bin, engines },
      ...Object.fromEntries(entries.map(([at, { source }]) => [at, kept(packages[source])])),
    },
  };
}

/** The lock file's entry of a direct dependency: of the workspace, or of one of its packages. */
function direct(packages, name, version) {
  const found = Object.keys(packages).find(
    (key) =>
      (key === `node_modules/${name}` || /^(apps|libs)\/\w+\/node_modules\//.test(key)) &&
      key.endsWith(`node_modules/${name}`) &&
      packages[key].version === version,
  );
  if (found === undefined) throw new Error(`package-lock.json has no ${name} ${version}.`);
  return found;
}

/** The dependencies of an entry that are installed, with the entries that they resolve to. */
function dependenciesOf(packages, source) {
  const { dependencies, optionalDependencies, peerDependencies } = packages[source];
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  return names.flatMap((name) => {
    for (let at = source; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
      const key = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
      if (packages[key] !== undefined) return [[name, key]];
      if (at !== '') continue;
      // npm sometimes leaves the packages for other platforms out of a lock file; `npm ci` then fails.
      if (name in (optionalDependencies ?? {}))
        throw new Error(`package-lock.json lacks ${name}, an optional dependency of ${source}.`);
      // An optional peer.
      return [];
    }
  });
}

/** What `require(name)` finds from a placed package, as Node does it. */
function resolve(placed, from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    const key = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (placed.has(key)) return { at: key, ...placed.get(key) };
    if (at === '') return undefined;
  }
}

/** Fails if a package would get another version of a dependency than in the workspace. */
function check(packages, placed) {
  for (const [at, { source }] of placed)
    for (const [name, wanted] of dependenciesOf(packages, source)) {
      const found = resolve(placed, at, name)?.source;
      if (found === undefined || packages[found].version !== packages[wanted].version)
        throw new Error(`${at} would get ${found} instead of ${wanted}.`);
    }
}

function kept(entry) {
  return Object.fromEntries(KEPT.flatMap((field) => (field in entry ? [[field, entry[field]]] : [])));
}
