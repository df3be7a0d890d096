import { readFileSync, statSync } from 'node:fs';
import { addSecret } from '@parquetry/core';

/** How long a look at the file counts, milliseconds. */
const FRESH_MS = 2_000;

/**
 * A secret in a file that may be replaced while this process runs, as Kubernetes does with secrets: it is read again when
 * the file changes. While the file is gone, unreadable or without a value, the last value counts. `parse` returns
 * undefined for a file without a value; what it throws is thrown only by this first read.
 * @returns undefined when there is no value at first
 */
export function watchedFile<T>(
  file: string,
  parse: (content: string) => T | undefined,
): (() => T) | undefined {
  const read = (): T | undefined => {
    let content: string;
    try {
      content = readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
    addSecret(content);
    return parse(content);
  };
  const first = read();
  if (first === undefined) return undefined;
  let value = first;
  let seen = stamp(file);
  let asked = Date.now();
  return () => {
    if (Date.now() - asked < FRESH_MS) return value;
    asked = Date.now();
    const now = stamp(file);
    if (now === seen) return value;
    try {
      value = read() ?? value;
      seen = now;
    } catch {
      // A file that is being written: it is read again later.
    }
    return value;
  };
}

/** Changes with the file, also when it becomes unreadable; the name may be a link whose target is replaced. */
function stamp(file: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(file);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return '';
  }
}
