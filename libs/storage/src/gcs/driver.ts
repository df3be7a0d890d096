import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type {
  Driver,
  Page,
  PageRequest,
  PartUpload,
  PutRequest,
  RemoteBody,
  RemoteInfo,
} from '../remote/driver';
import { type Fault, type Place, ObjectChanged, refusesCredentials, remoteFault } from '../remote/fault';
import type { RemoteSettings } from '../settings';
import type { PendingUpload } from '../store';
import { forgetGcsClient, type GcsBucket, gcsBucket } from './client';
import { gcsAnswer, gcsStatus } from './fault';
import { ResumableSession } from './session';

const WRITE_ID = 'parquetry-write';
const SHA256 = 'parquetry-sha256';
const PAGE = 1000;

/** The parts of an object's metadata that are read. */
interface Metadata {
  readonly name?: string;
  readonly size?: string | number;
  readonly updated?: string;
  readonly generation?: string | number;
  readonly md5Hash?: string;
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Single requests to one GCS bucket. */
export class GcsDriver implements Driver {
  constructor(
    readonly bucket: string,
    private readonly settings: RemoteSettings,
  ) {}

  /** Emulators (fake-gcs-server) ignore the preconditions of upload sessions. */
  partsAreSafe(): Promise<boolean> {
    const { parts, endpoint } = this.settings;
    return Promise.resolve(parts === 'auto' ? endpoint === undefined : parts === 'always');
  }

  async head(name: string): Promise<RemoteInfo | undefined> {
    const bucket = await this.gcs();
    try {
      const [found] = (await bucket.file(name).getMetadata()) as [Metadata, unknown];
      const writeId = found.metadata?.[WRITE_ID];
      return {
        ...described(found),
        writeId: typeof writeId === 'string' ? writeId : undefined,
        sums: found.md5Hash ? { md5: Buffer.from(found.md5Hash, 'base64').toString('hex') } : {},
      };
    } catch (error) {
      if (gcsStatus(error) === 404) return undefined;
      throw error;
    }
  }

  async put(request: PutRequest): Promise<boolean> {
    const bucket = await this.gcs();
    const { content, condition, name } = request;
    const small = content instanceof Uint8Array;
    const options = {
      resumable: false,
      validation: false,
      metadata: {
        ...this.stored(request),
        md5Hash: small ? createHash('md5').update(content).digest('base64') : content.md5,
      },
      ...(condition === 'always'
        ? {}
        : {
            preconditionOpts: { ifGenerationMatch: condition === 'absent' ? 0 : condition.version },
          }),
    };
    try {
      if (small)
        await bucket
          .file(name)
          .save(Buffer.from(content.buffer, content.byteOffset, content.length), options);
      else await pipeline(createReadStream(content.file), bucket.file(name).createWriteStream(options));
      return true;
    } catch (error) {
      if ([409, 412].includes(gcsStatus(error) ?? 0)) return false;
      throw missingBucket(error);
    }
  }

  async read(
    name: string,
    { start, end, version }: { start: number; end?: number | undefined; version?: string | undefined },
  ): Promise<RemoteBody | undefined> {
    const bucket = await this.gcs();
    const whole = start === 0 && end === undefined;
    const stream = bucket.file(name, version === undefined ? {} : { generation: version }).createReadStream({
      validation: false,
      decompress: false,
      ...(whole ? {} : { start, ...(end === undefined ? {} : { end: end - 1 }) }),
    });
    try {
      const headers = await answered(stream);
      const [, from, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
      return {
        start: Number(from ?? 0),
        total: Number(total ?? headers['content-length'] ?? 0),
        version: version ?? headers['x-goog-generation'] ?? '',
        bytes: stream,
      };
    } catch (error) {
      stream.destroy();
      const status = gcsStatus(error);
      if (status === 416) return { start, total: start, version: version ?? '', bytes: nothing() };
      if (status === 404 && version !== undefined) throw new ObjectChanged();
      if (status === 404) return undefined;
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    const bucket = await this.gcs();
    try {
      await bucket.file(name).delete();
    } catch (error) {
      if (gcsStatus(error) !== 404) throw error;
    }
  }

  async page({ prefix, after, folders, next }: PageRequest): Promise<Page> {
    const bucket = await this.gcs();
    try {
      const [files, query, body] = (await bucket.getFiles({
        autoPaginate: false,
        maxResults: PAGE,
        prefix,
        ...(folders === true ? { delimiter: '/' } : {}),
        ...(after === undefined ? {} : { startOffset: after }),
        ...(next === undefined ? {} : { pageToken: next }),
      })) as [
        readonly { readonly name: string; readonly metadata: Metadata }[],
        { readonly pageToken?: string } | null,
        { readonly prefixes?: readonly string[] } | undefined,
      ];
      return {
        objects: files.map(({ name, metadata }) => ({ name, ...described(metadata) })),
        folders: body?.prefixes ?? [],
        next: query?.pageToken,
        ordered: true,
      };
    } catch (error) {
      throw missingBucket(error);
    }
  }

  /** GCS returns 404 for both; a listing needs only the bucket. */
  async assertBucket(name: string): Promise<void> {
    const bucket = await this.gcs();
    try {
      await bucket.getFiles({ autoPaginate: false, maxResults: 1, prefix: name });
    } catch (error) {
      throw missingBucket(error);
    }
  }

  async begin(request: { name: string; size: number; sha256: string; writeId: string }): Promise<PartUpload> {
    const bucket = await this.gcs();
    try {
      const [address] = await bucket.file(request.name).createResumableUpload({
        preconditionOpts: { ifGenerationMatch: 0 },
        metadata: this.stored(request),
      });
      return new ResumableSession(address, request.size, this.settings.partBytes);
    } catch (error) {
      throw missingBucket(error);
    }
  }

  /** GCS has no list of its sessions. */
  pending(): Promise<{ uploads: PendingUpload[]; next: undefined }> {
    return Promise.resolve({ uploads: [], next: undefined });
  }

  abort(): Promise<void> {
    return Promise.resolve();
  }

  fault(error: unknown, place: Place): Fault {
    const answer = { ...gcsAnswer(error), ...(error instanceof NoBucket ? NO_BUCKET : {}) };
    if (refusesCredentials(answer)) forgetGcsClient(this.settings);
    return remoteFault(error, answer, place);
  }

  private stored(request: { readonly sha256: string; readonly writeId: string }) {
    const { storageClass, kmsKeyId } = this.settings;
    return {
      contentType: 'application/octet-stream',
      metadata: { [WRITE_ID]: request.writeId, [SHA256]: request.sha256 },
      ...(storageClass === undefined ? {} : { storageClass }),
      ...(kmsKeyId === undefined ? {} : { kmsKeyName: kmsKeyId }),
    };
  }

  private gcs(): Promise<GcsBucket> {
    return gcsBucket(this.bucket, this.settings);
  }
}

const NO_BUCKET = { status: 404, reason: 'NoSuchBucket' };

class NoBucket extends Error {}

function missingBucket(error: unknown): unknown {
  return gcsStatus(error) === 404 ? new NoBucket() : error;
}

function described({ size, updated }: Metadata): { size: number; modified: number } {
  return { size: Number(size ?? 0), modified: updated === undefined ? 0 : Date.parse(updated) };
}

/** Waits for the headers of a read; rejects when the stream fails first, for example because access is denied. */
function answered(stream: Readable): Promise<Readonly<Record<string, string | undefined>>> {
  return new Promise((resolve, reject) => {
    // This listener stays: a failure between two reads must not end the process.
    stream.on('error', reject);
    stream.once('response', (answer: Answered) => {
      if (answer.statusCode < 300) resolve(answer.headers);
    });
    // The SDK sends the request when the stream is first read.
    stream.read(0);
  });
}

interface Answered {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
