import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAbandoned, withLock } from './lock';
import { identify, isRunning, self, terminate } from '@parquetry/system';
import { tempFolder } from './testing/fakes';

describe('withLock', () => {
  let folder: ReturnType<typeof tempFolder>;
  const path = (): string => join(folder.path, 'a', 'lock');
  beforeEach(() => (folder = tempFolder()));
  afterEach(() => folder.remove());

  it('admits one holder at a time, and eventually every waiter', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(5);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(path(), { waitMs: 20_000 }, work)));
    expect(most).toBe(1);
    expect(existsSync(path())).toBe(false);
  });

  it('is released when the work fails', async () => {
    const fails = withLock(path(), { waitMs: 100 }, () => Promise.reject(new Error('no')));
    await expect(fails).rejects.toThrow('no');
    expect(await withLock(path(), { waitMs: 100 }, () => Promise.resolve(7))).toBe(7);
  });

  it('is taken over from a killed process, by one process at a time', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    await withLock(path(), { waitMs: 100 }, () => Promise.resolve());
    writeFileSync(path(), JSON.stringify(identify(child.pid ?? 0)));
    await expect(withLock(path(), { waitMs: 150 }, () => Promise.resolve())).rejects.toMatchObject({
      code: 'TEMPORAL_UNAVAILABLE',
      details: { pid: child.pid },
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    let inside = 0;
    const enter = (): Promise<void> =>
      withLock(path(), { waitMs: 5_000 }, async () => {
        expect((inside += 1)).toBe(1);
        await sleep(20);
        inside -= 1;
      });
    await Promise.all([enter(), enter(), enter()]);
  });

  it('respects an owner on another machine for a minute after its last heartbeat', async () => {
    const file = join(folder.path, 'other');
    writeFileSync(file, JSON.stringify({ pid: process.pid, host: `not-${hostname()}`, born: '1' }));
    expect(await isAbandoned(file)).toBe(false);
    const past = new Date(Date.now() - 61_000);
    utimesSync(file, past, past);
    expect(await isAbandoned(file)).toBe(true);
  });

  it('records the owner of the lock', async () => {
    await withLock(path(), { waitMs: 100 }, () => {
      expect(JSON.parse(readFileSync(path(), 'utf8'))).toMatchObject(self());
      return Promise.resolve();
    });
  });
});

describe('processes', () => {
  it('distinguishes a process from a later one with the same pid', () => {
    expect(isRunning(self())).toBe(true);
    expect(isRunning({ ...self(), born: 'earlier' })).toBe(false);
    expect(isRunning({ ...self(), host: 'elsewhere' })).toBe(false);
  });

  it('ends one that ignores SIGTERM', async () => {
    const child = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done']);
    await once(child.stdout, 'data');
    const identity = identify(child.pid ?? 0);
    expect(identity).toBeDefined();
    if (identity === undefined) return;
    expect(await terminate(identity, 150)).toBe('killed');
    expect(await terminate(identity, 150)).toBe('absent');
  });
});
