import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isParquetryError, ParquetryError } from '@parquetry/core';
import { assertPlain, compareKeys, type ObjectInfo, type ObjectStore, openStore } from '@parquetry/storage';
import type { SourceFile } from './sourcefile';

/**
 * The objects of `s3://bucket/key` or `gs://bucket/glob`: `*` matches anything within a part of the key, `**` any
 * parts, `[ab]` one of these characters. Lists only below the glob's fixed prefix. A key that exists is taken
 * literally, even if it contains glob characters.
 * @throws ParquetryError SOURCE_NOT_FOUND, CONFIG_INVALID, and the errors of an `ObjectStore`
 */
export async function listObjects(uri: string): Promise<SourceFile[]> {
  const { store, key } = locate(uri);
  const one = key === '' || key.endsWith('/') ? undefined : await store.stat(key);
  if (one !== undefined) return [sourceFile(uri, one)];
  const found: SourceFile[] = [];
  const fixed = key.search(/[*[]/);
  if (fixed >= 0) {
    const pattern = keyPattern(key);
    for await (const object of store.list(key.slice(0, fixed)))
      if (pattern.test(object.key)) found.push(sourceFile(`${store.uri}/${object.key}`, object));
  }
  if (found.length > 0) return found.sort((a, b) => compareKeys(a.path, b.path));
  throw new ParquetryError('SOURCE_NOT_FOUND', `No object matches ${uri}.`, {
    details: { uri },
    hint: `Give NDJSON objects or globs, such as ndjson:${store.uri}/messages/*.ndjson.gz (quote it in a shell).`,
  });
}

/**
 * Copies an object to a local file as a stream.
 * @returns bytes read
 * @throws ParquetryError SOURCE_NOT_FOUND if it does not exist any more, and the errors of an `ObjectStore`
 */
export async function fetchObject(file: SourceFile, target: string, signal?: AbortSignal): Promise<number> {
  const { store, key } = locate(file.path);
  const out = createWriteStream(target);
  try {
    const body = Readable.from(store.read(key), { objectMode: false, highWaterMark: 1 << 20 });
    await pipeline(body, out, ...(signal === undefined ? [] : [{ signal }]));
    return out.bytesWritten;
  } catch (cause) {
    if (!isParquetryError(cause) || cause.code !== 'OBJECT_NOT_FOUND') throw cause;
    throw new ParquetryError('SOURCE_NOT_FOUND', `${file.name} no longer exists.`, {
      details: { file: file.name },
      cause,
    });
  }
}

/** Compiles a glob over keys. As on local disk, only a literal dot matches a leading dot. */
export function keyPattern(glob: string): RegExp {
  const parts = glob.split('/').map((part, index, all) => {
    const last = index === all.length - 1;
    if (part === '**') return last ? '(?:(?!\\.)[^/]+/)*(?!\\.)[^/]+' : '(?:(?!\\.)[^/]+/)*';
    const text = part.replace(/\[([!^]?)([^\]]+)\]|\*+|[^*[]+|\[/g, (token, not: string, set: string) => {
      if (token.startsWith('*')) return '[^/]*';
      if (set === undefined) return token.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
      return `(?!/)[${not === '' ? '' : '^'}${set.replace(/[\\^[\]]/g, '\\$&')}]`;
    });
    return `${/^[*[]/.test(part) ? '(?!\\.)' : ''}${text}${last ? '' : '/'}`;
  });
  return new RegExp(`^${parts.join('')}$`, 'su');
}

function locate(uri: string): { store: ObjectStore; key: string } {
  assertPlain(uri);
  const [, root = '', key = ''] = /^((?:s3|gs):\/\/[^/]*)\/*(.*)$/s.exec(uri) ?? [];
  return { store: openStore(root === '' ? uri : root), key };
}

function sourceFile(uri: string, { size, modified }: ObjectInfo): SourceFile {
  const identity = createHash('sha256').update(`${uri}\n${size}\n${modified}`).digest('hex');
  return { name: uri, path: uri, packing: 'remote', size, spool: `${identity.slice(0, 32)}.spool` };
}
