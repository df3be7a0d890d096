import { ParquetryError } from './errors';

/** The location of an archive or a source. */
export type StorageUri =
  | { readonly scheme: 'file'; readonly path: string }
  | { readonly scheme: 's3' | 'gs'; readonly bucket: string; readonly prefix: string };

/**
 * Splits a root such as `./archive`, `~/data`, `file:///data`, `s3://bucket/prefix` or `gs://bucket/prefix`. A path is
 * kept as written; the storage library resolves it.
 * @throws ParquetryError CONFIG_INVALID
 */
export function parseStorageUri(text: string): StorageUri {
  const fail = (why: string): never => {
    // People paste keys and signed addresses: do not repeat what may be a secret.
    const shown = text.replace(/\/\/.*@/s, '//…@').replace(/\?.*$/s, '?…');
    throw new ParquetryError('CONFIG_INVALID', `"${shown}" is not a storage location: ${why}.`, {
      hint: 'Use a path, file:///path, s3://bucket/prefix or gs://bucket/prefix.',
    });
  };
  if (text === '' || text.includes('\0')) return fail('it is empty or holds a NUL');
  const match = /^([A-Za-z][A-Za-z0-9+.-]+):(.*)$/s.exec(text);
  if (match === null || match[1] === undefined || match[2] === undefined)
    return { scheme: 'file', path: text };
  const [, scheme, rest] = match;
  if (scheme === 'file') {
    const path = rest.startsWith('///') ? rest.slice(2) : rest;
    return path === '' || path.startsWith('//')
      ? fail('a file URI needs an absolute path: file:///data')
      : { scheme, path };
  }
  if (scheme !== 's3' && scheme !== 'gs') return fail(`"${scheme}:" is not known`);
  const [bucket = '', ...prefix] = rest.replace(/^\/\//, '').split('/');
  if (!rest.startsWith('//') || bucket === '') return fail(`${scheme}:// needs a bucket`);
  if (/[@:]/.test(bucket)) return fail('it holds a user or password; credentials come from the environment');
  return { scheme, bucket, prefix: prefix.filter((part) => part !== '').join('/') };
}

/** A text that may be shown: without a user, a password or a query in its addresses. */
export function masked(text: string): string {
  if (!text.includes('//')) return text;
  return text.replaceAll(/\/\/[^/@\s,]*@/g, '//***@').replaceAll(/(?<=\/\/[^\s,?]*)\?[^\s,]*/g, '?***');
}
