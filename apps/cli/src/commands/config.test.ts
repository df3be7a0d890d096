import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { runInProcess } from '../testing/run';

const saved = { env: { ...process.env }, cwd: process.cwd() };
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parquetry-settings-'));
  process.chdir(folder);
  for (const name of Object.keys(process.env))
    if (/^(TEMPORAL|PARQUETRY|AWS)_/.test(name)) delete process.env[name];
  process.env['TEMPORAL_CONFIG_FILE'] = path.join(folder, 'temporal.toml');
  writeFileSync(path.join(folder, 'temporal.toml'), '');
});
afterEach(() => {
  process.chdir(saved.cwd);
  process.env = { ...saved.env };
  rmSync(folder, { recursive: true });
});

interface Shown {
  readonly settings: { setting: string; value?: string; from: string; where?: string }[];
  readonly variables: { name: string; value: string }[];
  readonly temporal: { configured: boolean; address?: string; namespace: string };
}

describe('parquetry config show', () => {
  const show = async (...args: string[]): Promise<Shown> =>
    JSON.parse((await runInProcess('config', 'show', ...args, '--json')).stdout) as Shown;

  it('names the origin of every value: flag, environment, file with line, profile, default', async () => {
    writeFileSync('p.yaml', '# a comment\nlayout: hour\n\nmemory: 2GiB\nprofile: prod\nmax_age: 10m\n');
    process.env['PARQUETRY_COMPRESSION'] = 'zstd';
    process.env['PARQUETRY_LAYOUT'] = 'ledger_day';
    const { settings } = await show('--config', 'p.yaml', '--max-age', '5m', '--no-debug');
    const found = Object.fromEntries(settings.map(({ setting, ...rest }) => [setting, rest]));
    expect(found).toMatchObject({
      layout: { value: 'ledger_day', from: 'environment', where: 'PARQUETRY_LAYOUT' },
      compression: { value: 'zstd', from: 'environment', where: 'PARQUETRY_COMPRESSION' },
      memory: { value: '2GiB', from: 'file', where: 'p.yaml:4' },
      'max-age': { value: '5m', from: 'flag', where: '--max-age' },
      debug: { value: 'false', from: 'flag', where: '--no-debug' },
      'buffer-size': { value: '10000', from: 'profile', where: 'prod' },
      concurrency: { value: '4', from: 'default' },
      source: { from: 'unset' },
    });
    expect(found['source']).not.toHaveProperty('value');
  });

  it('shows no secret, neither of variables nor in addresses', async () => {
    process.env['TEMPORAL_API_KEY'] = 'key-secret';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'aws-secret';
    process.env['PARQUETRY_HTTP_HEADERS'] = '{"https://h": {"Authorization": "Bearer header-secret"}}';
    process.env['TEMPORAL_UI_URL'] = 'https://user:ui-secret@ui.example.com/path?token=query-secret';
    const ran = await runInProcess(
      'config',
      'show',
      '--source',
      'rpc:https://me:pw-secret@host/x?key=q-secret',
    );
    expect(ran.stdout + ran.stderr).not.toContain('secret');
    expect(ran.stdout).toContain('rpc:https://***@host/x?***');
    expect(ran.stdout).toMatch(/TEMPORAL_API_KEY +│ \*\*\*/);
    expect(ran.stdout).toContain('https://***@ui.example.com/path?***');
  });

  it('resolves the Temporal server: flag and file before the profile of the temporal CLI', async () => {
    writeFileSync('temporal.toml', '[profile.default]\naddress = "profile:1"\nnamespace = "from-profile"\n');
    expect((await show()).temporal).toEqual({
      configured: true,
      address: 'profile:1',
      namespace: 'from-profile',
    });
    writeFileSync('p.yaml', 'temporal_address: file.example:2\n');
    expect((await show('--config', 'p.yaml')).temporal).toMatchObject({
      address: 'file.example:2',
      namespace: 'from-profile',
    });
    process.env['TEMPORAL_ADDRESS'] = 'variable:3';
    expect((await show('--config', 'p.yaml')).temporal).toMatchObject({ address: 'variable:3' });
    expect((await show('--temporal-address', 'flag:4')).temporal).toMatchObject({ address: 'flag:4' });
  });
});

describe('parquetry config check', () => {
  it('reports all faults with code, file and line, also of values that contradict each other', async () => {
    writeFileSync(
      'p.yaml',
      'source: ftp:x\narchive: ./a\ncompresion: x\nbuffer_size: 0\n\nledgers: 9-3\ncompression_level: 4\nlayout: hours\n',
    );
    process.env['PARQUETRY_THREADS'] = '0';
    const { code, stdout } = await runInProcess('config', 'check', '--config', 'p.yaml', '--json');
    const { faults } = JSON.parse(stdout) as {
      faults: { code: string; message: string; details: { file?: string; line?: number } }[];
    };
    expect(code).toBe(2);
    expect(
      faults.map(({ code: fault, details: { file, line } }) => `${fault} ${file}:${line}`).sort(),
    ).toEqual(
      [
        'CONFIG_INVALID p.yaml:3',
        'CONFIG_INVALID p.yaml:4',
        'CONFIG_INVALID p.yaml:8',
        'CONFIG_INVALID undefined:undefined',
        'CODEC_UNSUPPORTED p.yaml:7',
        'RANGE_INVALID p.yaml:6',
        'SOURCE_INVALID p.yaml:1',
      ].sort(),
    );
    expect(faults.find(({ details }) => details.line === undefined)?.message).toContain('PARQUETRY_THREADS');
  });

  it('finds the line in the consumer of a pipeline', async () => {
    writeFileSync(
      'p.yaml',
      'pipelines:\n  P:\n    source: {type: X}\n    consumers:\n      - type: SaveToParquet\n        config:\n          storage_type: FS\n          local_path: a\n          partition_by: week\n',
    );
    const { code, stdout } = await runInProcess('config', 'check', '--config', 'p.yaml');
    expect([code, stdout]).toEqual([
      2,
      expect.stringMatching(/p\.yaml:9: partition_by: "week" is not valid/),
    ]);
  });

  it('accepts a valid file, reports one that is not YAML with its line, and a missing one', async () => {
    writeFileSync(
      'good.yaml',
      'source: galexie:./lake\narchive: ./a\nledgers: 1-5\ncompression: zstd\ncompression_level: 9\n',
    );
    expect(await runInProcess('config', 'check', '--config', 'good.yaml')).toMatchObject({
      code: 0,
      stdout: 'No faults in good.yaml: 5 settings.\n',
    });
    writeFileSync('broken.yaml', 'layout: hour\narchive: [a\n');
    const broken = await runInProcess('config', 'check', '--config', 'broken.yaml');
    expect([broken.code, broken.stderr]).toEqual([
      2,
      expect.stringMatching(/broken\.yaml:\d+ can't be read/),
    ]);
    expect((await runInProcess('config', 'check', '--config', 'none.yaml')).code).toBe(2);
  });
});

describe('parquetry init', () => {
  const init = (...args: string[]): ReturnType<typeof runInProcess> => runInProcess('init', ...args);

  it('writes a file that the other commands accept, with its schema, and does not overwrite it', async () => {
    const args = [
      '--source',
      'galexie:./lake',
      '--layout',
      'hour',
      '--temporal-address',
      'temporal:7233',
      '--yes',
    ];
    expect((await init(...args)).code).toBe(0);
    const text = readFileSync('parquetry.yaml', 'utf8');
    expect(parse(text)).toEqual({
      source: 'galexie:./lake',
      archive: './archive',
      layout: 'hour',
      temporal_address: 'temporal:7233',
    });
    const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
    expect(JSON.parse(readFileSync(schema, 'utf8'))).toMatchObject({ title: 'Parquetry configuration' });
    expect((await runInProcess('config', 'check', '--config', 'parquetry.yaml')).code).toBe(0);

    const again = await init('--source', 'galexie:./other', '--yes');
    expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/parquetry\.yaml exists/)]);
    expect(readFileSync('parquetry.yaml', 'utf8')).toBe(text);
    expect((await init('--source', 'galexie:./other', '--yes', '--force')).code).toBe(0);
    expect(parse(readFileSync('parquetry.yaml', 'utf8'))).toMatchObject({ source: 'galexie:./other' });
  });

  it('does not overwrite a schema of another version', async () => {
    writeFileSync('parquetry.schema.json', '{}');
    expect((await init('--source', 'galexie:./lake', '--yes')).code).toBe(2);
    expect([readFileSync('parquetry.schema.json', 'utf8'), existsSync('parquetry.yaml')]).toEqual([
      '{}',
      false,
    ]);
  });

  it('writes nothing for a wrong answer, without a source, and without a terminal', async () => {
    const isTTY = process.stdin.isTTY;
    process.stdin.isTTY = false;
    try {
      const codes = async (...args: string[]): Promise<unknown> =>
        (JSON.parse((await init(...args, '--json')).stdout) as { error: { code: string } }).error.code;
      expect(await codes('--source', 'ftp:x', '--yes')).toBe('SOURCE_INVALID');
      expect(await codes('--source', 's3://bucket/x', '--yes')).toBe('SOURCE_INVALID');
      expect(await codes('--yes')).toBe('USAGE');
      expect(await codes()).toBe('USAGE');
      expect([existsSync('parquetry.yaml'), existsSync('parquetry.schema.json')]).toEqual([false, false]);
    } finally {
      process.stdin.isTTY = isTTY;
    }
  });
});
