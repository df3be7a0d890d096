import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CODECS } from '@parquetry/core';
import { SettingsCommand } from './command';
import { PROFILES, SETTINGS, environmentName } from './settings';

const dir = mkdtempSync(path.join(os.tmpdir(), 'parquetry-config-'));
const saved = { ...process.env };
afterEach(() => {
  process.env = { ...saved };
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let files = 0;
function yaml(text: string): string {
  const file = path.join(dir, `${files++}.yaml`);
  writeFileSync(file, text);
  return file;
}

/** The options of a command with every setting, after it parsed a line. */
function parse(args: readonly string[]): { options: Record<string, unknown>; notes: readonly string[] } {
  const command = new SettingsCommand('all').exitOverride().configureOutput({ writeErr: () => undefined });
  command
    .option('--config <file>', 'file')
    .settings(
      SETTINGS.map(({ name }) => name),
      { required: ['archive'] },
    )
    .action(() => undefined);
  command.parse([...args], { from: 'user' });
  return { options: command.opts(), notes: command.notes };
}

const refused = (text: string, ...args: string[]): (() => unknown) => {
  const file = yaml(text);
  return () => parse(['--archive', 'a', '--config', file, ...args]);
};

describe('the origin of a setting', () => {
  it('is the command line, else the environment, the file, the profile, the default', () => {
    const file = yaml('compression: zstd\nbuffer_size: 7\nprofile: prod\narchive: from-file\n');
    const sources = (args: readonly string[]): unknown[] => {
      const { options } = parse(args);
      return [options['bufferSize'], options['compression'], options['archive']];
    };
    expect(sources(['--archive', 'a'])).toEqual([undefined, 'snappy', 'a']);
    expect(sources(['--archive', 'a', '--profile', 'test'])).toEqual([100, 'snappy', 'a']);
    expect(sources(['--config', file])).toEqual([7, 'zstd', 'from-file']);
    process.env['PARQUETRY_BUFFER_SIZE'] = '8';
    process.env['PARQUETRY_COMPRESSION'] = 'gzip';
    expect(sources(['--config', file])).toEqual([8, 'gzip', 'from-file']);
    expect(sources(['--buffer-size', '9', '--config', file, '--compression', 'lz4'])).toEqual([
      9,
      'lz4',
      'from-file',
    ]);
  });

  it('can be the environment alone, also for required options and for the path of the file', () => {
    process.env['PARQUETRY_ARCHIVE'] = 'from-environment';
    expect(parse([]).options['archive']).toBe('from-environment');
    process.env['PARQUETRY_CONFIG'] = yaml('layout: hour\n');
    expect(parse([]).options['layout']).toBe('hour');
  });

  it('is a single one for lists: the command line does not add to the file', () => {
    const file = yaml('close_time: [payment=a, trade=b.c]\n');
    expect(parse(['--archive', 'a', '--config', file]).options['closeTime']).toEqual([
      'payment=a',
      'trade=b.c',
    ]);
    expect(
      parse(['--archive', 'a', '--config', file, '--close-time', 'x=y', '--close-time', 'z=w']).options[
        'closeTime'
      ],
    ).toEqual(['x=y', 'z=w']);
  });

  it('can set switches anywhere, also off', () => {
    const file = yaml('debug: true\n');
    expect(parse(['--archive', 'a', '--config', file]).options['debug']).toBe(true);
    expect(parse(['--archive', 'a', '--config', file, '--no-debug']).options['debug']).toBe(false);
    process.env['PARQUETRY_DEBUG'] = 'false';
    expect(parse(['--archive', 'a', '--config', file]).options['debug']).toBe(false);
    expect(parse(['--archive', 'a', '--profile', 'dev']).options).toMatchObject({
      bufferSize: 1,
      debug: false,
    });
  });

  it('has a working environment variable and file key for every setting', () => {
    const sample = (takes: string, isSwitch: boolean): string =>
      isSwitch
        ? 'true'
        : /^(\d|a number)/.test(takes)
          ? '2'
          : /^a (size|time): /.test(takes)
            ? takes.replace(/^a \w+: (\w+),.*$/, '$1')
            : takes.includes('type=path')
              ? 'a=b'
              : takes === 'host:port'
                ? '127.0.0.1:9464'
                : (takes.split(', ')[0] ?? 'x');
    for (const { name, takes, value } of SETTINGS) {
      const text = sample(takes, value === undefined);
      const attribute = name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
      const byFile = parse(['--archive', 'a', '--config', yaml(`${name}: ${text}\n`)]).options[attribute];
      process.env[environmentName(name)] = text;
      const byEnvironment = parse(name === 'archive' ? [] : ['--archive', 'a']).options[attribute];
      process.env = { ...saved };
      if (name === 'archive') continue;
      expect({ name, byFile, byEnvironment }).toEqual({ name, byFile: byEnvironment, byEnvironment: byFile });
      expect({ name, byFile }).not.toEqual({ name, byFile: undefined });
    }
  });

  it('can be the profiles of the specification', () => {
    expect(PROFILES).toEqual({
      dev: { 'buffer-size': 1, debug: true },
      test: { 'buffer-size': 100, debug: true },
      prod: { 'buffer-size': 10_000 },
    });
  });
});

describe('a command that writes, without a dry run', () => {
  const run = (when: string | undefined, ...args: readonly string[]): (() => unknown) => {
    const program = new SettingsCommand('parquetry').exitOverride();
    const group = program.command('schedule').exitOverride() as SettingsCommand;
    const command = group.command('create').exitOverride() as SettingsCommand;
    let ran = 0;
    command
      .option('--config <file>', 'file')
      .option('--yes', 'do it')
      .writes(when)
      .action(() => void (ran += 1));
    return () => {
      program.parse(['schedule', 'create', ...args], { from: 'user' });
      return ran;
    };
  };
  const refusal = (by: string): jest.Constructable =>
    expect.objectContaining({
      code: 'USAGE',
      message: expect.stringContaining(by) as string,
      hint: expect.stringContaining('--no-dry-run') as string,
    }) as jest.Constructable;

  it('refuses one from the command line, the environment or the file, and names the origin', () => {
    expect(run(undefined)()).toBe(1);
    expect(run(undefined, '--dry-run')).toThrow(refusal('`parquetry schedule create` writes'));
    const file = yaml('dry_run: true\n');
    expect(run(undefined, '--config', file)).toThrow(refusal('dry_run in the configuration requests'));
    process.env['PARQUETRY_DRY_RUN'] = 'true';
    expect(run(undefined)).toThrow(refusal('PARQUETRY_DRY_RUN requests'));
    expect(run(undefined, '--no-dry-run')()).toBe(1);
    process.env['PARQUETRY_DRY_RUN'] = 'false';
    expect(run(undefined, '--config', file)()).toBe(1);
  });

  it('runs if it writes nothing, and refuses with the option that makes it write', () => {
    process.env['PARQUETRY_DRY_RUN'] = 'true';
    expect(run('yes')()).toBe(1);
    expect(run('yes', '--yes')).toThrow(refusal('`parquetry schedule create --yes` writes'));
  });
});

describe('an option with the name of a setting and another meaning', () => {
  it('does not take the value of the setting', () => {
    const command = new SettingsCommand('promote').exitOverride();
    command
      .option('--config <file>', 'file')
      .option('--from <ledger>', 'ledger')
      .action(() => undefined);
    process.env['PARQUETRY_FROM'] = '7';
    command.parse(['--config', yaml('from: 5\n')], { from: 'user' });
    expect(command.opts()['from']).toBeUndefined();
  });
});

describe('one file for a backfill, its tail and its schedule', () => {
  const FILE = `source: galexie:lake
archive: archive
max_age: 10m
max_rows: 5000
max_bytes: 64MB
lag: 3
poll: 5s
until: 500
from: 400
every: 6h
max_ledgers: 1000
overlap: BUFFER_ONE
catch_up: 2h
paused: true
target_size: 256MB
schema: latest
`;

  it('has a key for every setting of a run, and every command accepts it', () => {
    const command = new SettingsCommand('backfill').exitOverride();
    command
      .option('--config <file>', 'file')
      .settings(['archive', 'schema'], { required: ['archive'] })
      .action(() => undefined);
    command.parse(['--config', yaml(FILE)], { from: 'user' });
    expect(command.opts()).toMatchObject({ archive: 'archive', schema: 'latest' });
    expect(parse(['--config', yaml(FILE)]).options).toMatchObject({
      maxAge: 600,
      maxRows: 5000,
      maxBytes: 64e6,
      lag: 3,
      poll: 5,
      until: 500,
      from: 400,
      every: 21_600,
      maxLedgers: 1000,
      overlap: 'BUFFER_ONE',
      catchUp: 7200,
      paused: true,
      targetSize: 256e6,
      schema: 'latest',
    });
    expect(refused('from: nowhere')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(refused('overlap: WAIT')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

describe('errors in a file or the environment', () => {
  it.each<[string, string, RegExp]>([
    ['an unknown key', 'compresion: zstd', /unknown key "compresion"/],
    ['a key twice', 'buffer_size: 1\nbuffer-size: 2', /both "buffer_size" and "buffer-size"/],
    ['text where a switch is', 'debug: yes please', /debug: expected true or false/],
    ['an unknown codec', 'compression: lzma', new RegExp(CODECS.join(', '))],
    ['a list of no YAML', 'a: [', /can't be read/],
    ['a file that is a list', '- a', /not a list of keys and values/],
    ['a map where a number is', 'buffer_size: {a: 1}', /expected text or a number/],
    ...['0', '-5', '1.5', '1e99', '"many"', 'null'].map((value): [string, string, RegExp] => [
      `a buffer of ${value}`,
      `buffer_size: ${value}`,
      /buffer_size/,
    ]),
  ])('%s is CONFIG_INVALID', (_name, text, message) => {
    expect(refused(text)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) as string }),
    );
  });

  it('propose a similar key, ours or the reference program’s', () => {
    expect(refused('compresion: zstd')).toThrow(
      expect.objectContaining({ hint: 'Did you mean compression?' }),
    );
    expect(refused('storge_type: FS')).toThrow(
      expect.objectContaining({ hint: 'Did you mean storage_type?' }),
    );
  });

  it('name the variable', () => {
    process.env['PARQUETRY_THREADS'] = '0';
    expect(() => parse(['--archive', 'a'])).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('PARQUETRY_THREADS') as string,
      }),
    );
  });
});

describe("the reference program's own file", () => {
  const keys = `storage_type: GCS
bucket_name: lake-bucket
path_prefix: raw/contract_data
region: us-east-2
compression: zstd
buffer_size: 10000
max_file_size_mb: 256
rotation_interval_minutes: 30
partition_by: ledger_range
ledgers_per_file: 100
include_metadata: true
schema_evolution: true
debug: true
dry_run: true
`;
  const wanted = {
    archive: 'gs://lake-bucket',
    prefix: 'raw/contract_data',
    region: 'us-east-2',
    compression: 'zstd',
    bufferSize: 10_000,
    maxFileSizeMb: 256,
    rotationIntervalMinutes: 30,
    layout: 'ledger_range',
    ledgersPerFolder: 100,
    includeMetadata: true,
    contractColumns: 'evolve',
    contractTypes: 'reject_row',
    debug: true,
    dryRun: true,
  };
  const indented = keys.replaceAll(/^/gm, '          ').trimEnd();

  it.each<[string, string]>([
    ['flat', keys],
    ['as a consumer', `consumers:\n    - type: SaveToParquet\n      config:\n${indented}\n`],
    [
      'in a pipeline',
      `pipelines:\n  P:\n    source: {type: X}\n    consumers:\n      - {type: SaveToZeroMQ}\n      - type: SaveToParquet\n        config:\n${indented}\n`,
    ],
  ])('is read unchanged, %s, with whole numbers', (_form, text) => {
    expect(parse(['--config', yaml(text)]).options).toMatchObject(wanted);
  });

  it('reports keys without effect', () => {
    const { notes } = parse([
      '--config',
      yaml(
        `pipelines:\n  P:\n    processors: []\n    consumers:\n      - type: SaveToParquet\n        config: {storage_type: FS, local_path: x, schema_evolution: false}\n`,
      ),
    ]);
    expect(notes.join('\n')).toMatch(/processors of the pipeline/);
  });

  it('freezes the schema without schema_evolution, and omits metadata without include_metadata', () => {
    const file = yaml('schema_evolution: false\ninclude_metadata: false\n');
    const frozen = { contractColumns: 'freeze', contractTypes: 'freeze', includeMetadata: false };
    const { options, notes } = parse(['--archive', 'a', '--config', file]);
    expect(options).toMatchObject(frozen);
    expect(notes).toEqual([]);
    const line = ['--contract-types', 'reject_row', '--include-metadata'];
    expect(parse(['--archive', 'a', '--config', file, ...line]).options).toMatchObject({
      contractColumns: 'freeze',
      contractTypes: 'reject_row',
      includeMetadata: true,
    });
  });

  it.each<[string, string, RegExp]>([
    ['a storage that it has not', 'storage_type: fs\nlocal_path: x', /FS, GCS or S3/],
    ['FS without a folder', 'storage_type: FS', /needs local_path/],
    ['S3 without a bucket', 'storage_type: S3\nlocal_path: x', /needs bucket_name/],
    ['a folder without a storage', 'local_path: x', /needs storage_type/],
    ['ledgers_per_file of 0.5', 'ledgers_per_file: 0.5', /ledgers_per_file/],
    ['a rotation of no time', 'rotation_interval_minutes: 0', /rotation_interval_minutes/],
    ['a buffer below zero', 'buffer_size: -1', /buffer_size/],
    ['a partition by date', 'partition_by: date', /ledger_day, ledger_range, hour/],
    ['text for include_metadata', 'include_metadata: "no"', /include_metadata/],
    ['text for schema_evolution', 'schema_evolution: maybe', /schema_evolution/],
    ['evolution under both names', 'schema_evolution: false\ncontract_columns: evolve', /same setting/],
    ['a setting under both names', 'layout: hour\npartition_by: hour', /same setting/],
    ['two Parquet consumers', 'consumers: [{type: SaveToParquet}, {type: SaveToParquet}]', /2 consumers/],
    ['no Parquet consumer', 'consumers: [{type: Other}]', /0 consumers/],
  ])('refuses %s', (_name, text, message) => {
    expect(refused(text)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) as string }),
    );
  });
});
