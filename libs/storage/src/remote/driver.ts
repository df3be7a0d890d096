import type { ObjectInfo, PendingUpload } from '../store';
import type { Fault, Place } from './fault';

/** The result of HEAD for an object. */
export interface RemoteInfo extends ObjectInfo {
  /** The random id of the write that created the object; undefined for objects of other programs. */
  readonly writeId: string | undefined;
  readonly sums: Checksums;
}

/** Checksums that the service computed from the stored bytes, lower case hex. */
export interface Checksums {
  readonly sha256?: string;
  /** S3 multipart uploads: sha256 over the sha256s of the parts. */
  readonly sha256OfParts?: string;
  readonly md5?: string;
}

/** Condition of a write; `version` as in `RemoteBody`, when the object must still have it. */
export type Condition = 'absent' | 'always' | { readonly version: string };

/** Source of the bytes of a write: memory, or a local file that is streamed. */
export type Content = Uint8Array | { readonly file: string; readonly size: number; readonly md5: string };

/** One write of a whole object in one request. */
export interface PutRequest {
  readonly name: string;
  readonly content: Content;
  readonly sha256: string;
  readonly writeId: string;
  readonly condition: Condition;
}

/** Bytes of one read response. */
export interface RemoteBody {
  /** Offset of the bytes in the object; 0 when the server ignored the range. */
  readonly start: number;
  /** Size of the whole object. */
  readonly total: number;
  /** S3: the ETag. GCS: the generation. */
  readonly version: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** One page of a listing, with full names. */
export interface Page {
  readonly objects: readonly (ObjectInfo & { readonly name: string })[];
  /** Folders, with a trailing `/`, when a delimiter was requested. */
  readonly folders: readonly string[];
  readonly next: string | undefined;
  /** False when the server lists folder by folder, and so not in byte order of the names. */
  readonly ordered: boolean;
}

/** Request for a page. */
export interface PageRequest {
  readonly prefix: string;
  readonly after?: string | undefined;
  readonly folders?: boolean;
  readonly next?: string | undefined;
}

/** A multipart upload; parts are sent sequentially, or concurrently when `parallel`. */
export interface PartUpload {
  readonly parallel: boolean;
  readonly partBytes: number;
  /** Sends part `index` (from 0), which starts at byte `offset`. A failed part may be sent again. */
  part(index: number, offset: number, bytes: Buffer, signal: AbortSignal): Promise<void>;
  /** Completes the object; false when the condition failed or the upload no longer exists: then HEAD decides. */
  finish(signal: AbortSignal): Promise<boolean>;
  /** Frees the parts. */
  abort(signal: AbortSignal): Promise<void>;
}

/**
 * The service behind a remote store: each method sends one request without retries and throws the SDK's errors. Names
 * are full object names in the bucket.
 */
export interface Driver {
  readonly bucket: string;

  /**
   * Whether the condition of a multipart upload is checked atomically when it completes. Called after a HEAD, which
   * identifies the server.
   */
  partsAreSafe(): Promise<boolean>;

  head(name: string, signal: AbortSignal): Promise<RemoteInfo | undefined>;

  /** False when the condition failed. */
  put(request: PutRequest, signal: AbortSignal): Promise<boolean>;

  /** Bytes from `start` to `end` (exclusive), of `version` if given. Undefined when the object does not exist. */
  read(
    name: string,
    range: {
      readonly start: number;
      readonly end?: number | undefined;
      readonly version?: string | undefined;
    },
    signal: AbortSignal,
  ): Promise<RemoteBody | undefined>;

  remove(name: string, signal: AbortSignal): Promise<void>;

  page(request: PageRequest, signal: AbortSignal): Promise<Page>;

  /** Throws the SDK's error when the bucket is missing; needs list permission. */
  assertBucket(name: string, signal: AbortSignal): Promise<void>;

  begin(
    request: {
      readonly name: string;
      readonly size: number;
      readonly sha256: string;
      readonly writeId: string;
    },
    signal: AbortSignal,
  ): Promise<PartUpload>;

  pending(
    prefix: string,
    next: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly uploads: readonly PendingUpload[]; readonly next: string | undefined }>;

  abort(upload: PendingUpload, signal: AbortSignal): Promise<void>;

  fault(error: unknown, place: Place): Fault;
}
