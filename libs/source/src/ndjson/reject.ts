import { isUtf8 } from 'node:buffer';
import type { Reject } from '@parquetry/core';
import type { MessageFault } from '../message';
import type { LongLine } from './files/long';

/**
 * The reject of a message: its fault, where it stands, and its bytes as text, or in base64 when they are none.
 * @param place what is known of the message; of a line that is not kept whole, what finds it again
 */
export function rejectOf(
  fault: MessageFault,
  position: string,
  raw: Uint8Array,
  place: { readonly dataset?: string; readonly ledger?: number } | LongLine = {},
): Reject {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  return {
    ...fault,
    ...place,
    position,
    ...(isUtf8(bytes) ? { raw: bytes.toString('utf8') } : { raw_base64: bytes.toString('base64') }),
  };
}
