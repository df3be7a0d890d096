import { type Facts, observed, observedStream } from '@parquetry/system';
import type {
  ContentIdentity,
  ListedObject,
  ManagedStore,
  ObjectInfo,
  PendingUpload,
  PutOutcome,
  UploadExpectation,
} from './store';

/** Kind of a store, as metrics and traces name it. */
export type StoreKind = 'file' | 's3' | 'gs';

const outcome = (result: string): Facts => ({ outcome: result });
const found = (info: ObjectInfo | undefined): Facts =>
  info === undefined ? { outcome: 'missing' } : { size: info.size };

/** A store whose operations are observed; see `observed` of `@parquetry/system`. */
export class ObservedStore implements ManagedStore {
  constructor(
    private readonly store: ManagedStore,
    private readonly kind: StoreKind,
  ) {}

  get uri(): string {
    return this.store.uri;
  }

  putIfAbsent(key: string, bytes: Uint8Array): Promise<PutOutcome> {
    const facts = { size: bytes.length };
    return this.run('put', key, () => this.store.putIfAbsent(key, bytes), outcome, facts);
  }

  replace(key: string, bytes: Uint8Array): Promise<void> {
    return this.run('replace', key, () => this.store.replace(key, bytes), undefined, { size: bytes.length });
  }

  replaceIf(key: string, was: Uint8Array, bytes: Uint8Array): Promise<boolean> {
    const facts = { size: bytes.length };
    const changed = (done: boolean): Facts => ({ outcome: done ? 'replaced' : 'changed' });
    return this.run('replace', key, () => this.store.replaceIf(key, was, bytes), changed, facts);
  }

  uploadIfAbsent(key: string, localFile: string, expected: UploadExpectation): Promise<PutOutcome> {
    const facts = { size: expected.size };
    return this.run('upload', key, () => this.store.uploadIfAbsent(key, localFile, expected), outcome, facts);
  }

  get(key: string): Promise<Uint8Array> {
    return this.run(
      'get',
      key,
      () => this.store.get(key),
      ({ length }) => ({ size: length }),
    );
  }

  getRange(key: string, start: number, length: number): Promise<Uint8Array> {
    return this.run(
      'get',
      key,
      () => this.store.getRange(key, start, length),
      (bytes) => ({
        size: bytes.length,
      }),
    );
  }

  read(key: string): AsyncIterable<Uint8Array> {
    return observedStream(this.operation('read', key), this.store.read(key), ({ length }) => length);
  }

  stat(key: string): Promise<ObjectInfo | undefined> {
    return this.run('stat', key, () => this.store.stat(key), found);
  }

  sha256(key: string): Promise<string> {
    return this.run('checksum', key, () => this.store.sha256(key));
  }

  holds(key: string, localFile: string, identity: ContentIdentity): Promise<ObjectInfo | undefined> {
    return this.run('compare', key, () => this.store.holds(key, localFile, identity), found);
  }

  list(prefix: string, options?: { readonly after?: string }): AsyncIterable<ListedObject> {
    return observedStream(this.operation('list', prefix), this.store.list(prefix, options), () => 0);
  }

  folders(folder: string): AsyncIterable<string> {
    return observedStream(this.operation('list', folder), this.store.folders(folder), () => 0);
  }

  names(folder: string): AsyncIterable<string> {
    return observedStream(this.operation('list', folder), this.store.names(folder), () => 0);
  }

  delete(key: string): Promise<boolean> {
    return this.run(
      'delete',
      key,
      () => this.store.delete(key),
      (existed) => (existed ? {} : { outcome: 'missing' }),
    );
  }

  localPath(key: string): string | undefined {
    return this.store.localPath(key);
  }

  pendingUploads(prefix: string): AsyncIterable<PendingUpload> {
    return observedStream(this.operation('list', prefix), this.store.pendingUploads(prefix), () => 0);
  }

  abortUpload(upload: PendingUpload): Promise<void> {
    return this.run('abort', upload.key, () => this.store.abortUpload(upload));
  }

  private run<T>(
    name: string,
    key: string,
    work: () => Promise<T>,
    facts?: (result: T) => Facts,
    known: Facts = {},
  ): Promise<T> {
    return observed(this.operation(name, key, known), work, facts);
  }

  private operation(name: string, key: string, known: Facts = {}): Parameters<typeof observed>[0] {
    return { kind: 'storage', name, facts: { store: this.kind, key, ...known } };
  }
}
