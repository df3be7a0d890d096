import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Sandbox } from '../support/cli';
import { startPlainServer } from '../support/plainserver';

const ROOT = path.resolve(__dirname, '../..');
const HOOK = path.join(__dirname, '../support/modules.cjs');

/** The only packages that a command line needs before its command runs. */
const ALLOWED = ['commander', '@parquetry/cli', '@parquetry/core'];

describe('the modules that a command line loads before its command runs', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());

  /** Packages with their loaded modules. */
  async function loaded(
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<{ code: number | null; modules: string[] }> {
    const list = sandbox.path('modules.txt');
    const { code } = await sandbox.run(args, {
      ...env,
      NODE_OPTIONS: `--require ${HOOK}`,
      PARQUETRY_TEST_MODULES: list,
    });
    const files = readFileSync(list, 'utf8').split('\n');
    return { code, modules: files.filter((file) => file !== HOOK) };
  }

  function packageOf(file: string): string {
    const installed = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
    const own = /^(?:apps|libs)\/([^/]+)/.exec(path.relative(ROOT, file))?.[1];
    return installed ?? `@parquetry/${own}`;
  }

  /** The list of commands loads the definition of each. */
  const EACH_COMMAND =
    68 +
    readdirSync(path.join(ROOT, 'apps/cli/src/commands')).filter((file) => !file.includes('.test.')).length;

  it.each<[string, string[], number, number]>([
    ['the version', ['--version'], 0, 50],
    ['the help', ['--help'], 0, EACH_COMMAND],
    ['the help of a command', ['backfill', '--help'], 0, 60],
    ['all options of a command', ['tail', '--help-all'], 0, 60],
    ['the help of a group', ['schema', '--help'], 0, 70],
    ['a topic of the help', ['help', 'exit-codes'], 0, 70],
    ['the help of a command by name', ['help', 'tail'], 0, 64],
    ['the completions of a shell', ['completion', 'bash'], 0, EACH_COMMAND],
    ['no command', [], 2, EACH_COMMAND],
    ['an unknown command', ['backfil'], 2, EACH_COMMAND],
    ['an unknown option', ['query', 'select 1', '--colour'], 2, 60],
    ['a value out of range', ['backfill', '--partition-size', '0'], 2, 60],
    ['a missing option', ['verify'], 2, 60],
  ])('%s: no heavy package, few modules', async (_name, args, exit, most) => {
    const { code, modules } = await loaded(args);
    expect(code).toBe(exit);
    expect([...new Set(modules.map(packageOf))].filter((name) => !ALLOWED.includes(name))).toEqual([]);
    expect(modules.length).toBeLessThanOrEqual(most);
  });

  it("a command on a running server loads Temporal's client from one file", async () => {
    const server = await startPlainServer();
    if (server === undefined) throw new Error('no Temporal binary: run `npm test`, which installs one');
    try {
      const { code, modules } = await loaded(['status', 'nothing'], server.env);
      expect(code).toBe(2);
      const packages = [...new Set(modules.map(packageOf))];
      expect(packages).toContain('@parquetry/temporal');
      expect(packages.filter((name) => /^@temporalio|^@grpc|protobufjs/.test(name))).toEqual([]);
      expect(modules.filter((file) => file.endsWith('/sdkbundle.js'))).toHaveLength(1);
      // The worker reads the source; a command that loads what it needs for that takes twice as long as a short run.
      const args = ['--source', 'galexie:lake', '--archive', 'archive', '--ledgers', '10-19', '--detach'];
      const started = await loaded(['backfill', ...args], server.env);
      expect(started.code).toBe(0);
      expect(started.modules.map(packageOf)).not.toContain('@parquetry/worker');
    } finally {
      await server.stop();
    }
  }, 60_000);

  it.each<[string, string, number, string[]]>([
    ['messages', 'ndjson:messages.ndjson', 280, ['@parquetry/stellar', '@mongodb-js/zstd']],
    ['ledgers', 'galexie:lake', 440, ['@mongodb-js/zstd']],
  ])('a pull thread for %s loads only what its source needs', (_name, uri, most, unused) => {
    writeFileSync(sandbox.path('messages.ndjson'), '');
    mkdirSync(sandbox.path('lake'), { recursive: true });
    const spec = { source: { uri: uri.replace(':', `:${sandbox.dir}/`) }, settings: {} };
    const code = `require('./pull/thread.js');
      require('./sources.js').openSource(${JSON.stringify(spec)}, new Map());`;
    const list = sandbox.path('thread.txt');
    const dist = path.join(ROOT, 'apps/worker/dist');
    const env = { ...process.env, PARQUETRY_TEST_MODULES: list };
    execFileSync(process.execPath, ['--require', HOOK, '-e', code], { cwd: dist, env });
    const modules = readFileSync(list, 'utf8').split('\n');
    const packages = new Set(modules.map(packageOf));
    expect(packages).toContain('@parquetry/source');
    for (const name of [
      'apache-arrow',
      '@stellar/stellar-base',
      '@stellar/js-xdr',
      '@duckdb/node-api',
      ...unused,
    ])
      expect([name, packages.has(name)]).toEqual([name, false]);
    expect(modules.length).toBeLessThanOrEqual(most);
  });

  it('`version` prints the versions that matter for a bug report', async () => {
    const { code, document } = await sandbox.json<Record<string, string>>(['version']);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      parquetry: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      node: process.version,
      duckdb: expect.stringMatching(/^v\d+\.\d+/) as string,
      temporal: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
    });
  });

  it('a settings file loads the YAML reader and nothing else', async () => {
    writeFileSync(sandbox.path('p.yaml'), 'partition_size: 0\n');
    const { code, modules } = await loaded(['backfill', '--config', 'p.yaml']);
    expect(code).toBe(2);
    expect([...new Set(modules.map(packageOf))].sort()).toEqual([...ALLOWED, 'yaml'].sort());
  });
});
