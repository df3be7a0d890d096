import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { type AddressInfo, type Socket, createServer as createSocket } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { openStore } from '@parquetry/storage';
import { runInProcess } from '../testing/run';
import { archiveCheck, probeStore } from './archive';
import { clockCheck } from './clock';
import { type Check, type Finding, runCheck } from './finding';
import { diskCheck, memoryCheck, nodeCheck } from './machine';
import { sourceCheck } from './source';
import { specOf } from './spec';
import { lockCheck, temporalCheck } from './temporal';
import { stageCheck } from './work';

const saved = { env: { ...process.env }, cwd: process.cwd() };
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parquetry-doctor-test-'));
  chmodSync(folder, 0o755);
  process.chdir(folder);
  for (const name of Object.keys(process.env)) if (name.startsWith('TEMPORAL_')) delete process.env[name];
  process.env['PARQUETRY_HOME'] = path.join(folder, 'home');
});
afterEach(() => {
  process.chdir(saved.cwd);
  process.env = { ...saved.env };
  rmSync(folder, { recursive: true });
});

const results = (check: Check, limitMs = 10_000): Promise<readonly Finding[]> => runCheck(check, limitMs);
const statuses = async (check: Check): Promise<string[]> =>
  (await results(check)).map(({ status }) => status);
/** A process that no longer runs. */
const DEAD = JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), born: '1' });

async function listening(
  server: { listen(port: number, host: string): unknown; address(): unknown } & NodeJS.EventEmitter,
): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the machine', () => {
  it.each([
    ['20.19.0', 'ok'],
    ['20.20.1', 'ok'],
    ['22.0.0', 'ok'],
    ['20.18.3', 'fault'],
    ['18.99.0', 'fault'],
  ])('Node %s is %s', async (version, status) => {
    expect(await results(nodeCheck('>=20.19', version))).toMatchObject([{ check: 'node', status }]);
  });

  it('a worker must fit into the memory of the machine or container', async () => {
    expect(await statuses(memoryCheck(1e9, 2e9))).toEqual(['ok']);
    const [found] = await results(memoryCheck(2e9, 2e9));
    expect(found).toMatchObject({ status: 'fault', hint: expect.stringContaining('--memory') as string });
  });

  it('the work folder must be writable; it is not created', async () => {
    expect(await statuses(diskCheck(path.join(folder, 'a/b')))).not.toContain('fault');
    expect(readdirSync(folder)).toEqual([]);
    await asOther(async () => expect(await statuses(diskCheck(path.join(folder, 'a/b')))).toEqual(['fault']));
  });
});

describe('the clock', () => {
  let server: Server;
  let ahead = 0;
  beforeEach(() => {
    ahead = 0;
    server = createServer((_, response) => {
      response.setHeader('date', new Date(Date.now() + ahead).toUTCString()).end();
    });
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each([
    [0, 'ok'],
    [60_000, 'warning'],
    [-3_600_000, 'fault'],
  ])('%i ms off is %s', async (off, status) => {
    ahead = off;
    const address = await listening(server);
    expect(await statuses(clockCheck([`rpc:http://${address}/node`, undefined, './local']))).toEqual([
      status,
    ]);
  });

  it('is compared with the S3 endpoint of the archive and of the source, once', async () => {
    process.env['AWS_ENDPOINT_URL_S3'] = `http://${await listening(server)}`;
    expect(await statuses(clockCheck(['s3://a/b', 'galexie:s3://c/d']))).toEqual(['ok']);
  });
});

describe('the archive', () => {
  it('is probed with real requests that leave nothing behind', async () => {
    const found = await results(archiveCheck('./archive', {}));
    expect(found.map(({ status, message }) => [status, message])).toEqual([
      ['ok', expect.stringContaining('conditional put, get, list and delete work')],
      ['ok', expect.stringContaining('no archive yet')],
    ]);
    expect(readdirSync(folder)).toEqual([]);
    mkdirSync('archive');
    writeFileSync('archive/other.txt', '');
    expect(await statuses(archiveCheck('./archive', {}))).toEqual(['ok', 'ok']);
    expect(readdirSync('archive')).toEqual(['other.txt']);
  });

  it('that is read-only is reported with its code', async () => {
    mkdirSync('archive');
    chmodSync('archive', 0o555);
    await asOther(async () =>
      expect(await results(archiveCheck('./archive', {}))).toMatchObject([
        { status: 'fault', code: 'PERMISSION_DENIED', hint: expect.any(String) as string },
      ]),
    );
  });

  it('on a store that ignores the condition, or does not delete, is a fault', async () => {
    const store = openStore(path.join(folder, 'archive'));
    const careless = Object.create(store, {
      putIfAbsent: {
        value: async (key: string, bytes: Uint8Array) => {
          await store.replace(key, bytes);
          return 'created';
        },
      },
    }) as typeof store;
    expect(await probeStore(careless)).toMatchObject({
      status: 'fault',
      message: expect.stringContaining('two writers') as string,
    });
    const locked = Object.create(store, { delete: { value: async () => true } }) as typeof store;
    expect(await probeStore(locked)).toMatchObject({
      status: 'fault',
      message: expect.stringContaining('after its removal') as string,
    });
  });
});

describe('the source', () => {
  const check = (source: string, ledgers?: string): Check =>
    sourceCheck(specOf({ source, ...(ledgers === undefined ? {} : { ledgers }) }), ledgers !== undefined);

  it('that is missing, empty or of an unknown kind is a fault', async () => {
    mkdirSync('empty');
    for (const [source, code] of [
      ['galexie:./none', 'SOURCE_NOT_FOUND'],
      ['ndjson:./none-*.ndjson', 'SOURCE_NOT_FOUND'],
      ['ftp:x', 'SOURCE_INVALID'],
    ] as const)
      expect(await results(check(source))).toMatchObject([{ status: 'fault', code }]);
  });

  it('of messages has its first and last ledger; a range outside is a warning', async () => {
    const line = (ledger: number): string =>
      `{"message_type":"t","ledger_sequence":${ledger},"closed_at":"2025-07-13T00:00:00Z","n":1}\n`;
    writeFileSync('m.ndjson', [7, 5, 9].map(line).join(''));
    const [found] = await results(check('ndjson:./m.ndjson', '5-9'));
    expect(found).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/first ledger 5, last ledger 9\./) as string,
    });
    expect(await statuses(check('ndjson:./m.ndjson', '4-9'))).toEqual(['warning']);
    writeFileSync('m.ndjson', '');
    expect(await statuses(check('ndjson:./m.ndjson'))).toEqual(['fault']);
  });
});

describe('leftovers of dead processes', () => {
  it('a stage of a dead worker is a warning; one of a running worker is not', async () => {
    const work = path.join(folder, 'work');
    mkdirSync(path.join(work, 'stages/abc'), { recursive: true });
    writeFileSync(path.join(work, 'stages/abc/owner.json'), DEAD);
    writeFileSync(path.join(work, 'stages/abc/rows'), 'x'.repeat(5000));
    const [left] = await results(stageCheck(work));
    expect(left).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(/^1 stages .*5\.\d kB/) as string,
    });
    mkdirSync(path.join(work, 'tmp/me'), { recursive: true });
    const { self } = jest.requireActual<typeof import('@parquetry/system')>('@parquetry/system');
    writeFileSync(path.join(work, 'tmp/me/owner.json'), JSON.stringify(self()));
    expect(await statuses(stageCheck(work))).toEqual(['ok']);
  });

  it('locks and users of dead processes are warnings', async () => {
    expect(await statuses(lockCheck)).toEqual(['ok']);
    mkdirSync('home/users', { recursive: true });
    writeFileSync('home/dev.lock', DEAD);
    writeFileSync('home/users/1.json', DEAD);
    expect(await statuses(lockCheck)).toEqual(['warning', 'warning']);
  });
});

describe('a service that does not answer', () => {
  const sockets = new Set<Socket>();
  const silent = createSocket((socket) => sockets.add(socket.on('error', () => undefined)));
  let address = '';
  beforeAll(async () => {
    address = await listening(silent);
  });
  afterAll(() => {
    silent.close();
    for (const socket of sockets) socket.destroy();
  });

  it('delays each check by its limit and not more, and the exit code is 1', async () => {
    process.env['AWS_REGION'] = 'us-east-1';
    const started = Date.now();
    const { code, stdout } = await runInProcess(
      ...['doctor', '--timeout', '2s', '--temporal-address', address, '--source', `rpc:http://${address}`],
      ...['--archive', './archive', '--json'],
    );
    expect(Date.now() - started).toBeLessThan(15_000);
    const { findings, faults } = JSON.parse(stdout) as { findings: Finding[]; faults: number };
    expect(code).toBe(1);
    expect(faults).toBe(2);
    expect(findings.filter(({ status }) => status === 'fault')).toMatchObject([
      { check: 'temporal', code: 'TEMPORAL_UNREACHABLE' },
      { check: 'source', message: expect.stringContaining('did not end within 2 s') as string },
    ]);
    expect(findings.find(({ check }) => check === 'clock')?.status).toBe('warning');
  }, 30_000);

  it('a dead Temporal address is a fault that names it', async () => {
    process.env['TEMPORAL_ADDRESS'] = '127.0.0.1:1';
    expect(await results(temporalCheck(1_000))).toMatchObject([
      {
        status: 'fault',
        code: 'TEMPORAL_UNREACHABLE',
        message: expect.stringContaining('127.0.0.1:1') as string,
        hint: expect.stringContaining('TEMPORAL_ADDRESS') as string,
      },
    ]);
  });
});

/** Runs as a user who may write nothing here; root may write anywhere. */
async function asOther(run: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return run();
  process.seteuid?.(65_534);
  try {
    await run();
  } finally {
    process.seteuid?.(0);
  }
}
