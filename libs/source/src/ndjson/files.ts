import { createHash } from 'node:crypto';
import { open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError, systemErrorCode } from '@parquetry/core';
import { glob, isDynamicPattern } from 'tinyglobby';

/** How a file's bytes are packed. */
export type Packing = 'none' | 'gzip' | 'zstd';

/** A source file. */
export interface SourceFile {
  /** As the user wrote it or the glob found it; used in positions. */
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
  readonly packing: Packing;
  /** Bytes as stored. */
  readonly size: number;
  /** Name of its decompressed copy in a spool folder; changes when the file does. */
  readonly spool?: string;
}

/**
 * The files of a spec: comma-separated paths and globs, in stated order, the matches of a glob in byte order, each file
 * once. A path that exists is taken as it is, whatever characters it has.
 * @throws ParquetryError SOURCE_NOT_FOUND when a part of the spec names no file, SOURCE_INVALID for a folder
 */
export async function listFiles(spec: string): Promise<SourceFile[]> {
  const names = (await isFile(spec)) ? [spec] : (await Promise.all(spec.split(',').map(expand))).flat();
  const files: SourceFile[] = [];
  const seen = new Set<string>();
  for (const name of names) {
    const file = await realpath(name);
    if (seen.has(file)) continue;
    seen.add(file);
    files.push(await inspect(name, file));
  }
  return files;
}

async function expand(part: string): Promise<string[]> {
  const text = part.trim();
  if (text !== '' && (await isFile(text))) return [text];
  const matches =
    text !== '' && isDynamicPattern(text)
      ? await glob(text, { onlyFiles: true, dot: false, expandDirectories: false })
      : [];
  if (matches.length === 0)
    throw new ParquetryError('SOURCE_NOT_FOUND', `No file matches ${JSON.stringify(text)}.`, {
      hint: 'Name NDJSON files or globs, such as ndjson:./messages/*.ndjson (quote it in a shell).',
    });
  return matches.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function isFile(name: string): Promise<boolean> {
  try {
    if ((await stat(name)).isFile()) return true;
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'EINVAL') return false;
    if (code === 'ERR_INVALID_ARG_VALUE') return false;
    throw cause;
  }
  throw new ParquetryError('SOURCE_INVALID', `${name} is not a file.`, {
    hint: `Name the files in it: ndjson:${path.join(name, '*.ndjson')}`,
  });
}

async function inspect(name: string, file: string): Promise<SourceFile> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw new ParquetryError('PERMISSION_DENIED', `${name} can't be opened.`, { cause });
  });
  try {
    const { size, mtimeMs } = await handle.stat();
    const head = Buffer.alloc(4);
    const { bytesRead } = await handle.read(head, 0, 4, 0);
    const packing = packingOf(head.subarray(0, bytesRead));
    const extension = { '.gz': 'gzip', '.zst': 'zstd', '.zstd': 'zstd' }[path.extname(name).toLowerCase()];
    if (extension !== undefined && packing !== extension && size > 0)
      throw new ParquetryError('SOURCE_CORRUPT', `${name} does not begin as a ${extension} file.`);
    if (packing === 'none') return { name, path: file, packing, size };
    const identity = createHash('sha256').update(`${file}\n${size}\n${mtimeMs}`).digest('hex');
    return { name, path: file, packing, size, spool: `${identity.slice(0, 32)}.spool` };
  } finally {
    await handle.close();
  }
}

function packingOf(head: Buffer): Packing {
  if (head.length >= 2 && head.readUInt16BE(0) === 0x1f8b) return 'gzip';
  if (head.length === 4) {
    const magic = head.readUInt32LE(0);
    if (magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50) return 'zstd';
  }
  return 'none';
}
