import { ParquetryError, parsePoint } from '@parquetry/core';

/** A version of a dataset's table, or a time in Unix milliseconds. */
export type At = { readonly version: number } | { readonly time: number };

/** Reads `--at`: a version, or `@` and a time. A date means its end. @throws ParquetryError USAGE, RANGE_INVALID */
export function parseAt(text: string): At {
  if (/^\d{1,15}$/.test(text)) return { version: Number(text) };
  const point = text.startsWith('@') ? parsePoint(text) : undefined;
  // A second or a day includes what was committed within it.
  if (point?.kind === 'time') return { time: point.until * 1000 - 1 };
  throw new ParquetryError('USAGE', `--at ${text} is neither a version nor a time.`, {
    hint: 'Write a version such as 12, or a time such as @2025-07-13 or @2025-07-13T09:00Z.',
  });
}
