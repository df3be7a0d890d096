import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectClient } from './connect';
import type { DevServer } from './devserver';
import { acquireDevServer, readDevServer, stopDevServer } from './devserver';
import { devHome } from './home';
import { answers } from './ports';
import { identify, isRunning } from '@parquetry/system';
import { realBinary, script, tempFolder } from './testing/fakes';

const binary = realBinary();
const why = binary === undefined ? ' (skipped: no temporal binary on PATH or in the cache)' : '';
const withServer = binary === undefined ? it.skip : it;

describe('the embedded server', () => {
  let folder: ReturnType<typeof tempFolder>;
  const home = (): ReturnType<typeof devHome> => devHome({}, folder.path);
  const acquire = (more: object = {}): Promise<DevServer> =>
    acquireDevServer(home(), { binary: binary ?? 'temporal', ...more });

  beforeEach(() => (folder = tempFolder()));
  afterEach(async () => {
    await stopDevServer(home());
    folder.remove();
  });

  withServer(
    `is shared by concurrent users, and stopped by the last one${why}`,
    async () => {
      const [a, b] = await Promise.all([acquire(), acquire({ foreground: true })]);
      expect([a.started, b.started].sort()).toEqual([false, true]);
      expect(a.address).toBe(b.address);
      const status = await readDevServer(home());
      expect(status?.users.map((user) => user.foreground).sort()).toEqual([false, true]);
      expect(status?.users.every((user) => user.pid === process.pid)).toBe(true);
      expect((await fetch(a.uiUrl, { headers: { connection: 'close' } })).status).toBe(200);

      await Promise.all([a.release(), a.release()]);
      expect(await readDevServer(home())).toMatchObject({ address: b.address });
      await b.release();
      expect(await readDevServer(home())).toBeUndefined();
      expect(status && isRunning(status.server)).toBe(false);
      expect(readdirSync(home().usersFolder)).toEqual([]);
    },
    120_000,
  );

  withServer(
    `keeps histories and ports across restarts, also after kill -9${why}`,
    async () => {
      const first = await acquire();
      const { client, connection, namespace } = await connectClient(first);
      await client.workflow.start('nothing', {
        taskQueue: 'unserved',
        workflowId: 'kept/p/000042',
        searchAttributes: {
          ParquetryDatasets: ['ledgers', 'contract_data'],
          ParquetryState: ['Parked'],
          ParquetryLedgerStart: [42],
        },
      });
      await connection.close();
      const server = (await readDevServer(home()))?.server;
      process.kill(server?.pid ?? 0, 'SIGKILL');

      const second = await acquire();
      expect(second).toMatchObject({ started: true, uiUrl: first.uiUrl, address: first.address });
      const again = await connectClient(second);
      const query = 'ParquetryDatasets = "contract_data" AND ParquetryLedgerStart = 42';
      const found: string[] = [];
      for (let attempt = 0; attempt < 50 && found.length === 0; attempt += 1)
        for await (const each of again.client.workflow.list({ query })) found.push(each.workflowId);
      expect(found).toEqual(['kept/p/000042']);
      expect(namespace).toBe('default');
      await again.connection.close();
      await first.release();
      await second.release();
      expect(await readDevServer(home())).toBeUndefined();
    },
    120_000,
  );

  withServer(
    `detects a killed user${why}`,
    async () => {
      const mine = await acquire();
      const other = spawn('sleep', ['600']);
      await once(other, 'spawn');
      const identity = { ...identify(other.pid ?? 0), foreground: true };
      writeFileSync(join(home().usersFolder, 'other.json'), JSON.stringify(identity));
      expect((await readDevServer(home()))?.users).toHaveLength(2);
      other.kill('SIGKILL');
      await once(other, 'exit');
      expect((await readDevServer(home()))?.users).toHaveLength(1);
      await mine.release();
      expect(await readDevServer(home())).toBeUndefined();
    },
    120_000,
  );

  withServer(
    `ignores the record of a crashed machine, and survives a lost dev.json${why}`,
    async () => {
      mkdirSync(home().usersFolder, { recursive: true });
      const gone = { pid: process.pid, host: identify(process.pid)?.host, born: 'before the boot' };
      const stale = {
        ...{ version: 1, server: gone, startedBy: gone, startedAt: '2025-07-13T00:00:00Z' },
        ...{ port: 7, uiPort: 8, address: '127.0.0.1:7', uiUrl: 'http://127.0.0.1:8', namespace: 'default' },
      };
      writeFileSync(home().devFile, JSON.stringify(stale));
      writeFileSync(join(home().usersFolder, 'old.json'), JSON.stringify({ ...gone, foreground: true }));
      expect(await readDevServer(home())).toBeUndefined();
      const server = await acquire();
      expect(server.started).toBe(true);
      const port = Number(server.address.split(':')[1]);
      writeFileSync(home().devFile, '{"version": 1, "ser');
      await server.release();
      expect(await answers(port)).toBe(false);
    },
    120_000,
  );

  it('reports why it did not start, with the end of its log', async () => {
    const broken = script(folder.path, 'broken', 'echo "database is malformed" >&2; exit 4');
    await expect(acquire({ binary: broken })).rejects.toMatchObject({
      code: 'TEMPORAL_UNAVAILABLE',
      message: expect.stringMatching(/did not start \(exit code 4\): database is malformed/),
      hint: expect.stringContaining(home().logFile),
    });
    expect(await readDevServer(home())).toBeUndefined();
    // No server and no ports are recorded: the recorded ports are those of the last server that ran.
    expect(readdirSync(home().root).sort()).toEqual(['.gitignore', 'temporal.log', 'users']);
    await expect(acquire({ binary: join(folder.path, 'absent') })).rejects.toMatchObject({
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('does not pass client settings to the server', async () => {
    const nosy = script(folder.path, 'nosy', 'env; echo "$@"; exit 1');
    const env = { ...process.env, TEMPORAL_API_KEY: 'secret', TEMPORAL_ADDRESS: 'x:1' };
    await expect(acquire({ binary: nosy, env })).rejects.toMatchObject({ exitCode: 3 });
    const log = readFileSync(home().logFile, 'utf8');
    expect(log).not.toContain('TEMPORAL_');
    expect(log).toContain('--search-attribute ParquetryDatasets=KeywordList');
    expect(log).toContain('--ip 127.0.0.1');
  });

  it('is in PARQUETRY_HOME, else in .parquetry of the folder', () => {
    expect(devHome({ PARQUETRY_HOME: '/h' }, '/w').dbFile).toBe('/h/temporal.db');
    expect(devHome({ PARQUETRY_HOME: '' }, '/w').dbFile).toBe('/w/.parquetry/temporal.db');
  });
});
