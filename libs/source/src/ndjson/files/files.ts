import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError, systemErrorCode } from '@parquetry/core';
import { isRemote } from '@parquetry/storage';
import { glob, isDynamicPattern } from 'tinyglobby';
import { answerFiles } from '../../processor/ranges';
import { listObjects } from './remote';
import type { SourceFile } from './sourcefile';

/**
 * The files of a spec: comma-separated paths, object URIs and globs of both, in the given order; matches of a glob in
 * byte order; each file once. A path that exists is taken literally, even if it contains glob characters.
 * `assertFile` is called with the real path, or the URI, of each file before it is opened, and with each answer of a
 * processor before it is requested.
 * @throws ParquetryError SOURCE_NOT_FOUND if a part of the spec matches no file or a dangling link,
 *   SOURCE_INVALID for a folder, PERMISSION_DENIED for an unreadable folder under a glob
 */
export async function listFiles(spec: string, assertFile?: (file: string) => void): Promise<SourceFile[]> {
  const answers = answerFiles(spec);
  if (answers !== undefined) {
    for (const { path: answer } of answers) assertFile?.(answer);
    return answers;
  }
  const parts = (await isFile(spec)) ? [spec] : spec.split(',').map((part) => part.trim());
  const names = await Promise.all(parts.map((part) => (isRemote(part) ? listObjects(part) : expand(part))));
  const files: SourceFile[] = [];
  const seen = new Set<string>();
  for (const name of names.flat()) {
    const file = typeof name === 'string' ? await targetOf(name) : name.path;
    if (seen.has(file)) continue;
    seen.add(file);
    assertFile?.(file);
    files.push(typeof name === 'string' ? await inspectFile(name, file) : name);
  }
  return files;
}

/** Resolves a name's links. */
async function targetOf(name: string): Promise<string> {
  try {
    return await realpath(name);
  } catch (cause) {
    if (!isBroken(cause)) throw cause;
    throw new ParquetryError('SOURCE_NOT_FOUND', `${name} is a link whose target is missing.`, {
      details: { file: name },
      hint: 'Restore the target, or remove the link.',
      cause,
    });
  }
}

async function expand(text: string): Promise<string[]> {
  if (text !== '' && (await isFile(text))) return [text];
  const matches = text !== '' && isDynamicPattern(text) ? await globFiles(text) : [];
  if (matches.length === 0)
    throw new ParquetryError('SOURCE_NOT_FOUND', `No file matches ${JSON.stringify(text)}.`, {
      hint: 'Give NDJSON files or globs, such as ndjson:./messages/*.ndjson (quote it in a shell).',
    });
  return matches.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/**
 * The files that a glob matches. The glob library skips dangling links and unreadable folders. Here dangling links are
 * matches, which `targetOf` refuses, and unreadable folders are an error: a run must not skip files silently.
 */
async function globFiles(pattern: string): Promise<string[]> {
  let unread: NodeJS.ErrnoException | undefined;
  const adapter = {
    realpath: (name: string, done: (error: NodeJS.ErrnoException | null, found: string) => void) =>
      fs.realpath(name, (error, found) => (isBroken(error) ? done(null, name) : done(error, found))),
    stat: (name: string, done: (error: NodeJS.ErrnoException | null, found: fs.Stats) => void) =>
      fs.stat(name, (error, found) => (isBroken(error) ? fs.lstat(name, done) : done(error, found))),
    readdir: (
      folder: string,
      options: { withFileTypes: true },
      done: (error: NodeJS.ErrnoException | null, found: fs.Dirent[]) => void,
    ) =>
      fs.readdir(folder, options, (error, found) => {
        if (error?.code === 'EACCES' || error?.code === 'EPERM') unread ??= error;
        done(error, found);
      }),
  };
  const found = await glob(pattern, {
    onlyFiles: true,
    dot: false,
    expandDirectories: false,
    fs: adapter as Partial<typeof fs>,
  });
  if (unread === undefined) return found;
  throw new ParquetryError('PERMISSION_DENIED', `The folder ${unread.path} can't be read.`, {
    cause: unread,
  });
}

/** Whether an error means that a link is dangling. */
function isBroken(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'ENOENT' || code === 'ELOOP';
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
    hint: `Give the files in it: ndjson:${path.join(name, '*.ndjson')}`,
  });
}

/**
 * Detects the compression of a local file from its first bytes.
 * @throws ParquetryError PERMISSION_DENIED, SOURCE_CORRUPT if the content does not fit the file extension
 */
export async function inspectFile(name: string, file: string): Promise<SourceFile> {
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
      throw new ParquetryError('SOURCE_CORRUPT', `${name} does not begin like a ${extension} file.`);
    if (packing === 'none') return { name, path: file, packing, size };
    const identity = createHash('sha256').update(`${file}\n${size}\n${mtimeMs}`).digest('hex');
    return { name, path: file, packing, size, spool: `${identity.slice(0, 32)}.spool` };
  } finally {
    await handle.close();
  }
}

function packingOf(head: Buffer): SourceFile['packing'] {
  if (head.length >= 2 && head.readUInt16BE(0) === 0x1f8b) return 'gzip';
  if (head.length === 4) {
    const magic = head.readUInt32LE(0);
    if (magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50) return 'zstd';
  }
  return 'none';
}

/** The error for a file that changed during a run. */
export function sourceChanged(file: SourceFile): ParquetryError {
  return new ParquetryError('SOURCE_CHANGED', `${file.name} changed after the run began.`, {
    details: { file: file.name },
    hint: 'Start a new run; it reads the file from the start.',
  });
}
