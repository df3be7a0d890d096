import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const read = <T>(file: string): T => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')) as T;
const lock = read<{ packages: Readonly<Record<string, Entry>> }>('package-lock.json').packages;
const foreign = Object.entries(lock).filter(
  ([at, entry]) => at.includes('node_modules/') && entry.link !== true,
);

/** Licences that a dependency may have: permissive ones. */
const LICENCES = new Set([
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC-BY-4.0', 'CC0-1.0'],
  ...['ISC', 'MIT', 'Python-2.0', 'Unlicense'],
]);

/** Packages whose package.json has no licence; it is in a file of theirs. */
const LICENCE_IN_FILE: Readonly<Record<string, string>> = {
  '@stellar/stellar-xdr-json': 'Apache-2.0',
  unionfs: 'Unlicense',
};

/** Packages with an install script; `package.test.ts` says which of them a user's installation has. */
const SCRIPTS = ['@parcel/watcher', '@swc/core', 'nx', 'protobufjs', 'unrs-resolver'];

const nameOf = (at: string): string => at.slice(at.lastIndexOf('node_modules/') + 'node_modules/'.length);

describe('the lock file', () => {
  it('has a checksum for every package', () => {
    expect(foreign.length).toBeGreaterThan(500);
    const without = foreign.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''));
    expect(without.map(([at]) => at)).toEqual([]);
  });

  it('names no other place than the npm registry', () => {
    const places = foreign.filter(
      ([, { resolved }]) => resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'),
    );
    expect(places.map(([at]) => at)).toEqual([]);
    const remote = /^(git|https?|file|github|[\w-]+\/)/;
    const specs = Object.entries(lock).flatMap(([at, { dependencies, devDependencies }]) =>
      Object.entries({ ...dependencies, ...devDependencies })
        .filter(([, range]) => remote.test(range))
        .map(([name]) => `${at}: ${name}`),
    );
    expect(specs).toEqual([]);
  });

  it('has permissive licences only', () => {
    const refused = foreign.filter(([at, { license }]) => {
      const text = license ?? LICENCE_IN_FILE[nameOf(at)] ?? 'none';
      return !text
        .split(/[()\s]+|\bAND\b|\bOR\b/)
        .filter((part) => part !== '')
        .every((part) => LICENCES.has(part));
    });
    expect(refused.map(([at, { license }]) => `${at} ${license}`)).toEqual([]);
  });

  it('has install scripts of these packages only', () => {
    const found = foreign
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([at]) => nameOf(at));
    expect([...new Set(found)].sort()).toEqual(SCRIPTS);
  });

  it('fixes what package.json files leave open, and our packages run nothing when they are installed', () => {
    const folders = ['apps', 'libs'].flatMap((group) =>
      readdirSync(path.join(ROOT, group)).map((name) => `${group}/${name}`),
    );
    for (const folder of folders) {
      const { scripts = {} } = read<{ scripts?: Record<string, string> }>(`${folder}/package.json`);
      expect([folder, Object.keys(scripts).filter((name) => /install|prepare/.test(name))]).toEqual([
        folder,
        [],
      ]);
      for (const name of Object.keys(lock[folder]?.dependencies ?? {}).filter(
        (each) => !each.startsWith('@parquetry/'),
      ))
        expect([
          folder,
          name,
          (lock[`${folder}/node_modules/${name}`] ?? lock[`node_modules/${name}`])?.version,
        ]).toEqual([folder, name, expect.stringMatching(/^\d+\.\d+\.\d+/)]);
    }
  });
});
