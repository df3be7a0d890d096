import { ParquetryError } from '@parquetry/core';
import { networkId } from '../network';
import { hex, joined } from '../bytes';
import type { DecodedLedger } from '../xdr/reader';
import type {
  LedgerHeader,
  TransactionEnvelope,
  TransactionResult,
  TransactionResultMeta,
} from '../xdr/types';
import { envelopeHash, envelopesOf } from './envelopes';
import { toid } from './toid';

/** A transaction as it was applied. */
export interface AppliedTransaction {
  /** Position in the apply order, from 1. */
  readonly order: number;
  /** TOID. */
  readonly id: bigint;
  /** Lower-case hex. */
  readonly hash: string;
  readonly successful: boolean;
  readonly processing: TransactionResultMeta;
}

/** The XDR of parts of a transaction, base64. */
interface UndecodedTransaction {
  readonly tx_envelope: string;
  readonly tx_meta: string;
  readonly tx_fee_meta: string;
}

/** Last second whose ISO form has a year of four digits. */
const MAX_CLOSE_TIME = 253_402_300_799n;

/** What all rows of a ledger share. Envelopes are matched to results only when a row needs them. */
export class LedgerContext {
  readonly bytes: Buffer;
  readonly header: LedgerHeader;
  readonly sequence: number;
  /** Close time, Unix microseconds. */
  readonly closedAt: number;
  readonly network: Buffer;
  readonly transactions: readonly AppliedTransaction[];
  private readonly undecodedParts = new Map<AppliedTransaction, UndecodedTransaction>();
  private byHash: ReadonlyMap<string, TransactionEnvelope> | undefined;

  /** @throws ParquetryError SOURCE_CORRUPT for a close time that is not a valid date */
  constructor(
    readonly ledger: DecodedLedger,
    passphrase: string,
  ) {
    this.bytes = ledger.bytes;
    this.header = ledger.meta.value.ledgerHeader.header;
    this.sequence = this.header.ledgerSeq;
    this.closedAt = closeTimeMicros(this.header);
    this.network = networkId(passphrase);
    this.transactions = ledger.meta.value.txProcessing.map((processing, index) => ({
      order: index + 1,
      id: toid(this.sequence, index + 1, 0),
      hash: hex(processing.result.transactionHash),
      successful: isSuccessful(processing.result.result),
      processing,
    }));
  }

  /**
   * The envelope of a transaction, found by its hash under the network's id.
   * @throws ParquetryError SOURCE_CORRUPT when the transaction is not in the set (also with a wrong passphrase)
   */
  envelope(transaction: AppliedTransaction): TransactionEnvelope {
    this.byHash ??= new Map(
      envelopesOf(this.ledger.meta).map((envelope) => [
        envelopeHash(this.bytes, envelope, this.network),
        envelope,
      ]),
    );
    const envelope = this.byHash.get(transaction.hash);
    if (envelope !== undefined) return envelope;
    throw new ParquetryError(
      'SOURCE_CORRUPT',
      `Ledger ${this.sequence} has a result for transaction ${transaction.hash}, which is not in its transaction set.`,
      {
        details: { ledger: this.sequence, transaction: transaction.hash },
        hint: 'Check the network passphrase in the lake’s .config.json.',
      },
    );
  }

  /** Base64 of a part of the ledger's bytes, after `prefix` if one is given. */
  base64(start: number, end: number, prefix?: Uint8Array): string {
    if (prefix === undefined) return this.bytes.toString('base64', start, end);
    return joined(prefix, this.bytes.subarray(start, end)).toString('base64');
  }

  /** The undecoded parts of a transaction that several tables have. */
  undecoded(transaction: AppliedTransaction): UndecodedTransaction {
    let parts = this.undecodedParts.get(transaction);
    if (parts === undefined) {
      const { txApplyProcessing, feeProcessingStart, feeProcessingEnd } = transaction.processing;
      const envelope = this.envelope(transaction);
      parts = {
        tx_envelope: this.base64(envelope.xdrStart, envelope.xdrEnd),
        tx_meta: this.base64(txApplyProcessing.xdrStart, txApplyProcessing.xdrEnd),
        tx_fee_meta: this.base64(feeProcessingStart, feeProcessingEnd),
      };
      this.undecodedParts.set(transaction, parts);
    }
    return parts;
  }
}

/**
 * Close time of a ledger in Unix microseconds.
 * @throws ParquetryError SOURCE_CORRUPT after the year 9999
 */
export function closeTimeMicros(header: LedgerHeader): number {
  const seconds = header.scpValue.closeTime;
  if (seconds > MAX_CLOSE_TIME)
    throw new ParquetryError(
      'SOURCE_CORRUPT',
      `Ledger ${header.ledgerSeq} closes at ${seconds}, which is not a valid date.`,
      {
        details: { ledger: header.ledgerSeq },
      },
    );
  return Number(seconds) * 1_000_000;
}

/** Whether a result is that of a successful transaction, plain or fee bump. */
function isSuccessful(result: TransactionResult): boolean {
  return result.result.type === 'txSuccess' || result.result.type === 'txFeeBumpInnerSuccess';
}
