import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { writeSampleLake } from '@parquetry/sample';
import { Sandbox } from '../support/cli';

describe('bad usage', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => {
    await writeSampleLake({ dir: sandbox.path('lake'), ledgers: 2 });
    writeFileSync(sandbox.path('file'), 'not a folder');
    writeFileSync(
      sandbox.path('messages.ndjson'),
      '{"message_type":"x","ledger_sequence":5,"closed_at":"2025-07-13T09:36:17Z"}\n',
    );
    writeFileSync(sandbox.path('bad.yaml'), 'archve: ./a\n');
    mkdirSync(sandbox.path('empty'));
  });
  afterAll(() => sandbox.dispose());

  const good = { '--source': 'galexie:lake', '--archive': 'archive', '--ledgers': '10-11' };
  const args = (change: Record<string, string | undefined>, ...more: string[]): string[] => [
    'backfill',
    ...Object.entries({ ...good, ...change }).flatMap(([name, value]) =>
      value === undefined ? [] : [name, value],
    ),
    ...more,
  ];

  it.each<[string, string[], string, RegExp]>([
    ['an unknown flag', args({}, '--colour', 'blue'), 'USAGE', /unknown option '--colour'/],
    ['a misspelt flag', args({}, '--concurency', '3'), 'USAGE', /--concurrency/],
    [
      'an inverted range',
      args({ '--ledgers': '11-10' }),
      'RANGE_INVALID',
      /ends \(10\) before it starts \(11\)/,
    ],
    ['a range of words', args({ '--ledgers': 'all' }), 'RANGE_INVALID', /"all" is not a ledger range/],
    ['an archive that is a file', args({ '--archive': 'file' }), 'ARCHIVE_INVALID', /file/],
    ['an unknown message type', args({}, '--types', 'ledgers,tokens'), 'MESSAGE_TYPE_UNKNOWN', /tokens/],
    [
      'a message type that could leave the archive',
      args({}, '--types', '../x'),
      'MESSAGE_TYPE_INVALID',
      /can't be a message type/,
    ],
    ['no source', args({ '--source': undefined }), 'USAGE', /--source/],
    ['an unknown source', args({ '--source': 'kafka:topic' }), 'SOURCE_INVALID', /kafka/],
    ['a missing lake', args({ '--source': 'galexie:nowhere' }), 'SOURCE_NOT_FOUND', /nowhere/],
    ['missing files', args({ '--source': 'ndjson:none-*.ndjson' }), 'SOURCE_NOT_FOUND', /none-/],
    ['an unknown codec', args({}, '--compression', 'lzma'), 'USAGE', /none, snappy, gzip, zstd/],
    ['a level for snappy', args({}, '--compression-level', '5'), 'CODEC_UNSUPPORTED', /level/],
    ['a partition of no ledgers', args({}, '--partition-size', '0'), 'USAGE', /partition-size/],
    [
      'credentials in a location',
      args({ '--archive': 's3://key:secret@bucket/x' }),
      'CONFIG_INVALID',
      /user or password/,
    ],
    [
      'a key in the address of a node',
      args({ '--source': 'rpc:http://localhost/?key=abc' }),
      'SOURCE_INVALID',
      /PARQUETRY_HTTP_HEADERS/,
    ],
    ['an unknown command', ['reprot'], 'USAGE', /unknown command 'reprot'/],
    ['detaching without a server', args({}, '--detach'), 'USAGE', /parquetry dev/],
    ['an unknown command', ['backfil'], 'USAGE', /backfill/],
    ['no command', [], 'USAGE', /command/],
    [
      'an unknown key in the configuration',
      args({ '--archive': undefined }, '--config', 'bad.yaml'),
      'CONFIG_INVALID',
      /archive/,
    ],
    ['a missing archive', ['verify', '--archive', 'empty'], 'ARCHIVE_INVALID', /no archive/],
  ])('%s: exit 2, one clear sentence, nothing written', async (_name, command, code, message) => {
    const before = readdirSync(sandbox.dir).sort();
    const { code: exit, stderr, stdout } = await sandbox.run(command);
    expect({ exit, error: stderr.split(':')[0], stdout }).toEqual({
      exit: 2,
      error: `error ${code}`,
      stdout: '',
    });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(readdirSync(sandbox.dir).sort()).toEqual(before);
    expect(existsSync(sandbox.path('archive'))).toBe(false);
  });

  it('prints one JSON document with --json', async () => {
    const { code, document } = await sandbox.json<{ error: { code: string } }>(
      args({ '--ledgers': '11-10' }),
    );
    expect(code).toBe(2);
    expect(document.error.code).toBe('RANGE_INVALID');
  });

  it('completes when the reader of its output closes the pipe, as in `parquetry … | head`', async () => {
    const { child, ended } = sandbox.start(['backfill', '--help']);
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('exits 3 when the configured Temporal server does not answer', async () => {
    const { code, document } = await sandbox.json<{ error: { code: string; message: string } }>(args({}), {
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    });
    expect(code).toBe(3);
    expect(document.error.code).toBe('TEMPORAL_UNREACHABLE');
    expect(document.error.message).toContain('127.0.0.1:1');
  }, 60_000);
});
