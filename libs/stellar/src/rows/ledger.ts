import { hex, sha256 } from '../bytes';
import { accountStrkey } from '../strkey';
import type { LedgerCloseMetaV1, LedgerHeader, TransactionResult, ValueSignature } from '../xdr/types';
import type { LedgerContext } from './context';
import { envelopesOf, operationCount } from './envelopes';
import { type Row, goName } from './row';
import { toid } from './toid';

/** The row of `ledgers`. */
export function ledgerRow(context: LedgerContext): Row {
  const { header, ledger, sequence, transactions } = context;
  const { meta } = ledger;
  const soroban: LedgerCloseMetaV1 | undefined = meta.type === 0 ? undefined : meta.value;
  const signed = valueSignature(header);
  const successful = transactions.filter((transaction) => transaction.successful);
  const operations = successful.reduce(
    (sum, { processing }) => sum + resultCount(processing.result.result),
    0,
  );
  const allOperations = envelopesOf(meta).reduce((sum, envelope) => sum + operationCount(envelope), 0);
  const stateSize = soroban?.totalByteSizeOfLiveSorobanState ?? 0n;
  return {
    sequence,
    ledger_hash: hex(meta.value.ledgerHeader.hash),
    previous_ledger_hash: hex(header.previousLedgerHash),
    ledger_header: context.base64(header.xdrStart, header.xdrEnd),
    transaction_count: successful.length,
    operation_count: operations,
    successful_transaction_count: successful.length,
    failed_transaction_count: transactions.length - successful.length,
    tx_set_operation_count: String(allOperations),
    closed_at: context.closedAt,
    total_coins: header.totalCoins,
    fee_pool: header.feePool,
    base_fee: header.baseFee,
    base_reserve: header.baseReserve,
    max_tx_set_size: header.maxTxSetSize,
    protocol_version: header.ledgerVersion,
    id: toid(sequence, 0, 0),
    soroban_fee_write_1kb: soroban?.ext.type === 1 ? soroban.ext.value.sorobanFeeWrite1Kb : 0n,
    node_id: signed === undefined ? '' : accountStrkey(signed.nodeId.value),
    signature: signed === undefined ? '' : Buffer.from(signed.signature).toString('base64'),
    total_byte_size_of_bucket_list: stateSize,
    total_byte_size_of_live_soroban_state: stateSize,
    evicted_ledger_keys_type: (soroban?.evictedKeys ?? []).map(({ type }) => goName('LedgerEntryType', type)),
    evicted_ledger_keys_hash: (soroban?.evictedKeys ?? []).map(({ xdrStart, xdrEnd }) =>
      sha256(context.bytes.subarray(xdrStart, xdrEnd)),
    ),
  };
}

/** Signature of the value; of the proposed value when consensus replaced its transaction set with an empty one. */
function valueSignature({ scpValue }: LedgerHeader): ValueSignature | undefined {
  const { ext } = scpValue;
  if (ext.type === 'stellarValueBasic') return undefined;
  return ext.type === 'stellarValueSigned' ? ext.value : ext.value.lcValueSignature;
}

/** Operation results of a transaction result, those of the inner transaction for a fee bump. */
function resultCount({ result }: TransactionResult): number {
  const inner =
    result.type === 'txFeeBumpInnerSuccess' || result.type === 'txFeeBumpInnerFailed'
      ? result.value.result.result
      : result;
  return inner.type === 'txSuccess' || inner.type === 'txFailed' ? inner.value.length : 0;
}
