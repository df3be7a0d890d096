import { createHash } from 'node:crypto';
import type { CompletedPart, CreateMultipartUploadCommandInput } from '@aws-sdk/client-s3';
import type { PartUpload } from '../remote/driver';
import { UploadLost } from '../remote/fault';
import { partBytesOf, type RemoteSettings } from '../settings';
import { type S3Sdk, s3Client } from './client';
import { s3Answer, s3Status } from './fault';

/** A running multipart upload. It becomes an object only if its key is free at completion. */
export class S3Parts implements PartUpload {
  readonly parallel = true;
  readonly partBytes: number;
  private readonly sent = new Map<number, CompletedPart>();

  private constructor(
    private readonly target: { readonly Bucket: string; readonly Key: string; readonly UploadId: string },
    private readonly settings: RemoteSettings,
    size: number,
  ) {
    this.partBytes = partBytesOf(size, settings);
  }

  static async begin(
    s3: S3Sdk,
    input: CreateMultipartUploadCommandInput & { readonly Bucket: string; readonly Key: string },
    settings: RemoteSettings,
    size: number,
    abortSignal: AbortSignal,
  ): Promise<S3Parts> {
    const { UploadId } = await s3.client.send(
      new s3.sdk.CreateMultipartUploadCommand({
        ...input,
        ...(settings.checksum === 'sha256' ? { ChecksumAlgorithm: 'SHA256' as const } : {}),
      }),
      { abortSignal },
    );
    if (UploadId === undefined) throw new UploadLost();
    return new S3Parts({ Bucket: input.Bucket, Key: input.Key, UploadId }, settings, size);
  }

  async part(index: number, _offset: number, bytes: Buffer, abortSignal: AbortSignal): Promise<void> {
    const PartNumber = index + 1;
    const checksum =
      this.settings.checksum === 'sha256'
        ? { ChecksumSHA256: createHash('sha256').update(bytes).digest('base64') }
        : {};
    const input = {
      ...{ ...this.target, PartNumber, Body: bytes, ContentLength: bytes.length },
      ...checksum,
      ...customerKeyInput(this.settings.customerKey),
    };
    const { sdk, client } = await this.s3();
    try {
      const { ETag } = await client.send(new sdk.UploadPartCommand(input), { abortSignal });
      this.sent.set(index, { PartNumber, ...(ETag === undefined ? {} : { ETag }), ...checksum });
    } catch (error) {
      throw s3Answer(error).reason === 'NoSuchUpload' ? new UploadLost() : error;
    }
  }

  async finish(abortSignal: AbortSignal): Promise<boolean> {
    const Parts = [...this.sent.entries()].sort(([a], [b]) => a - b).map(([, part]) => part);
    const { sdk, client } = await this.s3();
    try {
      await client.send(
        new sdk.CompleteMultipartUploadCommand({
          ...this.target,
          ...customerKeyInput(this.settings.customerKey),
          IfNoneMatch: '*',
          MultipartUpload: { Parts },
        }),
        { abortSignal },
      );
      return true;
    } catch (error) {
      // 409: another write to the key was running; 404: completed by a request with a lost response, or aborted.
      if ([404, 409, 412].includes(s3Status(error) ?? 0) && s3Answer(error).reason !== 'NoSuchBucket')
        return false;
      throw error;
    }
  }

  async abort(abortSignal: AbortSignal): Promise<void> {
    await abortUpload(await this.s3(), this.target, abortSignal);
  }

  /** The client of now: after a renewal of the credentials it is another one. */
  private s3(): Promise<S3Sdk> {
    return s3Client(this.settings);
  }
}

/** The customer's key of a request that writes or reads an object; the SDK adds its checksum. */
export function customerKeyInput(key: string | undefined): {
  readonly SSECustomerAlgorithm?: 'AES256';
  readonly SSECustomerKey?: string;
} {
  return key === undefined ? {} : { SSECustomerAlgorithm: 'AES256', SSECustomerKey: key };
}

/** Frees the parts of a multipart upload; no effect when it no longer exists. */
export async function abortUpload(
  s3: S3Sdk,
  target: { readonly Bucket: string; readonly Key: string; readonly UploadId: string },
  abortSignal: AbortSignal,
): Promise<void> {
  try {
    await s3.client.send(new s3.sdk.AbortMultipartUploadCommand(target), { abortSignal });
  } catch (error) {
    if (s3Answer(error).reason !== 'NoSuchUpload' && s3Status(error) !== 404) throw error;
  }
}
