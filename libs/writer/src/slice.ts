import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { PART_BYTES, PART_ROWS, ParquetryError } from '@parquetry/core';
import type { Part } from './parts';

const BLOCK = 1 << 20;

/** Bytes of a stage, counted over all its parts. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Copies whole lines out of a stage into parts of their own, which begin with the first of them: DuckDB then reads them
 * in whole vectors, wherever they lay in the stage.
 */
export async function copyLines(
  parts: readonly Part[],
  bytes: ByteRange,
  dir: string,
  signal?: AbortSignal,
): Promise<Part[]> {
  const out = new SliceFiles(dir);
  const block = Buffer.allocUnsafe(BLOCK);
  try {
    let partStart = 0;
    for (const part of parts) {
      const end = Math.min(bytes.end, partStart + part.size) - partStart;
      const start = Math.max(bytes.start - partStart, 0);
      partStart += part.size;
      if (start >= end) continue;
      const source = await open(part.path, 'r');
      try {
        for (let at = start; at < end;) {
          if (signal?.aborted === true)
            throw new ParquetryError('CANCELLED', 'Cancelled while staged rows were copied.');
          const { bytesRead } = await source.read(block, 0, Math.min(BLOCK, end - at), at);
          if (bytesRead === 0) throw new ParquetryError('STAGE_LOST', 'The staged rows were cut short.');
          await out.write(block.subarray(0, bytesRead));
          at += bytesRead;
        }
      } finally {
        await source.close();
      }
    }
    return await out.finish();
  } catch (error) {
    await out.finish();
    throw error;
  }
}

/** Writes lines into files that end at a multiple of `PART_ROWS` lines and about `PART_BYTES` bytes. */
class SliceFiles {
  private readonly files: Part[] = [];
  private handle: FileHandle | undefined;
  private size = 0;
  private lines = 0;

  constructor(private readonly dir: string) {}

  async write(bytes: Buffer): Promise<void> {
    let from = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
      this.lines += 1;
      if (this.lines % PART_ROWS !== 0 || this.size + at + 1 - from < PART_BYTES) continue;
      await this.append(bytes.subarray(from, at + 1));
      await this.close();
      from = at + 1;
    }
    if (from < bytes.length) await this.append(bytes.subarray(from));
  }

  async finish(): Promise<Part[]> {
    await this.close();
    return this.files;
  }

  private async append(bytes: Buffer): Promise<void> {
    this.handle ??= await open(this.name(), 'w');
    await this.handle.writeFile(bytes);
    this.size += bytes.length;
  }

  private async close(): Promise<void> {
    if (this.handle === undefined) return;
    await this.handle.close();
    this.files.push({ path: this.name(), size: this.size });
    this.handle = undefined;
    this.size = 0;
  }

  private name(): string {
    return path.join(this.dir, `${this.files.length}.ndjson`);
  }
}
