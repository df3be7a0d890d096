import fs, { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isParquetryError } from '@parquetry/core';
import type { ScheduleActivities, SharedActivities } from '@parquetry/workflows';
import type {
  CompactActivities,
  LeaseActivities,
  MaintainActivities,
  StageActivities,
  TailActivities,
} from '@parquetry/workflows';
import { assertLocations } from './allowinterceptor';
import { assertArchive, assertSource, assertSourceFile, checkAllowList } from './allowlist';

const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'parquetry-allow-')));
const at = (...parts: string[]): string => path.join(dir, ...parts);
mkdirSync(at('in', 'deep'), { recursive: true });
mkdirSync(at('out'));
mkdirSync(at('inside'));
writeFileSync(at('in', 'a.ndjson'), '');
writeFileSync(at('out', 'secret'), '');
symlinkSync(at('out'), at('in', 'link'));
symlinkSync(at('out', 'secret'), at('in', 'file.ndjson'));
symlinkSync(at('out', 'later'), at('in', 'dangling'));
symlinkSync(at('in'), at('alias'));
afterAll(() => rmSync(dir, { recursive: true }));

/** The code of the error that `run` throws, or "taken". */
function outcome(run: () => void): string {
  try {
    run();
    return 'taken';
  } catch (error) {
    if (isParquetryError(error)) return error.code;
    throw error;
  }
}

const sources = [
  `ndjson:${at('in')}`,
  'ndjson:s3://messages/in',
  `galexie:${at('in')}`,
  'galexie:s3://lake/pubnet/',
  'rpc:https://rpc.example',
  'https://p.example/v1/trades',
  'processor:trades',
];

describe('sources', () => {
  it.each([
    `ndjson:${at('in', 'a.ndjson')}`,
    `ndjson:${at('in')}/*.ndjson, ${at('in')}/deep/**/b?.ndjson`,
    `ndjson:${at('alias', 'a.ndjson')}`,
    `ndjson:${at('in', 'not-there-yet.ndjson')}`,
    'ndjson:s3://messages/in/a.ndjson,s3://messages/in/2025/*.gz',
    `galexie:${at('in')}`,
    'galexie:s3://lake/pubnet',
    'galexie:s3://lake//pubnet/a/',
    'galexie:s3://lake/pubnet,rpc:https://rpc.example:443/soroban',
    'rpc:https://RPC.example/',
    'https://p.example/v1/trades/more',
    'processor:trades',
  ])('takes %s', (uri) => {
    expect(outcome(() => assertSource({ sources }, uri))).toBe('taken');
  });

  it.each([
    ['another folder', `ndjson:${at('out', 'secret')}`],
    ['a folder whose name begins alike', `ndjson:${at('inside', 'x')}`],
    ['one of several files', `ndjson:${at('in', 'a.ndjson')},${at('out', 'secret')}`],
    ['..', `ndjson:${at('in')}/../out/secret`],
    ['.. after a link', `ndjson:${at('in')}/link/../x`],
    ['.. in a glob', `ndjson:${at('in')}/*/../../out/secret`],
    ['a quoted .. in a glob', `ndjson:${at('in')}/\\../out/secret`],
    ['a glob above the folder', `ndjson:${dir}/*/secret`],
    ['a glob with braces', `ndjson:${dir}/{in}/../out/secret`],
    ['a link', `ndjson:${at('in', 'link', 'secret')}`],
    ['a link to a file', `ndjson:${at('in', 'file.ndjson')}`],
    ['a link without a target', `ndjson:${at('in', 'dangling')}`],
    ['a relative path', 'ndjson:secret'],
    ['a file URI', `ndjson:file://${at('in', 'a.ndjson')}`],
    ['a NUL', `ndjson:${at('in')}/a\0b`],
    ['another case', `ndjson:${at('IN', 'a.ndjson')}`],
    ['another kind for the same folder', `processor:${at('in')}`],
    ['another bucket', 'galexie:s3://lake2/pubnet'],
    ['another service', 'galexie:gs://lake/pubnet'],
    ['another case of the service', 'galexie:S3://lake/pubnet'],
    ['a prefix that begins alike', 'galexie:s3://lake/pubnet2'],
    ['the whole bucket', 'galexie:s3://lake'],
    ['.. in a key', 'galexie:s3://lake/pubnet/../private'],
    ['a glob above the prefix', 'ndjson:s3://messages/*/x'],
    ['a glob in the last part of the prefix', 'ndjson:s3://messages/in*/x'],
    ['a user in the bucket', 'galexie:s3://lake@evil/pubnet'],
    ['a query', 'galexie:s3://lake/pubnet?endpoint=http://evil'],
    ['a second place', 'galexie:s3://lake/pubnet,rpc:https://evil.example/'],
    ['another origin', 'rpc:https://rpc.example.evil.example/'],
    ['another port', 'rpc:https://rpc.example:8443/'],
    ['plain http', 'rpc:http://rpc.example/'],
    ['a user', 'rpc:https://rpc.example@evil.example/'],
    ['a backslash', 'rpc:https://evil.example\\@rpc.example/'],
    ['an address in the loopback network', 'rpc:http://127.0.0.1:8080/'],
    ['another path', 'https://p.example/v1/tradesecrets'],
    ['.. in a path', 'https://p.example/v1/trades/../admin'],
    ['an encoded ..', 'https://p.example/v1/trades/%2e%2e/admin'],
    ['an encoded slash', 'https://p.example/v1/trades/..%2Fadmin'],
    ['an encoded backslash', 'https://p.example/v1/trades/..%5cadmin'],
    ['twice encoded', 'https://p.example/v1/trades/%252e%252e/admin'],
    ['another command', 'processor:other'],
    ['a command as a file', 'ndjson:processor:other#1-10/10'],
    ['an address as a file', 'ndjson:http://127.0.0.1/x#1-2/2'],
    ['a command with a path', 'processor:trades/../other'],
    ['an unknown kind', 'file:/etc/passwd'],
    ['nothing', ''],
  ])('refuses %s', (_, uri) => {
    expect(outcome(() => assertSource({ sources }, uri))).toBe('LOCATION_REFUSED');
  });

  it.each(['ndjson:processor:other#1-10/10', 'ndjson:http://127.0.0.1/x#1-2/2', 'galexie:http://127.0.0.1/'])(
    'refuses %s where all files are allowed',
    (uri) => {
      expect(
        outcome(() => assertSource({ sources: ['ndjson:', 'ndjson:/', 'galexie:', 'galexie:/'] }, uri)),
      ).toBe('LOCATION_REFUSED');
    },
  );

  it('compares parentheses in a prefix as they are', () => {
    const listed = [`ndjson:${at('a(1)')}`];
    expect(outcome(() => assertSource({ sources: listed }, `ndjson:${at('a(1)', 'x*')}`))).toBe('taken');
    expect(outcome(() => assertSource({ sources: listed }, `ndjson:${at('in', 'a.ndjson')}`))).toBe(
      'LOCATION_REFUSED',
    );
  });

  it('checks files after their links are resolved, and the answers of processors', () => {
    const file = (name: string): string => outcome(() => assertSourceFile({ sources }, name));
    expect(file(at('in', 'a.ndjson'))).toBe('taken');
    expect(file('s3://messages/in/x')).toBe('taken');
    expect(file('processor:trades?start=1&end=2')).toBe('taken');
    for (const name of [
      at('out', 'secret'),
      at('in', 'file.ndjson'),
      's3://messages/other',
      'processor:other?start=1&end=2',
      'http://127.0.0.1/?start=1&end=2',
    ])
      expect([name, file(name)]).toEqual([name, 'LOCATION_REFUSED']);
  });

  it('resolves the links of its prefixes once, and those of files at each check', () => {
    const resolved = jest.spyOn(fs, 'realpathSync');
    const listed = [`ndjson:${at('alias')}`];
    const file = (name: string): string => outcome(() => assertSourceFile({ sources: listed }, name));
    symlinkSync(at('in', 'a.ndjson'), at('in', 'moved'));
    for (let check = 0; check < 5; check += 1) expect(file(at('in', 'moved'))).toBe('taken');
    expect(resolved.mock.calls.filter(([name]) => name === at('alias'))).toHaveLength(1);
    rmSync(at('in', 'moved'));
    symlinkSync(at('out', 'secret'), at('in', 'moved'));
    expect(file(at('in', 'moved'))).toBe('LOCATION_REFUSED');
    resolved.mockRestore();
  });

  it('may be every source of a kind, or any source at all', () => {
    expect(outcome(() => assertSource({ sources: ['processor:'] }, 'processor:other'))).toBe('taken');
    expect(outcome(() => assertSource({ sources: ['processor:'] }, 'rpc:https://h/'))).toBe(
      'LOCATION_REFUSED',
    );
    expect(outcome(() => assertSource({}, 'ndjson:/etc/passwd'))).toBe('taken');
    expect(outcome(() => assertSource({ sources: [] }, 'ndjson:/etc/passwd'))).toBe('LOCATION_REFUSED');
  });
});

describe('archives', () => {
  const archives = [at('in'), 's3://lake/archives'];
  it.each([at('in'), at('in', 'new'), `file://${at('in', 'x')}`, at('alias', 'x'), 's3://lake/archives/a'])(
    'takes %s',
    (root) => {
      expect(outcome(() => assertArchive({ archives }, root))).toBe('taken');
    },
  );

  it.each<[string, unknown]>([
    ['another folder', at('out')],
    ['..', `${at('in')}/../out`],
    ['a link', at('in', 'link')],
    ['a link without a target', at('in', 'dangling')],
    ['file: without slashes', `file:${at('in')}`],
    ['an encoded path', `file://${at('in')}/%2e%2e/out`.replace('/in', '')],
    ['another bucket', 's3://other/archives'],
    ['a bucket that begins alike', 's3://lake/archives-private'],
    ['an http address', 'http://127.0.0.1/'],
    ['the home folder', '~'],
    ['a list', [at('in')]],
    ['an object', { toString: () => at('in') }],
    ['nothing', undefined],
  ])('refuses %s', (_, root) => {
    expect(outcome(() => assertArchive({ archives }, root))).toBe('LOCATION_REFUSED');
  });
});

it('says what is allowed and which setting to change, without passwords', () => {
  const refused = (): void => assertSource({ sources }, 'rpc:https://user:pw@evil.example/?key=1');
  expect(refused).toThrow(
    expect.objectContaining({
      retryable: false,
      exitCode: 2,
      message:
        'This worker does not open the source rpc:https://***@evil.example/?***: no --allow-source covers it.',
      hint: expect.stringMatching(/processor:trades.*--allow-source \(PARQUETRY_ALLOW_SOURCE\)/) as string,
    }),
  );
});

it('refuses prefixes that are not locations when the worker starts', () => {
  expect(outcome(() => checkAllowList({ sources, archives: ['~/x', 's3://b'] }))).toBe('taken');
  const globs = [
    'ndjson:/data/team-*',
    'ndjson:*.ndjson',
    'ndjson:/a/[x]',
    'ndjson:/a/{x,y}',
    'galexie:/a/?',
  ];
  for (const text of ['s3://lake', 'galexie:', '', 'ndjson:a/../b', 'https://u:p@h/', ...globs])
    expect([text, outcome(() => checkAllowList({ sources: [text] }))]).toEqual([
      text,
      text === 'galexie:' ? 'taken' : 'CONFIG_INVALID',
    ]);
  for (const text of ['ftp://x', '', 's3://', 'a/../b'])
    expect([text, outcome(() => checkAllowList({ archives: [text] }))]).toEqual([text, 'CONFIG_INVALID']);
});

/** For every activity a request that names another source or archive; null for one that opens neither. */
const REQUESTS: Record<
  keyof (SharedActivities &
    CompactActivities &
    LeaseActivities &
    MaintainActivities &
    ScheduleActivities &
    StageActivities &
    TailActivities),
  unknown
> = {
  planRun: { archive: 'a', source: { uri: 'ndjson:x' } },
  nextPartitions: { archive: 'a' },
  pull: { archive: 'a', plan: 'p', task: {} },
  inspect: null,
  endOutdated: null,
  requestLease: { archive: 'a' },
  summarize: { archive: 'a', plan: 'p' },
  findSegments: { input: { archive: 'a' } },
  mergeSegments: { input: { archive: 'a' }, group: {} },
  resolveRange: { spec: { archive: 'a', source: { uri: 'ndjson:x' } } },
  openTail: { spec: { archive: 'a', source: { uri: 'ndjson:x' } } },
  cut: { spec: { archive: 'a', source: { uri: 'ndjson:x' } } },
  registerSchema: { archive: 'a', plan: 'p' },
  writeParquet: { archive: 'a', plan: 'p' },
  verifyRowCounts: { archive: 'a', plan: 'p' },
  commit: { archive: 'a', plan: 'p' },
  dropStage: null,
  tidyLogs: { archive: 'a' },
  collectGarbage: { archive: 'a' },
  auditAll: { archive: 'a' },
  reportRejects: { archive: 'a' },
};

describe('every activity', () => {
  const allow = { sources, archives: [at('in')] };
  it.each(Object.entries(REQUESTS).filter(([, request]) => request !== null))(
    '%s is checked',
    (_, request) => {
      expect(outcome(() => assertLocations(allow, request))).toBe('LOCATION_REFUSED');
      expect(outcome(() => assertLocations({}, request))).toBe('taken');
    },
  );

  it('checks the source also where the archive is allowed', () => {
    const spec = { archive: at('in'), source: { uri: 'ndjson:/etc/passwd' } };
    for (const request of [spec, { spec }, { input: { spec } }, { ...spec, source: 'ndjson:/etc/passwd' }])
      expect(outcome(() => assertLocations(allow, request))).toBe('LOCATION_REFUSED');
    expect(outcome(() => assertLocations(allow, { ...spec, source: { uri: 'processor:trades' } }))).toBe(
      'taken',
    );
  });
});
