import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type {
  Checksums,
  Content,
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
import { forgetS3Client, type S3Sdk, s3Client } from './client';
import { s3Answer, s3Status } from './fault';
import { abortUpload, customerKeyInput, S3Parts } from './parts';

const WRITE_ID = 'parquetry-write';
const SHA256 = 'parquetry-sha256';

/** Single requests to one S3 bucket. */
export class S3Driver implements Driver {
  constructor(
    readonly bucket: string,
    private readonly settings: RemoteSettings,
  ) {}

  /**
   * SeaweedFS does not check `If-None-Match` and complete a multipart upload atomically; a rival can write in between.
   */
  async partsAreSafe(): Promise<boolean> {
    const { parts } = this.settings;
    return parts === 'auto' ? !isSeaweed((await this.s3()).server()) : parts === 'always';
  }

  async head(name: string, abortSignal: AbortSignal): Promise<RemoteInfo | undefined> {
    const { sdk, client } = await this.s3();
    try {
      const mode = this.settings.checksum === 'none' ? {} : { ChecksumMode: 'ENABLED' as const };
      const found = await client.send(
        new sdk.HeadObjectCommand({ ...this.at(name), ...mode, ...this.customerKey() }),
        {
          abortSignal,
        },
      );
      return {
        size: found.ContentLength ?? 0,
        modified: found.LastModified?.getTime() ?? 0,
        writeId: found.Metadata?.[WRITE_ID],
        sums: checksums(found.ChecksumSHA256),
      };
    } catch (error) {
      const { status, reason } = s3Answer(error);
      if (status === 404 && reason !== 'NoSuchBucket') return undefined;
      // The response to a HEAD has no body with the reason, such as ExpiredToken; that to a GET has.
      if (status === 400 || status === 403) await this.assertBucket(name, abortSignal);
      throw error;
    }
  }

  async put(request: PutRequest, abortSignal: AbortSignal): Promise<boolean> {
    const { sdk, client } = await this.s3();
    const { condition, content, sha256 } = request;
    const body = opened(content, abortSignal);
    const input: PutObjectCommandInput = {
      ...this.at(request.name),
      ...this.stored(request),
      Body: body,
      ContentLength: content instanceof Uint8Array ? content.length : content.size,
      ...(this.settings.checksum === 'sha256'
        ? { ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64') }
        : {}),
      ...(condition === 'absent' ? { IfNoneMatch: '*' } : {}),
      ...(typeof condition === 'object' ? { IfMatch: condition.version } : {}),
    };
    try {
      await client.send(new sdk.PutObjectCommand(input), { abortSignal });
      return true;
    } catch (error) {
      const status = s3Status(error);
      // 409: a conflicting write was running.
      if (status === 412 || status === 409) return false;
      if (typeof condition === 'object') {
        // The object was deleted, or the server does not know this condition.
        if (status === 404 && s3Answer(error).reason !== 'NoSuchBucket') return false;
        if (status === 501) return await this.put({ ...request, condition: 'always' }, abortSignal);
      }
      throw error;
    } finally {
      if (body instanceof Readable) body.destroy();
    }
  }

  async read(
    name: string,
    { start, end, version }: { start: number; end?: number | undefined; version?: string | undefined },
    abortSignal: AbortSignal,
  ): Promise<RemoteBody | undefined> {
    const { sdk, client } = await this.s3();
    const whole = start === 0 && end === undefined;
    const range = whole ? {} : { Range: `bytes=${start}-${end === undefined ? '' : end - 1}` };
    const match = version === undefined ? {} : { IfMatch: version };
    try {
      const input = { ...this.at(name), ...range, ...match, ...this.customerKey() };
      const found = await client.send(new sdk.GetObjectCommand(input), { abortSignal });
      const [, from, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(found.ContentRange ?? '') ?? [];
      return {
        start: Number(from ?? 0),
        total: Number(total ?? found.ContentLength ?? 0),
        version: found.ETag ?? '',
        bytes: found.Body as AsyncIterable<Uint8Array>,
      };
    } catch (error) {
      const { status, reason } = s3Answer(error);
      if (status === 416) return { start, total: start, version: version ?? '', bytes: nothing() };
      if (status === 412) throw new ObjectChanged();
      if (status === 404 && reason !== 'NoSuchBucket') return undefined;
      throw error;
    }
  }

  async remove(name: string, abortSignal: AbortSignal): Promise<void> {
    const { sdk, client } = await this.s3();
    await client.send(new sdk.DeleteObjectCommand(this.at(name)), { abortSignal });
  }

  async page(request: PageRequest, abortSignal: AbortSignal): Promise<Page> {
    const { sdk, client, server } = await this.s3();
    const { prefix, after, folders, next } = request;
    const found = await client.send(
      new sdk.ListObjectsV2Command({
        Bucket: this.bucket,
        Prefix: prefix,
        EncodingType: 'url',
        ...(folders === true ? { Delimiter: '/' } : {}),
        ...(next !== undefined
          ? { ContinuationToken: next }
          : after !== undefined
            ? { StartAfter: after }
            : {}),
      }),
      { abortSignal },
    );
    const decode = found.EncodingType === 'url' ? decodeName : (text: string) => text;
    return {
      objects: (found.Contents ?? []).map(({ Key = '', Size = 0, LastModified }) => ({
        name: decode(Key),
        size: Size,
        modified: LastModified?.getTime() ?? 0,
      })),
      folders: (found.CommonPrefixes ?? []).map(({ Prefix = '' }) => decode(Prefix)),
      next: found.IsTruncated === true ? found.NextContinuationToken : undefined,
      ordered: this.ordered(server()),
    };
  }

  /** Unlike HEAD, GET reports a missing bucket in its body. */
  async assertBucket(name: string, abortSignal: AbortSignal): Promise<void> {
    const body = await this.read(name, { start: 0, end: 1 }, abortSignal);
    for await (const chunk of body?.bytes ?? []) if (chunk.length > 0) break;
  }

  async begin(
    request: { name: string; size: number; sha256: string; writeId: string },
    abortSignal: AbortSignal,
  ): Promise<PartUpload> {
    const input = { ...this.at(request.name), ...this.stored(request) };
    return S3Parts.begin(await this.s3(), input, this.settings, request.size, abortSignal);
  }

  async pending(
    prefix: string,
    next: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<{ uploads: PendingUpload[]; next: string | undefined }> {
    const { sdk, client } = await this.s3();
    const [KeyMarker, UploadIdMarker] = next === undefined ? [] : (JSON.parse(next) as [string, string]);
    const found = await client.send(
      new sdk.ListMultipartUploadsCommand({
        Bucket: this.bucket,
        Prefix: prefix,
        ...(KeyMarker === undefined ? {} : { KeyMarker }),
        ...(UploadIdMarker === undefined ? {} : { UploadIdMarker }),
      }),
      { abortSignal },
    );
    return {
      uploads: (found.Uploads ?? []).map(({ Key = '', UploadId = '', Initiated }) => ({
        key: Key,
        id: UploadId,
        started: Initiated?.getTime() ?? 0,
      })),
      next:
        found.IsTruncated === true
          ? JSON.stringify([found.NextKeyMarker ?? '', found.NextUploadIdMarker ?? ''])
          : undefined,
    };
  }

  async abort({ key, id }: PendingUpload, abortSignal: AbortSignal): Promise<void> {
    await abortUpload(await this.s3(), { ...this.at(key), UploadId: id }, abortSignal);
  }

  fault(error: unknown, place: Place): Fault {
    const answer = s3Answer(error);
    // After a renewal the worker need not be restarted.
    if (refusesCredentials(answer)) forgetS3Client(this.settings);
    return remoteFault(error, answer, place);
  }

  /** SeaweedFS lists folder by folder, S3 Express in no order; the others in byte order of the keys. */
  private ordered(server: string | undefined): boolean {
    if (this.settings.listing !== 'auto') return this.settings.listing === 'flat';
    return !isSeaweed(server) && !this.bucket.endsWith('--x-s3');
  }

  private stored(request: { readonly sha256: string; readonly writeId: string }) {
    const { storageClass } = this.settings;
    return {
      ContentType: 'application/octet-stream',
      Metadata: { [WRITE_ID]: request.writeId, [SHA256]: request.sha256 },
      ...this.encryption(),
      ...(storageClass === undefined ? {} : { StorageClass: storageClass as 'STANDARD' }),
    };
  }

  /** How the service encrypts a new object. */
  private encryption() {
    const { serverSideEncryption, kmsKeyId, customerKey } = this.settings;
    if (customerKey !== undefined) return customerKeyInput(customerKey);
    return {
      ...(serverSideEncryption === undefined
        ? {}
        : { ServerSideEncryption: serverSideEncryption as 'AES256' | 'aws:kms' }),
      ...(kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId }),
    };
  }

  private customerKey() {
    return customerKeyInput(this.settings.customerKey);
  }

  private at(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: name };
  }

  private s3(): Promise<S3Sdk> {
    return s3Client(this.settings);
  }
}

/** `base64`, or `base64-N` over N parts. */
function checksums(text: string | undefined): Checksums {
  const [, sum, parts] = /^([A-Za-z0-9+/]{43}=)(-\d+)?$/.exec(text ?? '') ?? [];
  if (sum === undefined) return {};
  const hex = Buffer.from(sum, 'base64').toString('hex');
  return parts === undefined ? { sha256: hex } : { sha256OfParts: hex };
}

function isSeaweed(server: string | undefined): boolean {
  return /^seaweedfs/i.test(server ?? '');
}

/** The body of one request; each request opens the file again. */
function opened(content: Content, signal: AbortSignal): Uint8Array | Readable {
  return content instanceof Uint8Array ? content : createReadStream(content.file, { signal });
}

function decodeName(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
