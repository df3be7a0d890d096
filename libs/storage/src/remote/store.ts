import { createHash } from 'node:crypto';
import { isParquetryError, ParquetryError } from '@parquetry/core';
import { assertKey, isTempName } from '../key';
import { folderNames } from '../listing';
import { partBytesOf, type RemoteSettings } from '../settings';
import type {
  ContentIdentity,
  ListedObject,
  ManagedStore,
  ObjectInfo,
  PendingUpload,
  PutOutcome,
  UploadExpectation,
} from '../store';
import type { Driver, RemoteInfo } from './driver';
import { ObjectChanged, type Place } from './fault';
import { checksumMatches } from './samecontent';
import { levelNames, listNames } from './listing';
import { collect, readBytes, untilStable } from './read';
import { Requests } from './requests';
import { uploadFile } from './upload';
import { head, writeOnce } from './write';

/** Objects of a bucket below a prefix. Common to S3 and GCS; a driver sends the requests. */
export abstract class RemoteStore implements ManagedStore {
  readonly uri: string;
  private readonly base: string;
  private readonly requests: Requests;

  protected constructor(
    scheme: 's3' | 'gs',
    prefix: string,
    private readonly driver: Driver,
    settings: RemoteSettings,
  ) {
    this.uri = `${scheme}://${driver.bucket}${prefix === '' ? '' : `/${prefix}`}`;
    this.base = prefix === '' ? '' : `${prefix}/`;
    this.requests = new Requests(driver, settings);
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<PutOutcome> {
    const content = { content: bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
    const result = await writeOnce(
      this.requests,
      this.name(key),
      this.place('write', key),
      content,
      'absent',
    );
    return result === 'ours' ? 'created' : 'exists';
  }

  async replace(key: string, bytes: Uint8Array): Promise<void> {
    const content = { content: bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
    await writeOnce(this.requests, this.name(key), this.place('write', key), content, 'always');
  }

  async replaceIf(key: string, was: Uint8Array, bytes: Uint8Array): Promise<boolean> {
    const [name, place] = [this.name(key), this.place('write', key)];
    let version = '';
    const found = await this.stable(place, () =>
      collect(readBytes(this.requests, name, place, { onVersion: (read) => (version = read) })),
    ).catch((error: unknown) => {
      if (isParquetryError(error) && error.code === 'OBJECT_NOT_FOUND') return undefined;
      throw error;
    });
    if (found === undefined || !Buffer.from(was).equals(found)) return false;
    const content = { content: bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
    return (await writeOnce(this.requests, name, place, content, { version })) === 'ours';
  }

  async uploadIfAbsent(key: string, localFile: string, expected: UploadExpectation): Promise<PutOutcome> {
    const place = this.place('upload to', key);
    return uploadFile(this.requests, { name: this.name(key), place, file: localFile, expected });
  }

  async get(key: string): Promise<Uint8Array> {
    const [name, place] = [this.name(key), this.place('read', key)];
    return this.stable(place, () => collect(readBytes(this.requests, name, place)));
  }

  async getRange(key: string, start: number, length: number): Promise<Uint8Array> {
    const [name, place] = [this.name(key), this.place('read', key)];
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(length) || start < 0 || length < 0)
      throw new ParquetryError('INTERNAL', `Not a byte range of ${key}: ${length} bytes from ${start}.`);
    if (length > 0)
      return this.stable(place, () =>
        collect(readBytes(this.requests, name, place, { start, end: start + length })),
      );
    if ((await this.stat(key)) !== undefined) return new Uint8Array(0);
    throw new ParquetryError('OBJECT_NOT_FOUND', `Can't read ${place.uri}: there is no such object.`);
  }

  async sha256(key: string): Promise<string> {
    const [name, place] = [this.name(key), this.place('read', key)];
    return this.stable(place, async () => {
      const hash = createHash('sha256');
      for await (const chunk of readBytes(this.requests, name, place)) hash.update(chunk);
      return hash.digest('hex');
    });
  }

  async holds(
    key: string,
    localFile: string,
    { sha256, size }: ContentIdentity,
  ): Promise<ObjectInfo | undefined> {
    const info = await this.head(key);
    if (info?.size !== size) return undefined;
    const partBytes = partBytesOf(size, this.requests.settings);
    const says = await checksumMatches(info, { path: localFile, sha256, partBytes });
    const same = says ?? (await this.sha256(key)) === sha256;
    return same ? { size, modified: info.modified } : undefined;
  }

  async *read(key: string): AsyncGenerator<Uint8Array> {
    const [name, place] = [this.name(key), this.place('read', key)];
    try {
      yield* readBytes(this.requests, name, place);
    } catch (error) {
      if (!(error instanceof ObjectChanged)) throw error;
      throw new ParquetryError('STORAGE_UNREACHABLE', `${place.uri} was replaced while it was read.`);
    }
  }

  async stat(key: string): Promise<ObjectInfo | undefined> {
    const info = await this.head(key);
    return info === undefined ? undefined : { size: info.size, modified: info.modified };
  }

  async *list(prefix: string, options: { readonly after?: string } = {}): AsyncGenerator<ListedObject> {
    const after = options.after === undefined || options.after === '' ? undefined : this.base + options.after;
    const names = listNames(this.requests, this.listed(prefix), this.base + prefix, after);
    for await (const { name, size, modified } of names) {
      const key = name.slice(this.base.length);
      // Some tools store an empty object with a trailing slash as a folder marker.
      if (key === '' || key.endsWith('/') || key.split('/').some(isTempName)) continue;
      yield { key, size, modified };
    }
  }

  async *folders(folder: string): AsyncGenerator<string> {
    yield* await folderNames(this.names(folder));
  }

  async *names(folder: string): AsyncGenerator<string> {
    const place = this.listed(folder === '' ? '' : `${folder}/`);
    const at = folder === '' ? this.base : `${this.base}${folder}/`;
    for (const name of await levelNames(this.requests, place, at)) if (!isTempName(name)) yield name;
  }

  async delete(key: string): Promise<boolean> {
    const [name, place] = [this.name(key), this.place('delete', key)];
    if ((await this.head(key)) === undefined) return false;
    await this.requests.send(place, (signal) => this.driver.remove(name, signal));
    return true;
  }

  async *pendingUploads(prefix: string): AsyncGenerator<PendingUpload> {
    const place = this.listed(prefix);
    for (let next: string | undefined; ;) {
      const wanted = this.base + prefix;
      const from = next;
      const page = await this.requests.send(place, (signal) => this.driver.pending(wanted, from, signal));
      for (const { key, id, started } of page.uploads)
        if (key.startsWith(wanted)) yield { key: key.slice(this.base.length), id, started };
      if (page.next === undefined) return;
      next = page.next;
    }
  }

  async abortUpload(upload: PendingUpload): Promise<void> {
    const named = { ...upload, key: this.name(upload.key) };
    await this.requests.send(this.place('abort the upload of', upload.key), (signal) =>
      this.driver.abort(named, signal),
    );
  }

  localPath(): undefined {
    return undefined;
  }

  private async head(key: string): Promise<RemoteInfo | undefined> {
    const [name, place] = [this.name(key), this.place('read', key)];
    const info = await head(this.requests, name, place);
    if (info === undefined) await this.requests.assertBucket(name, place);
    return info;
  }

  private stable<T>(place: Place, read: () => Promise<T>): Promise<T> {
    return untilStable(this.requests.settings.attempts, place, read);
  }

  private name(key: string): string {
    assertKey(key);
    return this.base + key;
  }

  private listed(prefix: string): Place {
    const folder = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
    if (folder !== '') assertKey(folder);
    return this.place('list', prefix);
  }

  private place(action: string, key: string): Place {
    return { action, uri: `${this.uri}/${key}`, bucket: this.driver.bucket };
  }
}
