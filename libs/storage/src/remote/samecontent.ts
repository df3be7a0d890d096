import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { systemErrorCode } from '@parquetry/core';
import type { RemoteInfo } from './driver';

/** A local file with its sha256, and its part size in uploads. */
export interface LocalFile {
  readonly path: string;
  /** Lower case hex. */
  readonly sha256: string;
  /** Bytes of a part. */
  readonly partBytes: number;
}

/**
 * Whether the service's checksum of an object proves that its bytes equal a local file; undefined when no checksum is
 * comparable and the object must be read. The service computes its checksums from the stored bytes.
 */
export async function checksumMatches(
  { sums }: Pick<RemoteInfo, 'sums'>,
  file: LocalFile,
): Promise<boolean | undefined> {
  if (sums.sha256 !== undefined) return sums.sha256 === file.sha256;
  if (sums.sha256OfParts === undefined && sums.md5 === undefined) return undefined;
  const own = await fileSums(file);
  if (own === undefined) return undefined;
  // Other part sizes give another checksum for the same bytes: only equality is conclusive.
  if (sums.sha256OfParts !== undefined) return own.ofParts === sums.sha256OfParts || undefined;
  return own.md5 === sums.md5;
}

/** The checksums of a file as services compute them; undefined when the file is missing or has changed. */
async function fileSums(file: LocalFile): Promise<{ md5: string; ofParts: string } | undefined> {
  const [whole, md5, sums] = [createHash('sha256'), createHash('md5'), createHash('sha256')];
  let part = createHash('sha256');
  let filled = 0;
  try {
    for await (const chunk of createReadStream(file.path) as AsyncIterable<Buffer>) {
      whole.update(chunk);
      md5.update(chunk);
      for (let at = 0; at < chunk.length;) {
        const bytes = chunk.subarray(at, at + file.partBytes - filled);
        part.update(bytes);
        at += bytes.length;
        filled += bytes.length;
        if (filled < file.partBytes) continue;
        sums.update(part.digest());
        part = createHash('sha256');
        filled = 0;
      }
    }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (filled > 0) sums.update(part.digest());
  if (whole.digest('hex') !== file.sha256) return undefined;
  return { md5: md5.digest('hex'), ofParts: sums.digest('hex') };
}
