import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { ParquetryError } from '@parquetry/core';
import { type Ending, type Operation, setObserver } from '@parquetry/system';
import { openStore } from './open';
import type { Driver } from './remote/driver';
import { Requests } from './remote/requests';

describe('observed storage', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-observed-'));
  const seen: (Operation & Ending)[] = [];
  beforeEach(() => {
    seen.length = 0;
    setObserver(
      (operation) => (ending) =>
        seen.push({ ...operation, ...ending, facts: { ...operation.facts, ...ending.facts } }),
    );
  });
  afterEach(() => setObserver(undefined));
  afterAll(() => rmSync(dir, { recursive: true }));

  async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
    const found: T[] = [];
    for await (const item of items) found.push(item);
    return found;
  }

  it('records every operation of a store with its outcome, and changes no answer', async () => {
    const store = openStore(path.join(dir, 'root'));
    const bytes = Buffer.from('hello');
    const file = path.join(dir, 'file');
    writeFileSync(file, bytes);
    const identity = { sha256: createHash('sha256').update(bytes).digest('hex'), size: 5 };
    expect(store.uri).toBe(path.join(dir, 'root'));
    expect(store.localPath('a/b')).toBe(path.join(dir, 'root/a/b'));
    expect(await store.putIfAbsent('a/b', bytes)).toBe('created');
    expect(await store.putIfAbsent('a/b', bytes)).toBe('exists');
    await store.replace('a/hint', bytes);
    expect(await store.uploadIfAbsent('a/c', file, identity)).toBe('created');
    expect(Buffer.from(await store.get('a/b')).toString()).toBe('hello');
    expect(Buffer.from(await store.getRange('a/b', 1, 2)).toString()).toBe('el');
    expect(Buffer.concat(await all(store.read('a/b'))).toString()).toBe('hello');
    expect(await store.stat('a/b')).toMatchObject({ size: 5 });
    expect(await store.stat('a/none')).toBeUndefined();
    expect(await store.sha256('a/b')).toBe(identity.sha256);
    expect(await store.holds('a/b', file, identity)).toMatchObject({ size: 5 });
    expect((await all(store.list('a/'))).map(({ key }) => key)).toEqual(['a/b', 'a/c', 'a/hint']);
    expect(await all(store.names('a'))).toEqual(['b', 'c', 'hint']);
    expect(await all(store.folders(''))).toEqual(['a']);
    expect(await all(store.pendingUploads(''))).toEqual([]);
    expect(await store.delete('a/b')).toBe(true);
    expect(await store.delete('a/b')).toBe(false);
    await expect(store.get('a/b')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    expect(
      seen.every(
        ({ kind, facts, error }) => kind === 'storage' && facts?.['store'] === 'file' && error === undefined,
      ),
    ).toBe(true);
    expect(
      seen.map(({ name, facts }) => [name, facts?.['key'], facts?.['outcome'], facts?.['size']]),
    ).toEqual([
      ['put', 'a/b', 'created', 5],
      ['put', 'a/b', 'exists', 5],
      ['replace', 'a/hint', undefined, 5],
      ['upload', 'a/c', 'created', 5],
      ['get', 'a/b', undefined, 5],
      ['get', 'a/b', undefined, 2],
      ['read', 'a/b', undefined, 5],
      ['stat', 'a/b', undefined, 5],
      ['stat', 'a/none', 'missing', undefined],
      ['checksum', 'a/b', undefined, undefined],
      ['compare', 'a/b', undefined, 5],
      ['list', 'a/', undefined, 0],
      ['list', 'a', undefined, 0],
      ['list', '', undefined, 0],
      ['list', '', undefined, 0],
      ['delete', 'a/b', undefined, undefined],
      ['delete', 'a/b', 'missing', undefined],
      ['get', 'a/b', 'missing', undefined],
    ]);
  });

  it('records each remote request that is sent again', async () => {
    const fault = { error: new ParquetryError('STORAGE_UNREACHABLE', 'no answer'), again: true };
    const driver = { fault: () => fault } as unknown as Driver;
    const requests = new Requests(driver, { attempts: 3, backoffMs: 1, timeoutMs: 1000 } as never);
    let sent = 0;
    const place = { action: 'read', uri: 's3://bucket/a', bucket: 'bucket' };
    const answer = await requests.send(place, async () => {
      sent += 1;
      if (sent < 3) throw new Error('reset');
      return 'ok';
    });
    expect(answer).toBe('ok');
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([
      { kind: 'storage', name: 'retry', facts: { store: 's3', action: 'read' }, error: fault.error },
      { kind: 'storage', name: 'retry', facts: { store: 's3', action: 'read' }, error: fault.error },
    ]);
  });

  it('costs nothing without an observer: the store itself is opened', () => {
    setObserver(undefined);
    expect(openStore(dir).constructor.name).toBe('LocalStore');
  });
});
