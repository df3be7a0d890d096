import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { systemErrorCode } from '@parquetry/core';
import type { RemoteInfo } from './driver';

/** A local file whose sha256 is known, and the parts it is uploaded in. */
export interface LocalFile {
  readonly path: string;
  /** Lower case hex. */
  readonly sha256: string;
  /** Bytes of a part. */
  readonly partBytes: number;
}

/**
 * Whether a service's own checksum of an object says that its bytes are those of a local file; undefined when it keeps
 * none that can be compared, and the object must be read. The sums are the service's, made of the bytes it stored.
 */
export async function checksumSays(
  { sums }: Pick<RemoteInfo, 'sums'>,
  file: LocalFile,
): Promise<boolean | undefined> {
  if (sums.sha256 !== undefined) return sums.sha256 === file.sha256;
  if (sums.sha256OfParts === undefined && sums.md5 === undefined) return undefined;
  const own = await fileSums(file);
  if (own === undefined) return undefined;
  // Parts of another size give another sum for the same bytes: only equality says something there.
  if (sums.sha256OfParts !== undefined) return own.ofParts === sums.sha256OfParts || undefined;
  return own.md5 === sums.md5;
}

/** The sums of a file as services make them; undefined when it is gone, or is not the file it was. */
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
