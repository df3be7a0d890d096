import { createHash } from 'node:crypto';
import { type ParquetryError, isParquetryError } from '@parquetry/core';
import { readHeaderAt } from './reader';
import type { LedgerHeader } from './types';

/** A ledger with a value that this version does not know: its bytes, and its header where that can be read. */
export interface UnknownLedger {
  readonly sequence: number;
  /** PROTOCOL_UNSUPPORTED. */
  readonly error: ParquetryError;
  readonly bytes: Buffer;
  /** LedgerCloseMeta XDR, byte offsets in `bytes`. */
  readonly start: number;
  readonly end: number;
  /** The hash in the ledger's header entry and the header, if it hashes to it; undefined when it can't be read. */
  readonly header: { readonly hash: Uint8Array; readonly header: LedgerHeader } | undefined;
}

/**
 * What can be known of the ledger that begins at `start` and failed to decode with `error`. XDR does not delimit its
 * values, so what follows an unknown value can't be decoded. `last`: no ledger follows; else the next ledger is found
 * by its header, which contains this ledger's hash and is proved by its own hash.
 * @throws `error` when the end of the ledger can't be found
 */
export function readUnknown(
  bytes: Buffer,
  start: number,
  sequence: number,
  last: boolean,
  error: ParquetryError,
): UnknownLedger {
  const at = headerEntry(bytes, start);
  const header = at === undefined ? undefined : provedHeader(bytes, at, sequence);
  const end = last ? bytes.length : at === undefined ? undefined : nextLedger(bytes, start, at, sequence + 1);
  if (end === undefined) throw error;
  return { sequence, error, bytes, start, end, header };
}

const HASH = 32;

/** Where a LedgerCloseMeta's LedgerHeaderHistoryEntry begins; undefined for an unknown version or extension. */
function headerEntry(bytes: Buffer, start: number): number | undefined {
  if (start + 16 > bytes.length) return undefined;
  const version = bytes.readUInt32BE(start);
  if (version === 0) return start + 4;
  if (version > 2) return undefined;
  const extension = bytes.readUInt32BE(start + 4);
  if (extension > 1) return undefined;
  // Extension 1: an empty extension point and a 64-bit fee.
  return start + 8 + (extension === 1 ? 12 : 0);
}

/** The header at `at`, after its hash, if it is of this ledger and hashes to it. */
function provedHeader(bytes: Buffer, at: number, sequence: number): UnknownLedger['header'] {
  const hash = bytes.subarray(at, at + HASH);
  try {
    const header = readHeaderAt(bytes, at + HASH, 'header');
    const digest = createHash('sha256').update(bytes.subarray(header.xdrStart, header.xdrEnd)).digest();
    return header.ledgerSeq === sequence && digest.equals(hash) ? { hash, header } : undefined;
  } catch (fault) {
    if (isParquetryError(fault)) return undefined;
    throw fault;
  }
}

/** Where the next ledger begins: its header names the hash of this one, and hashes to the hash before it. */
function nextLedger(bytes: Buffer, start: number, at: number, sequence: number): number | undefined {
  const hash = bytes.subarray(at, at + HASH);
  for (let found = bytes.indexOf(hash, at + HASH); found >= 0; found = bytes.indexOf(hash, found + 1)) {
    // The hash of the previous ledger follows the header's version.
    const entry = found - 4 - HASH;
    if (provedHeader(bytes, entry, sequence) === undefined) continue;
    // The next ledger is usually of the same version; a number before its version could be taken for another one.
    for (const version of [bytes.readUInt32BE(start), 2, 1, 0])
      for (const next of [entry - 20, entry - 8, entry - 4])
        if (bytes.readUInt32BE(next) === version && headerEntry(bytes, next) === entry) return next;
  }
  return undefined;
}
