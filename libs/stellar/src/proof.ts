import { createHash } from 'node:crypto';
import { ParquetryError } from '@parquetry/core';
import { envelopesOf } from './rows/envelopes';
import { hex, sha256 } from './bytes';
import type { DecodedLedger } from './xdr/reader';
import type { LedgerHeader } from './xdr/types';

/**
 * Verifies a complete ledger against its own header. sha256(header) is the ledger's hash. previousLedgerHash equals
 * `previousHash` (hex) when the previous ledger is known. txSetResultHash is the hash of the results in txProcessing,
 * so no transaction is missing or added. txSetHash is the hash of the (generalized) transaction set, or zero when
 * consensus replaced the set with an empty one.
 * @throws ParquetryError CHAIN_BROKEN with the ledger and both hashes
 */
export function checkLedger(ledger: DecodedLedger, previousHash?: string): void {
  const { bytes, meta } = ledger;
  const { hash, header } = meta.value.ledgerHeader;
  const sequence = header.ledgerSeq;
  const expect = (what: string, expected: string, actual: string): void => {
    if (expected !== actual) throw broken(sequence, what, expected, actual);
  };
  expect('header hash', hex(hash), sha256(bytes.subarray(header.xdrStart, header.xdrEnd)));
  if (previousHash !== undefined)
    expect('previous ledger hash', previousHash, hex(header.previousLedgerHash));
  expect('transaction result hash', hex(header.txSetResultHash), resultSetHash(ledger));
  const setHash = hex(header.scpValue.txSetHash);
  if (header.scpValue.ext.type === 'stellarValueEmptyTxSet') {
    expect('transaction set hash', setHash, NO_SET);
    expect('number of transactions in the set', '0', String(envelopesOf(meta).length));
  } else if (meta.type !== 0) {
    const { xdrStart, xdrEnd } = meta.value.txSet;
    expect('transaction set hash', setHash, sha256(bytes.subarray(xdrStart, xdrEnd)));
  }
}

/**
 * Verifies the link of a ledger whose header alone could be read.
 * @throws ParquetryError CHAIN_BROKEN with the ledger and both hashes
 */
export function checkLink(
  { ledgerSeq, previousLedgerHash }: LedgerHeader,
  previousHash: string | undefined,
): void {
  const actual = hex(previousLedgerHash);
  if (previousHash !== undefined && previousHash !== actual)
    throw broken(ledgerSeq, 'previous ledger hash', previousHash, actual);
}

/** The header's txSetHash when consensus replaced the transaction set with an empty one (CAP-83). */
const NO_SET = '0'.repeat(64);

/** sha256 (hex) of the TransactionResultSet built from txProcessing's results, in their order. */
function resultSetHash({ bytes, meta }: DecodedLedger): string {
  const results = meta.value.txProcessing;
  const count = Buffer.alloc(4);
  count.writeUInt32BE(results.length);
  const hash = createHash('sha256').update(count);
  for (const { result } of results) hash.update(bytes.subarray(result.xdrStart, result.xdrEnd));
  return hash.digest('hex');
}

/** A transaction's hash (hex) and its TransactionResult (XDR): the content of a TransactionResultPair. */
export interface ResultPair {
  readonly hash: string;
  readonly result: Uint8Array;
}

/** sha256 (hex) of the TransactionResultSet of these results, in order: the txSetResultHash, from a ledger's rows. */
export function resultSetHashOf(results: readonly ResultPair[]): string {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(results.length);
  const set = createHash('sha256').update(count);
  for (const { hash, result } of results) set.update(Buffer.from(hash, 'hex')).update(result);
  return set.digest('hex');
}

function broken(ledger: number, what: string, expected: string, actual: string): ParquetryError {
  return new ParquetryError(
    'CHAIN_BROKEN',
    `Ledger ${ledger} fails its proof: the ${what} is ${actual}, expected ${expected}.`,
    {
      details: { ledger, check: what, expected, actual },
      hint: 'The source is damaged or mixes networks; compare it with another copy of the lake.',
    },
  );
}
