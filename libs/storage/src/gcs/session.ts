import { createHash, type Hash } from 'node:crypto';
import { ParquetryError } from '@parquetry/core';
import type { PartUpload } from '../remote/driver';
import { UploadLost } from '../remote/fault';
import { SessionError } from './fault';

const CHUNK = 256 << 10;

/**
 * A resumable upload session. Chunks are sent sequentially; the last one creates the object if its name is still free.
 * When a response is lost, the session is queried for the received offset. Its address works like a credential, so it
 * never leaves this class.
 */
export class ResumableSession implements PartUpload {
  readonly parallel = false;
  readonly partBytes: number;
  private readonly md5: Hash = createHash('md5');
  private hashed = 0;
  private sure = true;
  private outcome: 'made' | 'refused' | undefined;

  constructor(
    private readonly address: string,
    private readonly size: number,
    partBytes: number,
  ) {
    this.partBytes = Math.max(CHUNK, Math.floor(partBytes / CHUNK) * CHUNK);
  }

  async part(_index: number, offset: number, bytes: Buffer, signal: AbortSignal): Promise<void> {
    if (offset === this.hashed) {
      this.md5.update(bytes);
      this.hashed += bytes.length;
    }
    const end = offset + bytes.length;
    let from = this.sure ? offset : await this.send(Buffer.alloc(0), `bytes */${this.size}`, signal);
    while (from < end && this.outcome === undefined) {
      if (from < offset) throw new UploadLost();
      const rest = bytes.subarray(from - offset);
      const reached = await this.send(rest, `bytes ${from}-${end - 1}/${this.size}`, signal);
      if (reached <= from && this.outcome === undefined) throw new SessionError(308, undefined);
      from = reached;
    }
  }

  finish(): Promise<boolean> {
    if (this.outcome === undefined) throw new UploadLost();
    return Promise.resolve(this.outcome === 'made');
  }

  async abort(signal: AbortSignal): Promise<void> {
    const { status } = await fetch(this.address, { method: 'DELETE', signal });
    // 499: the session was cancelled. 404 and 410: it no longer exists.
    if (status >= 500 || status === 429) throw new SessionError(status, undefined);
  }

  /** Sends bytes, or queries the session; returns the number of bytes that it has received. */
  private async send(bytes: Uint8Array, range: string, signal: AbortSignal): Promise<number> {
    this.sure = false;
    const response = await fetch(this.address, {
      method: 'PUT',
      body: bytes,
      headers: { 'content-range': range, 'content-length': String(bytes.length) },
      redirect: 'manual',
      signal,
    });
    const { status, headers } = response;
    const text = await response.text();
    if (status === 308) {
      this.sure = true;
      const [, last] = /^bytes=0-(\d+)$/.exec(headers.get('range') ?? '') ?? [];
      return last === undefined ? 0 : Number(last) + 1;
    }
    if (status === 200 || status === 201) {
      this.assertSame(text);
      this.outcome = 'made';
      return this.size;
    }
    if (status === 412) {
      this.outcome = 'refused';
      return this.size;
    }
    if (status === 404 || status === 410) throw new UploadLost();
    throw new SessionError(status, headers.get('retry-after') ?? undefined);
  }

  private assertSame(text: string): void {
    const { md5Hash } = JSON.parse(text) as { md5Hash?: unknown };
    const md5 = this.md5.copy().digest('base64');
    if (typeof md5Hash !== 'string' || md5Hash === md5) return;
    throw new ParquetryError('VERIFY_MISMATCH', 'The uploaded object differs from what was sent.', {
      details: { md5, storedMd5: md5Hash.slice(0, 32) },
    });
  }
}
