import type { FileIdentity } from '@parquetry/core';

/** Whether a create-only write made the object, or found one at the key and left it alone. */
export type PutOutcome = 'created' | 'exists';

/** Whether a write that named a version replaced it, or found another one, or none, and left it alone. */
export type MatchOutcome = 'replaced' | 'changed';

/** What a store knows of an object without reading it. */
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

/** A file's bytes, told from all others. */
export interface ContentIdentity {
  /** Lower case hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** What the caller knows of a file it uploads; the store refuses other bytes. */
export interface UploadExpectation extends ContentIdentity {
  /** Stops the upload. Nothing half-written is visible and parts are freed; an object whole by then stays. */
  readonly signal?: AbortSignal;
  /** The file's bytes never change any more, so the store may keep the file itself, by another name, and no copy of it. */
  readonly final?: boolean;
  /** The file's mark when its bytes were found to be the expected ones: a file that still has it isn't read again. */
  readonly checked?: FileIdentity;
}

/** A write that began and did not end: parts of a multipart upload, or a temporary file of the local store. */
export interface PendingUpload {
  /** The key it would have made; on local disk the path of the temporary file below the root. */
  readonly key: string;
  /** The store's own name for it. */
  readonly id: string;
  /** When it began, Unix milliseconds. */
  readonly started: number;
}

/**
 * Objects by key under one root. A key is a relative path with `/` between its parts (see `assertKey`). An object is
 * seen whole or not at all, and a write that returned is durable. Create-only writes are the one conditional operation
 * that the commit protocol needs: link(2) on local disk, `If-None-Match: *` on S3, generation 0 on GCS. A write of ours
 * whose answer was lost is recognised as ours: `exists` always means somebody else's object.
 *
 * Every operation throws ParquetryError: KEY_INVALID, PERMISSION_DENIED, STORAGE_NOT_FOUND, STORAGE_REFUSED,
 * CONFIG_INVALID, STORAGE_FULL, STORAGE_UNREACHABLE (after retries), ARCHIVE_INVALID when the root can't hold objects.
 * No error holds a credential.
 */
export interface ObjectStore {
  /** The root as people know it: a path, `s3://…`, `gs://…`. Never holds a credential. */
  readonly uri: string;

  /** Creates an object unless one is there; never overwrites. */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<PutOutcome>;

  /** Creates or replaces an object in one step. Only for hints that may be lost, such as `_last_checkpoint`. */
  replace(key: string, bytes: Uint8Array): Promise<void>;

  /**
   * Creates an object from a local file unless one is there; `exists` says nothing of the content there.
   * @throws ParquetryError VERIFY_MISMATCH when the file's bytes are not the expected ones, STAGE_LOST when there is no
   *   such file, CANCELLED
   */
  uploadIfAbsent(key: string, localFile: string, expected: UploadExpectation): Promise<PutOutcome>;

  /** @throws ParquetryError OBJECT_NOT_FOUND */
  get(key: string): Promise<Uint8Array>;

  /**
   * Bytes `[start, start + length)`, fewer where the object ends before.
   * @throws ParquetryError OBJECT_NOT_FOUND
   */
  getRange(key: string, start: number, length: number): Promise<Uint8Array>;

  /**
   * The object as a stream, one version of it, for what may not fit into memory.
   * @throws ParquetryError OBJECT_NOT_FOUND, STORAGE_UNREACHABLE also when the object was replaced meanwhile
   */
  read(key: string): AsyncIterable<Uint8Array>;

  /** Size and age of an object, undefined when there is none. */
  stat(key: string): Promise<ObjectInfo | undefined>;

  /**
   * sha256 (hex) of the stored bytes, read as a stream.
   * @throws ParquetryError OBJECT_NOT_FOUND
   */
  sha256(key: string): Promise<string>;

  /**
   * Whether an object is there with exactly the bytes of a local file: by the checksum that the service itself made of
   * what it stored (S3: sha256, also over parts; GCS: md5), and where it keeps none by reading the object. The file is
   * read where the service's sum is of another kind; when it is gone, the object is.
   */
  holds(key: string, localFile: string, identity: ContentIdentity): Promise<boolean>;

  /**
   * Objects whose key begins with `prefix` (a text prefix, not only whole parts), in the order of their keys' UTF-8
   * bytes, without the store's own temporary files. `after` leaves out that key and all before it.
   */
  list(prefix: string, options?: { readonly after?: string }): AsyncIterable<ListedObject>;

  /** Names of the folders directly below `folder` (no slash at its end, `''` is the root), in order. */
  folders(folder: string): AsyncIterable<string>;

  /** Names of what is directly below `folder`, as `folders` takes it, in order: objects, and folders with a slash. */
  names(folder: string): AsyncIterable<string>;

  /** Removes an object; true when one was there. */
  delete(key: string): Promise<boolean>;

  /** The object's path on this machine's disk, undefined when the store is not local. */
  localPath(key: string): string | undefined;
}

/** What upkeep needs besides: compare and set, and the writes that never ended. `openStore` gives one. */
export interface ManagedStore extends ObjectStore {
  /** Names the content that an object has now. Undefined when there is no object. */
  version(key: string): Promise<string | undefined>;

  /**
   * Replaces an object if it still has `version`. Exact among callers of this operation on all stores; on local disk
   * `replace` and `delete` do not take part.
   */
  putIfMatches(key: string, bytes: Uint8Array, version: string): Promise<MatchOutcome>;

  /**
   * Writes that began and did not end, under a text prefix, in no promised order. GCS keeps no list of its resumable
   * sessions and drops them itself after a week, so there are none to see there.
   */
  pendingUploads(prefix: string): AsyncIterable<PendingUpload>;

  /** Ends such a write and frees what it holds; nothing happens when it is gone already. */
  abortUpload(upload: PendingUpload): Promise<void>;
}
