import { ParquetryError } from '@parquetry/core';
import type {
  ContentIdentity,
  ListedObject,
  ObjectInfo,
  ObjectStore,
  PutOutcome,
  UploadExpectation,
} from '@parquetry/storage';

/**
 * A store that fails at its `at`-th operation (from 0), either before the operation is done, or after it, as when the
 * response is lost. All later operations fail, as after a crash.
 */
export class FlakyStore implements ObjectStore {
  count = 0;

  constructor(
    private readonly inner: ObjectStore,
    private readonly at: number,
    private readonly when: 'before' | 'after',
  ) {}

  get uri(): string {
    return this.inner.uri;
  }

  /** True after the failure. */
  get failed(): boolean {
    return this.count > this.at;
  }

  putIfAbsent(key: string, bytes: Uint8Array): Promise<PutOutcome> {
    return this.step(() => this.inner.putIfAbsent(key, bytes));
  }

  replace(key: string, bytes: Uint8Array): Promise<void> {
    return this.step(() => this.inner.replace(key, bytes));
  }

  replaceIf(key: string, was: Uint8Array, bytes: Uint8Array): Promise<boolean> {
    return this.step(() => this.inner.replaceIf(key, was, bytes));
  }

  uploadIfAbsent(key: string, file: string, expected: UploadExpectation): Promise<PutOutcome> {
    return this.step(() => this.inner.uploadIfAbsent(key, file, expected));
  }

  get(key: string): Promise<Uint8Array> {
    return this.step(() => this.inner.get(key));
  }

  getRange(key: string, start: number, length: number): Promise<Uint8Array> {
    return this.step(() => this.inner.getRange(key, start, length));
  }

  async *read(key: string): AsyncGenerator<Uint8Array> {
    await this.step(() => Promise.resolve());
    yield* this.inner.read(key);
  }

  stat(key: string): Promise<ObjectInfo | undefined> {
    return this.step(() => this.inner.stat(key));
  }

  holds(key: string, file: string, identity: ContentIdentity): Promise<ObjectInfo | undefined> {
    return this.step(() => this.inner.holds(key, file, identity));
  }

  sha256(key: string): Promise<string> {
    return this.step(() => this.inner.sha256(key));
  }

  async *list(prefix: string, options?: { readonly after?: string }): AsyncGenerator<ListedObject> {
    await this.step(() => Promise.resolve());
    yield* this.inner.list(prefix, options);
  }

  async *folders(folder: string): AsyncGenerator<string> {
    await this.step(() => Promise.resolve());
    yield* this.inner.folders(folder);
  }

  async *names(folder: string): AsyncGenerator<string> {
    await this.step(() => Promise.resolve());
    yield* this.inner.names(folder);
  }

  delete(key: string): Promise<boolean> {
    return this.step(() => this.inner.delete(key));
  }

  localPath(key: string): string | undefined {
    return this.inner.localPath(key);
  }

  private async step<T>(run: () => Promise<T>): Promise<T> {
    const index = this.count++;
    if (index > this.at || (index === this.at && this.when === 'before')) throw crash();
    const result = await run();
    if (index === this.at) throw crash();
    return result;
  }
}

function crash(): ParquetryError {
  return new ParquetryError('STORAGE_UNREACHABLE', 'The store crashed on purpose.');
}
