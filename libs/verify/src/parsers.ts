import type { ParquetParsers } from 'hyparquet';

/** A byte order mark at the start is part of a text. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Exact values in place of hyparquet's defaults: microseconds as bigint, text only when it is UTF-8. */
export const parsers: Partial<ParquetParsers> = {
  timestampFromMicroseconds: (micros) => micros,
  stringFromBytes: (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : utf8.decode(bytes)),
};
