import { isUtf8 } from 'node:buffer';

/**
 * Decodes UTF-8 as Go's JSON encoder does: each byte that is not part of a valid sequence becomes one U+FFFD. The exact
 * bytes of a memo are in `tx_envelope`.
 */
export function goText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let text = '';
  for (let at = 0; at < buffer.length;) {
    const length = [1, 2, 3, 4].find(
      (size) => at + size <= buffer.length && isUtf8(buffer.subarray(at, at + size)),
    );
    text += length === undefined ? '\ufffd' : buffer.toString('utf8', at, at + length);
    at += length ?? 1;
  }
  return text;
}
