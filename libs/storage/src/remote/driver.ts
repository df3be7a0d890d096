import type { ObjectInfo, PendingUpload } from '../store';
import type { Fault, Place } from './fault';

/** What HEAD says of an object. */
export interface RemoteInfo extends ObjectInfo {
  /** S3: the ETag. GCS: the generation. */
  readonly version: string;
  /** The random id that the write which made the object carried; undefined for objects of other programs. */
  readonly writeId: string | undefined;
  readonly sums: Checksums;
}

/** What the service itself computed of the bytes it stored, lower case hex. */
export interface Checksums {
  readonly sha256?: string;
  /** S3, objects uploaded in parts: sha256 over the sha256s of the parts. */
  readonly sha256OfParts?: string;
  readonly md5?: string;
}

/** When a write may happen. */
export type Condition = 'absent' | 'always' | { readonly version: string };

/** Where the bytes of a write come from: memory, or a local file that is streamed. */
export type Content = Uint8Array | { readonly file: string; readonly size: number; readonly md5: string };

/** One write of a whole object in one request. */
export interface PutRequest {
  readonly name: string;
  readonly content: Content;
  readonly sha256: string;
  readonly writeId: string;
  readonly condition: Condition;
}

/** Bytes that came in answer to one read. */
export interface RemoteBody {
  /** Where the bytes begin in the object, 0 when the server ignored the range. */
  readonly start: number;
  /** Bytes of the whole object. */
  readonly total: number;
  readonly version: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** One page of a listing, by full names. */
export interface Page {
  readonly objects: readonly (ObjectInfo & { readonly name: string })[];
  /** Folders, with `/` at their end, when a delimiter was asked for. */
  readonly folders: readonly string[];
  readonly next: string | undefined;
  /** False when the server lists folder by folder, so not in the order of the names' bytes. */
  readonly ordered: boolean;
}

/** A page asked for. */
export interface PageRequest {
  readonly prefix: string;
  readonly after?: string | undefined;
  readonly folders?: boolean;
  readonly next?: string | undefined;
}

/** An upload in parts that are sent one by one, or several at once where `parallel`. */
export interface PartUpload {
  readonly parallel: boolean;
  readonly partBytes: number;
  /** Sends part `index` (from 0), which begins at byte `offset`. May be sent again after a failure. */
  part(index: number, offset: number, bytes: Buffer, signal: AbortSignal): Promise<void>;
  /** Makes the object appear; false when its condition was refused, or the upload is gone: then HEAD decides. */
  finish(signal: AbortSignal): Promise<boolean>;
  /** Frees the parts. */
  abort(signal: AbortSignal): Promise<void>;
}

/**
 * A service behind a remote store: each method is one request, tried once, that throws what the SDK throws. Names are
 * whole object names in the bucket.
 */
export interface Driver {
  readonly bucket: string;

  /**
   * Whether the condition of an upload in parts is checked in the step that makes the object appear. Asked after a HEAD,
   * which tells whose server it is.
   */
  partsAreSafe(): Promise<boolean>;

  head(name: string, signal: AbortSignal): Promise<RemoteInfo | undefined>;

  /** False when the condition was refused. */
  put(request: PutRequest, signal: AbortSignal): Promise<boolean>;

  /** Bytes from `start` up to `end` (exclusive), of one version if named. Undefined when there is no such object. */
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

  /** Throws what a missing bucket makes the SDK throw; needs the right to list. */
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
