import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ParquetryError } from '@parquetry/core';
import {
  compareKeys,
  type ContentIdentity,
  type ListedObject,
  type ObjectInfo,
  type ObjectStore,
  type PutOutcome,
} from '@parquetry/storage';

/** A store in memory, for tests with many small commits. */
export class MemoryStore implements ObjectStore {
  private readonly objects = new Map<string, { readonly bytes: Buffer; readonly modified: number }>();

  constructor(readonly uri = '/memory') {}

  /** A store with the same objects. */
  copy(): MemoryStore {
    const made = new MemoryStore(this.uri);
    for (const [key, object] of this.objects) made.objects.set(key, object);
    return made;
  }

  putIfAbsent(key: string, bytes: Uint8Array): Promise<PutOutcome> {
    if (this.objects.has(key)) return Promise.resolve('exists');
    this.objects.set(key, { bytes: Buffer.from(bytes), modified: Date.now() });
    return Promise.resolve('created');
  }

  replace(key: string, bytes: Uint8Array): Promise<void> {
    this.objects.set(key, { bytes: Buffer.from(bytes), modified: Date.now() });
    return Promise.resolve();
  }

  replaceIf(key: string, was: Uint8Array, bytes: Uint8Array): Promise<boolean> {
    if (this.objects.get(key)?.bytes.equals(was) !== true) return Promise.resolve(false);
    return this.replace(key, bytes).then(() => true);
  }

  async uploadIfAbsent(key: string, file: string): Promise<PutOutcome> {
    return this.putIfAbsent(key, await readFile(file));
  }

  get(key: string): Promise<Uint8Array> {
    const found = this.objects.get(key);
    if (found !== undefined) return Promise.resolve(found.bytes);
    return Promise.reject(new ParquetryError('OBJECT_NOT_FOUND', `There is no ${key}.`));
  }

  async getRange(key: string, start: number, length: number): Promise<Uint8Array> {
    return (await this.get(key)).subarray(start, start + length);
  }

  async *read(key: string): AsyncGenerator<Uint8Array> {
    yield await this.get(key);
  }

  stat(key: string): Promise<ObjectInfo | undefined> {
    const found = this.objects.get(key);
    return Promise.resolve(found && { size: found.bytes.length, modified: found.modified });
  }

  async sha256(key: string): Promise<string> {
    return createHash('sha256')
      .update(await this.get(key))
      .digest('hex');
  }

  async holds(key: string, _file: string, { sha256 }: ContentIdentity): Promise<ObjectInfo | undefined> {
    return this.objects.has(key) && (await this.sha256(key)) === sha256 ? this.stat(key) : undefined;
  }

  async *list(
    prefix: string,
    { after = '' }: { readonly after?: string } = {},
  ): AsyncGenerator<ListedObject> {
    for (const key of [...this.objects.keys()].sort(compareKeys)) {
      const info = await this.stat(key);
      if (key.startsWith(prefix) && compareKeys(key, after) > 0 && info !== undefined) yield { key, ...info };
    }
  }

  async *folders(folder: string): AsyncGenerator<string> {
    for await (const name of this.names(folder)) if (name.endsWith('/')) yield name.slice(0, -1);
  }

  async *names(folder: string): AsyncGenerator<string> {
    const prefix = folder === '' ? '' : `${folder}/`;
    const names = new Set<string>();
    for await (const { key } of this.list(prefix)) {
      const [name = '', ...below] = key.slice(prefix.length).split('/');
      names.add(below.length > 0 ? `${name}/` : name);
    }
    yield* names;
  }

  delete(key: string): Promise<boolean> {
    return Promise.resolve(this.objects.delete(key));
  }

  localPath(): undefined {
    return undefined;
  }
}
