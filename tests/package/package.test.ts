import { createHash } from 'node:crypto';
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { findTemporalBinary } from '@parquetry/temporal';
import { TEST_DATA, itWithData } from '../support/cli';

const ROOT = path.resolve(__dirname, '../..');
const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-package-'));
const prefix = path.join(dir, 'prefix');
const installed = path.join(prefix, 'lib/node_modules/parquetry');
const work = path.join(dir, 'work');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in the working folder with an empty HOME; only the downloads of npm and Temporal are shared. */
async function run(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  const temporal = await findTemporalBinary();
  if (temporal === undefined) throw new Error('This test needs a Temporal server (tools/test.mjs).');
  const folders = [path.join(prefix, 'bin'), path.dirname(temporal), path.dirname(process.execPath)];
  return promisify(execFile)(program, [...args], {
    cwd: work,
    env: {
      ...(program === 'npm' ? network() : {}),
      HOME: path.join(dir, 'home'),
      PATH: [...folders, '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
      npm_config_prefix: prefix,
      npm_config_cache: process.env['npm_config_cache'] ?? path.join(homedir(), '.npm'),
      npm_config_prefer_offline: 'true',
      npm_config_update_notifier: 'false',
      ...env,
    },
    maxBuffer: 64e6,
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => error,
  );
}

/** How this machine reaches the registry: its proxy and its certificates, and no other setting. */
function network(): Record<string, string> {
  const names = /^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|(https?|no)_proxy|npm_config_registry)$/i;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      names.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}

/** Runs a program that must succeed; returns its stdout. */
async function done(program: string, args: readonly string[], env?: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, env);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** All files of the installed package, without its dependencies. */
function files(): string[] {
  return readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(installed, path.join(entry.parentPath, entry.name)))
    .filter((name) => !name.startsWith('node_modules'));
}

const read = (name: string): string => readFileSync(path.join(installed, name), 'utf8');

describe('the package, installed into an empty folder with an empty HOME', () => {
  beforeAll(async () => {
    for (const folder of [prefix, work, path.join(dir, 'home')]) mkdirSync(folder, { recursive: true });
    const made = spawnSync(
      process.execPath,
      [path.join(ROOT, 'tools/package.mjs'), '--no-build', '--out', dir],
      { encoding: 'utf8' },
    );
    expect({ status: made.status, stderr: made.status === 0 ? '' : made.stderr }).toEqual({
      status: 0,
      stderr: '',
    });
    expect(made.stdout).toMatch(/parquetry-\d+\.\d+\.\d+\S*\.tgz: [\d.]+ MB packed/);
    const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz')) as string;
    const options = ['--ignore-scripts', '--no-audit', '--no-fund'];
    await done('npm', ['install', '-g', ...options, path.join(dir, tarball)]);
    // A minute alone. npm fetches from the registry what `npm ci` has not cached, so the limit allows for a slow network.
  }, 600_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('has the program, its licence, its sources as maps, and nothing else', () => {
    const names = files();
    // The bundle of Temporal's client is not ours: it has licences instead of sources.
    expect(read('dist/sdkbundle.licenses.txt')).toMatch(/@temporalio\/client \d+\.\d+\.\d+ \(MIT\)/);
    const scripts = names.filter((name) => /^dist\/.*\.js$/.test(name) && name !== 'dist/sdkbundle.js');
    expect(names.filter((name) => !name.startsWith('dist/')).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin/parquetry.js',
      'npm-shrinkwrap.json',
      'package.json',
    ]);
    expect(scripts).toContain('dist/workflow-bundle.js');
    for (const name of scripts) {
      const map =
        name === 'dist/workflow-bundle.js'
          ? inlineMap(read(name))
          : (JSON.parse(read(`${name}.map`)) as SourceMap);
      const own = map.sources.filter((source) => /^(apps|libs)\/\w+\/src\/.+\.ts$/.test(source));
      expect({ name, sources: own.length > 0 }).toEqual({ name, sources: true });
      own.forEach((source) => expect(map.sourcesContent[map.sources.indexOf(source)]).toBeTruthy());
    }
    expect(names.filter((name) => /\.test\.|testing/.test(name))).toEqual([]);
  });

  it('names no folder of the machine that built it', () => {
    const places = [`${ROOT}/`, `${homedir()}/`, path.join(tmpdir(), 'parquetry-')];
    for (const name of files()) {
      const text = name === 'dist/workflow-bundle.js' ? withMap(read(name)) : read(name);
      expect({ name, found: places.filter((place) => text.includes(place)) }).toEqual({
        name,
        found: [],
      });
    }
  });

  it('comes with its components and a statement of where it comes from', () => {
    const made = readdirSync(dir).filter((name) => /^parquetry-\d.*\.(tgz|json)$/.test(name));
    expect(made.map((name) => name.replace(/^parquetry-\d+\.\d+\.\d+/, '')).sort()).toEqual([
      '.provenance.json',
      '.sbom.json',
      '.tgz',
    ]);
    const json = (end: string): unknown =>
      JSON.parse(readFileSync(path.join(dir, made.find((name) => name.endsWith(end)) ?? ''), 'utf8'));
    const bom = json('.sbom.json') as {
      bomFormat: string;
      metadata: { component: { name: string; version: string } };
      components: { purl: string; version: string; hashes?: { alg: string; content: string }[] }[];
    };
    const { packages, ...own } = JSON.parse(read('npm-shrinkwrap.json')) as {
      name: string;
      version: string;
      packages: Record<string, { version: string; integrity?: string }>;
    };
    expect([bom.bomFormat, bom.metadata.component]).toMatchObject([
      'CycloneDX',
      { name: own.name, version: own.version },
    ]);
    const listed = new Set(bom.components.map(({ purl }) => decodeURIComponent(purl)));
    for (const [at, { version }] of Object.entries(packages).filter(([place]) => place !== ''))
      expect(listed).toContain(`pkg:npm/${at.slice(at.lastIndexOf('node_modules/') + 13)}@${version}`);
    expect(bom.components.filter(({ hashes }) => hashes?.[0]?.alg !== 'SHA-512')).toEqual([]);

    const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
    const statement = json('.provenance.json') as {
      subject: { name: string; digest: { sha256: string } }[];
      predicate: {
        buildDefinition: { resolvedDependencies: { name: string; digest: Record<string, string> }[] };
      };
    };
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: 'https://slsa.dev/provenance/v1',
    });
    expect(statement.subject.map(({ name }) => name).sort()).toEqual(
      made.filter((name) => !name.includes('provenance')).sort(),
    );
    for (const { name, digest } of statement.subject)
      expect(digest.sha256).toBe(sha256(path.join(dir, name)));
    const { resolvedDependencies } = statement.predicate.buildDefinition;
    expect(resolvedDependencies.find(({ name }) => name === 'package-lock.json')?.digest['sha256']).toBe(
      sha256(path.join(ROOT, 'package-lock.json')),
    );
    const { gitHead } = JSON.parse(read('package.json')) as { gitHead?: string };
    expect(resolvedDependencies.find(({ name }) => name === 'source')?.digest['gitCommit']).toBe(gitHead);
  });

  it('depends on exact versions, and on no package of the workspace', () => {
    const { dependencies, scripts } = JSON.parse(read('package.json')) as {
      dependencies: Record<string, string>;
      scripts?: unknown;
    };
    expect(
      Object.values(dependencies).filter((version) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)),
    ).toEqual([]);
    expect(Object.keys(dependencies).filter((name) => name.startsWith('@parquetry/'))).toEqual([]);
    expect(scripts).toBeUndefined();
  });

  it('works without the install scripts of its dependencies, of which two have one', () => {
    const modules = path.join(installed, 'node_modules');
    const manifests = readdirSync(modules, { recursive: true, encoding: 'utf8' })
      .filter((name) => /(^|node_modules\/)(@[^/]+\/)?[^/]+\/package\.json$/.test(name))
      .map(
        (name) =>
          JSON.parse(readFileSync(path.join(modules, name), 'utf8')) as {
            name: string;
            scripts?: Record<string, string>;
          },
      );
    expect(manifests.length).toBeGreaterThan(100);
    const scripts = manifests.filter(({ scripts: own = {} }) =>
      ['preinstall', 'install', 'postinstall'].some((script) => script in own),
    );
    expect([...new Set(scripts.map(({ name }) => name))].sort()).toEqual(['@swc/core', 'protobufjs']);
  });

  it('has the versions and hashes of the lock file for `npm ci` in the unpacked package', async () => {
    interface Lock {
      readonly packages: Record<string, { version?: string; integrity?: string }>;
    }
    const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
    const own = JSON.parse(read('npm-shrinkwrap.json')) as Lock;
    const entries = ({ packages }: Lock): string[] =>
      Object.entries(packages)
        .filter(([at]) => at.includes('node_modules/'))
        .map(([at, { version, integrity }]) => `${at.split('node_modules/').at(-1)}@${version} ${integrity}`);
    const locked = new Set(entries(lock));
    expect(entries(own).length).toBeGreaterThan(150);
    expect(entries(own).filter((entry) => !locked.has(entry))).toEqual([]);
    // npm checks that the file has everything that package.json and the dependencies need.
    const unpacked = path.join(dir, 'unpacked');
    mkdirSync(unpacked);
    for (const name of ['package.json', 'npm-shrinkwrap.json'])
      writeFileSync(path.join(unpacked, name), read(name));
    await done('npm', ['ci', '--prefix', unpacked, '--omit=dev', '--ignore-scripts', '--dry-run']);
  }, 60_000);

  it('prints its version, and loads almost nothing for it', async () => {
    const list = path.join(dir, 'modules.txt');
    const env = {
      NODE_OPTIONS: `--require ${path.join(ROOT, 'tests/support/modules.cjs')}`,
      PARQUETRY_TEST_MODULES: list,
    };
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(await done('parquetry', ['--version'], env)).toBe(`${version}\n`);
    const own = readFileSync(list, 'utf8')
      .split('\n')
      .filter((file) => file.startsWith(`${installed}/dist/`));
    expect(own.map((file) => path.basename(file)).sort()).toEqual(['core.js', 'main.js']);
  });

  it('runs the demo: sample lake, backfill, verify, query', async () => {
    const stdout = await done('parquetry', ['demo']);
    expect(stdout).toContain('4 of 4 partitions written');
    expect(stdout).toContain('No faults: every value was read back.');
    expect(stdout).toMatch(/ledgers +│ +4 │ +200 │/);
  }, 120_000);

  it('verifies and queries the archive of the demo', async () => {
    const verified = await done('parquetry', ['verify', '--archive', 'demo/archive', '--deep']);
    expect(verified).toContain('No faults: every value was read back.');
    const answer = await done('parquetry', [
      'query',
      '--archive',
      'demo/archive',
      'select count(*) as n, sum(fee_charged)::varchar as fees from transactions',
      '--json',
    ]);
    expect(JSON.parse(answer)).toMatchObject({ rows: [['1184', expect.stringMatching(/^\d+$/)]] });
  }, 60_000);

  it('draws the coverage of the archive of the demo, and writes its page', async () => {
    const map = await done('parquetry', ['coverage', '--archive', 'demo/archive']);
    expect(map).toMatch(/^transactions +█+ +100 %$/m);
    await done('parquetry', ['report', '--archive', 'demo/archive', '--out', 'report.html']);
    const page = readFileSync(path.join(work, 'report.html'), 'utf8');
    expect(page).toContain('"name":"contract_events"');
    expect(page.length).toBeLessThan(200_000);
    expect(read('dist/page.licenses.txt')).toMatch(
      /preact \d+\.\d+\.\d+ \(MIT\)[^]*uplot \d+\.\d+\.\d+ \(MIT\)/,
    );
  }, 60_000);

  it('sets up a folder: init, config check, doctor, backfill, verify, query', async () => {
    const file = ['--config', 'parquetry.yaml'];
    await done('parquetry', ['init', '--source', 'galexie:./demo/lake', '--archive', './mine', '--yes']);
    expect(await done('parquetry', ['config', 'check', ...file])).toContain('No faults in parquetry.yaml');
    const doctor = await done('parquetry', ['doctor', ...file, '--ledgers', '426000-426019']);
    expect(doctor).toMatch(/ok +archive .*conditional put, get, list and delete work/);
    expect(doctor).toMatch(/ok +source .*first ledger 426000, last ledger 426199/);
    await done('parquetry', ['backfill', ...file, '--ledgers', '426000-426019']);
    expect(await done('parquetry', ['verify', ...file, '--deep'])).toContain(
      'No faults: every value was read back.',
    );
    const answer = await done('parquetry', ['query', ...file, 'select count(*) as n from ledgers', '--json']);
    expect(JSON.parse(answer)).toMatchObject({ rows: [['20']] });
    expect(await done('parquetry', ['completion', 'bash'])).toContain('complete -F _parquetry parquetry');
    expect(await done('parquetry', ['help', 'exit-codes'])).toContain('TEMPORAL_UNREACHABLE');
  }, 120_000);

  itWithData(
    'backfills real ledgers and verifies them',
    async () => {
      const lake = path.join(TEST_DATA, 'lakes/pubnet-1x64000');
      const range = ['--ledgers', '63092982-63092983'];
      const backfill = ['backfill', '--source', `galexie:${lake}`, '--archive', 'real', ...range, '--json'];
      const run = JSON.parse(await done('parquetry', backfill)) as { tally: { rows: number } };
      expect(run.tally.rows).toBeGreaterThan(1000);
      expect(await done('parquetry', ['verify', '--archive', 'real', '--deep'])).toContain(
        'No faults: every value was read back.',
      );
    },
    120_000,
  );

  it('is a library: rows, batches, coverage and runs, for import and for require', async () => {
    await done('npm', ['link', '--no-audit', '--no-fund', 'parquetry']);
    for (const name of ['library.mjs', 'library.cts'])
      writeFileSync(path.join(work, name), readFileSync(path.join(__dirname, name), 'utf8'));
    expect(JSON.parse(await done('node', ['library.mjs']))).toEqual({
      exports: ['isParquetryError', 'openArchive', 'openRun', 'startRun'],
      network: 'Parquetry Sample Network ; July 2025',
      datasets: ['contract_data', 'contract_events', 'ledgers', 'transactions'],
      coverage: [{ start: 426_000, end: 426_199 }],
      gaps: [{ start: 426_200, end: 426_209 }],
      files: { rows: 1184, hashes: 4 },
      rows: { count: 1184, sequence: 'bigint', fee: 'bigint' },
      batches: { rows: 1184, same: true },
      one: { ledgers: [426_010], columns: ['ledger_sequence', 'transaction_hash'] },
      run: { rows: 20, partitions: 2, ledgers: { start: 426_000, end: 426_019 } },
      again: { phase: 'finished', rows: 20 },
      refused: ['ARCHIVE_INVALID', 'CONFIG_INVALID', 'USAGE'],
    });
  }, 120_000);

  it('exports nothing else', async () => {
    const internal = ['dist/main.js', 'dist/archive.js', 'dist/index.js', 'package.json', 'bin/parquetry.js'];
    const script = `for (const name of ${JSON.stringify(internal)})
      try { require('parquetry/' + name); console.log(name); } catch (error) { console.log(error.code); }`;
    expect((await done('node', ['-e', script])).trim().split('\n')).toEqual(
      internal.map(() => 'ERR_PACKAGE_PATH_NOT_EXPORTED'),
    );
  });

  it('has types that a strict compiler accepts', () => {
    const tsc = require.resolve('typescript/bin/tsc');
    const options = ['--noEmit', '--strict', '--module', 'node20', '--target', 'es2022', '--skipLibCheck'];
    const types = ['--types', 'node', '--typeRoots', path.join(ROOT, 'node_modules/@types')];
    const checked = spawnSync(process.execPath, [tsc, ...options, ...types, 'library.cts'], {
      cwd: work,
      encoding: 'utf8',
    });
    expect({ status: checked.status, stdout: checked.stdout }).toEqual({ status: 0, stdout: '' });
  }, 60_000);

  it('runs through npm exec as well', async () => {
    expect(await done('npm', ['exec', '--no', '--', 'parquetry', 'version'])).toMatch(/^parquetry +\d/);
  });
});

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent: readonly string[];
}

function inlineMap(script: string): SourceMap {
  return JSON.parse(mapText(script)) as SourceMap;
}

function withMap(script: string): string {
  return script + mapText(script);
}

function mapText(script: string): string {
  const base64 = /sourceMappingURL=data:application\/json;[^,]*base64,([\w+/=]+)\s*$/.exec(script)?.[1] ?? '';
  return Buffer.from(base64, 'base64').toString('utf8');
}
