import { ParquetryError } from '@parquetry/core';

/** Prefix of the local store's temporary files; a crash can leave one, and listings skip it. */
export const TEMP_PREFIX = '.tmp-';

const MAX_KEY_BYTES = 1024;
const MAX_PART_BYTES = 255;
const CONTROL = /[\u0000-\u001f\u007f]/;
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;
/** Encoded `.`, `/`, `\` and NUL, which some path readers decode. */
const ENCODED = /%(2e|2f|5c|00)/i;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** True for a file name that a crashed write may have left. */
export function isTempName(name: string): boolean {
  return name.startsWith(TEMP_PREFIX);
}

/** Why a string is not a valid object key; undefined when it is valid. */
export function keyFault(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (CONTROL.test(key)) return 'it contains a control character';
  if (key.includes('\\')) return 'it contains a backslash';
  if (ENCODED.test(key)) return 'it contains an encoded ".", "/", "\\" or NUL';
  if (LONE_SURROGATE.test(key)) return 'it is not valid Unicode';
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `it is longer than ${MAX_KEY_BYTES} bytes`;
  for (const part of key.split('/')) {
    if (part === '') return 'it is absolute or has an empty part';
    if (part === '.' || part === '..') return `it contains the part "${part}"`;
    if (Buffer.byteLength(part) > MAX_PART_BYTES) return `a part is longer than ${MAX_PART_BYTES} bytes`;
    if (/[. ]$/.test(part)) return 'a part ends with a dot or a space, which Windows drops';
    if (WINDOWS_DEVICE.test(part)) return `the part "${part}" is a Windows device`;
    if (isTempName(part)) return `a part begins with "${TEMP_PREFIX}"`;
  }
  return undefined;
}

/**
 * A key may contain data from messages, so every operation checks it: relative, no `..`, no empty part, no control
 * character, no backslash, no encoded character that changes the path when decoded, no name that Windows treats as a
 * device or shortens, parts of at most 255 bytes.
 * @throws ParquetryError KEY_INVALID
 */
export function assertKey(key: string): void {
  const fault = keyFault(key);
  if (fault !== undefined)
    throw new ParquetryError(
      'KEY_INVALID',
      `${JSON.stringify(key.slice(0, 200))} is not a valid object key: ${fault}.`,
    );
}

/** Orders keys as object stores do: by UTF-8 bytes, which is by code point. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
