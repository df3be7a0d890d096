import { isUtf8 } from 'node:buffer';
import type { Reject } from '@parquetry/core';
import type { MessageFault } from '../message';
import type { LongLine } from './files/long';

type Place = { readonly dataset?: string | undefined; readonly ledger?: number } & Partial<LongLine>;

/**
 * The reject of a message: its fault, its position, and its bytes as text, or in base64 if they are not UTF-8.
 * @param place what is known about the message; for a line that is not kept completely, its offset, length and hash
 */
export function rejectOf(fault: MessageFault, position: string, raw: Uint8Array, place: Place = {}): Reject {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  const text = isUtf8(bytes);
  // Each key by name: spreads take twenty times as long, and a source may have millions of rejects.
  const { code, reason, column, expected, actual } = fault;
  const { dataset, ledger, offset, length, sha256 } = place;
  return {
    code,
    reason,
    column,
    expected,
    actual,
    dataset,
    ledger,
    offset,
    length,
    sha256,
    position,
    raw: text ? bytes.toString('utf8') : undefined,
    raw_base64: text ? undefined : bytes.toString('base64'),
  } as Reject;
}
