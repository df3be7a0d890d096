import type { FileIdentity } from '@parquetry/core';

/** Outcome of a create-only write: it created the object, or one already existed and was not changed. */
export type PutOutcome = 'created' | 'exists';

/** Metadata of an object. */
export interface ObjectInfo {
  /** Bytes. */
  readonly size: number;
  /** Last change, Unix milliseconds. */
  readonly modified: number;
}

/** One row of a listing. */
export interface ListedObject extends ObjectInfo {
  readonly key: string;
}

/** Identifies a file's content. */
export interface ContentIdentity {
  /** Lower case hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** Options of an upload with the expected content; the store refuses other bytes. */
export interface UploadExpectation extends ContentIdentity {
  /** Aborts the upload. No partial object is visible and parts are freed; an object that is already complete stays. */
  readonly signal?: AbortSignal;
  /** The file's bytes no longer change, so the store may hard-link the file instead of copying it. */
  readonly final?: boolean;
  /** The file's identity when its content was verified; a file whose identity is unchanged is not read again. */
  readonly checked?: FileIdentity;
}

/** An unfinished write: parts of a multipart upload, or a temporary file of the local store. */
export interface PendingUpload {
  /** The target key; on local disk the path of the temporary file below the root. */
  readonly key: string;
  /** The store's id of the upload. */
  readonly id: string;
  /** Start time, Unix milliseconds. */
  readonly started: number;
}

/**
 * Objects by key under one root. A key is a relative path with `/` between its parts (see `assertKey`). Objects are
 * visible completely or not at all, and a completed write is durable. Create-only writes are the only conditional
 * operation that the commit protocol needs: link(2) on local disk, `If-None-Match: *` on S3, generation 0 on GCS. Our
 * own write is recognised when its response was lost: `exists` always means another writer's object.
 *
 * Every operation throws ParquetryError: KEY_INVALID, PERMISSION_DENIED, STORAGE_NOT_FOUND, STORAGE_REFUSED,
 * CONFIG_INVALID, STORAGE_FULL, STORAGE_UNREACHABLE (after retries), ARCHIVE_INVALID when the root can't contain
 * objects. Errors never contain credentials.
 */
export interface ObjectStore {
  /** The root as shown to users: a path, `s3://…`, `gs://…`. Never contains credentials. */
  readonly uri: string;

  /** Creates an object unless it exists; never overwrites. */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<PutOutcome>;

  /** Creates or replaces an object atomically. Only for hints that may be lost, such as `_last_checkpoint`. */
  replace(key: string, bytes: Uint8Array): Promise<void>;

  /**
   * Replaces an object that has the bytes `was`; false when it has others or does not exist. `If-Match` on S3, the
   * generation on GCS. On local disk, and on S3 servers without `If-Match`, another process can write between the
   * comparison and the replacement.
   */
  replaceIf(key: string, was: Uint8Array, bytes: Uint8Array): Promise<boolean>;

  /**
   * Creates an object from a local file unless it exists; `exists` implies nothing about the existing content.
   * @throws ParquetryError VERIFY_MISMATCH when the file's bytes are not the expected ones, STAGE_LOST when there is no
   *   such file, CANCELLED
   */
  uploadIfAbsent(key: string, localFile: string, expected: UploadExpectation): Promise<PutOutcome>;

  /** @throws ParquetryError OBJECT_NOT_FOUND */
  get(key: string): Promise<Uint8Array>;

  /**
   * Bytes `[start, start + length)`, fewer at the end of the object.
   * @throws ParquetryError OBJECT_NOT_FOUND
   */
  getRange(key: string, start: number, length: number): Promise<Uint8Array>;

  /**
   * A stream of one version of the object, for objects that may not fit into memory.
   * @throws ParquetryError OBJECT_NOT_FOUND, STORAGE_UNREACHABLE (also when the object was replaced meanwhile)
   */
  read(key: string): AsyncIterable<Uint8Array>;

  /** Metadata of an object; undefined when it does not exist. */
  stat(key: string): Promise<ObjectInfo | undefined>;

  /**
   * sha256 (hex) of the stored bytes, read as a stream.
   * @throws ParquetryError OBJECT_NOT_FOUND
   */
  sha256(key: string): Promise<string>;

  /**
   * Metadata of an object with exactly the bytes of a local file; undefined when it has others, or does not exist. Compares the checksum that the service computed
   * from the stored bytes (S3: sha256, also over parts; GCS: md5); without one the object is read. The file is read
   * when the service's checksum is of another kind; if the file is missing, the object is read instead.
   */
  holds(key: string, localFile: string, identity: ContentIdentity): Promise<ObjectInfo | undefined>;

  /**
   * Objects whose key begins with `prefix` (a string prefix, not only whole parts), in UTF-8 byte order of the keys,
   * without the store's temporary files. `after` excludes that key and all earlier ones.
   */
  list(prefix: string, options?: { readonly after?: string }): AsyncIterable<ListedObject>;

  /** Names of the folders directly below `folder` (no slash at its end, `''` is the root), in order. */
  folders(folder: string): AsyncIterable<string>;

  /** Names of the objects and folders (with a trailing slash) directly below `folder`, in order. */
  names(folder: string): AsyncIterable<string>;

  /** Removes an object; true when it existed. */
  delete(key: string): Promise<boolean>;

  /** The object's path on this machine's disk, undefined when the store is not local. */
  localPath(key: string): string | undefined;
}

/** A store that also lists unfinished writes, for maintenance. Returned by `openStore`. */
export interface ManagedStore extends ObjectStore {
  /**
   * Unfinished writes under a string prefix, in no particular order. GCS does not list its resumable sessions and drops
   * them after a week, so it returns none.
   */
  pendingUploads(prefix: string): AsyncIterable<PendingUpload>;

  /** Aborts an unfinished write and frees its space; no effect when it no longer exists. */
  abortUpload(upload: PendingUpload): Promise<void>;
}
