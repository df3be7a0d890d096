import { hex } from '../bytes';
import { accountStrkey, accountText, muxedText } from '../strkey';
import type {
  Memo,
  PreconditionsV2,
  TimeBounds,
  Transaction,
  TransactionEnvelope,
  TransactionResult,
  TransactionV0,
} from '../xdr/types';
import type { AppliedTransaction, LedgerContext } from './context';
import { operationCount } from './envelopes';
import { type Row, type RowValue, goName } from './row';
import { signerText } from './signer';
import { sorobanColumns, sorobanData } from './soroban';
import { goText } from './gotext';

/** The rows of `transactions`, in apply order. */
export function* transactionRows(context: LedgerContext): Generator<Row> {
  for (const transaction of context.transactions) yield transactionRow(context, transaction);
}

function transactionRow(context: LedgerContext, transaction: AppliedTransaction): Row {
  const { result } = transaction.processing.result;
  const envelope = context.envelope(transaction);
  const tx = innerTransaction(envelope);
  const soroban = sorobanColumns(transaction, envelope);
  const conditions = 'cond' in tx && tx.cond.type === 'precondV2' ? tx.cond.value : undefined;
  const bounds = conditions?.ledgerBounds;
  const { tx_envelope, tx_meta, tx_fee_meta } = context.undecoded(transaction);
  return {
    transaction_hash: transaction.hash,
    ledger_sequence: context.sequence,
    account: 'cond' in tx ? accountText(tx.sourceAccount) : accountStrkey(tx.sourceAccountEd25519),
    account_muxed: 'cond' in tx ? muxedText(tx.sourceAccount) : null,
    account_sequence: tx.seqNum,
    max_fee: tx.fee,
    fee_charged: feeCharged(context, transaction, envelope, soroban),
    operation_count: operationCount(envelope),
    tx_envelope,
    tx_result: context.base64(result.xdrStart, result.xdrEnd),
    tx_meta,
    tx_fee_meta,
    created_at: context.closedAt,
    memo_type: goName('MemoType', tx.memo.type),
    memo: memoText(tx.memo),
    time_bounds: timeBoundsText(timeBounds(tx)),
    successful: transaction.successful,
    id: transaction.id,
    ...feeBumpColumns(envelope, result),
    ledger_bounds: bounds === undefined ? '' : `[${bounds.minLedger},${bounds.maxLedger})`,
    min_account_sequence: conditions?.minSeqNum ?? null,
    min_account_sequence_age: conditions?.minSeqAge ?? null,
    min_account_sequence_ledger_gap: conditions?.minSeqLedgerGap ?? null,
    extra_signers: extraSigners(conditions),
    closed_at: context.closedAt,
    ...soroban,
    transaction_result_code: goName('TransactionResultCode', result.result.type),
    tx_signers: envelope.value.signatures.map(({ signature }) => accountStrkey(signature)),
  };
}

function innerTransaction(envelope: TransactionEnvelope): Transaction | TransactionV0 {
  const { tx } = envelope.value;
  return 'innerTx' in tx ? tx.innerTx.value.tx : tx;
}

/** Protocol 20 reported a wrong fee for fee bumps of Soroban transactions; this applies stellar-etl's correction. */
function feeCharged(
  context: LedgerContext,
  transaction: AppliedTransaction,
  envelope: TransactionEnvelope,
  soroban: Row,
): bigint {
  const bumped = envelope.type === 'envelopeTypeTxFeeBump' && sorobanData(envelope) !== undefined;
  if (bumped && context.header.ledgerVersion < 21)
    return (soroban['resource_fee'] as bigint) - (soroban['resource_fee_refund'] as bigint);
  return transaction.processing.result.result.feeCharged;
}

function feeBumpColumns(envelope: TransactionEnvelope, { result }: TransactionResult): Row {
  if (envelope.type !== 'envelopeTypeTxFeeBump') return NO_FEE_BUMP;
  const { feeSource, fee } = envelope.value.tx;
  const inner =
    result.type === 'txFeeBumpInnerSuccess' || result.type === 'txFeeBumpInnerFailed'
      ? result.value
      : undefined;
  return {
    fee_account: accountText(feeSource),
    fee_account_muxed: muxedText(feeSource),
    inner_transaction_hash: inner === undefined ? null : hex(inner.transactionHash),
    new_max_fee: fee,
  };
}

const NO_FEE_BUMP: Row = {
  fee_account: null,
  fee_account_muxed: null,
  inner_transaction_hash: null,
  new_max_fee: null,
};

function memoText(memo: Memo): string {
  switch (memo.type) {
    case 'memoNone':
      return '';
    case 'memoId':
      return String(memo.value);
    case 'memoText':
      return goText(memo.value);
    case 'memoHash':
    case 'memoReturn':
      return Buffer.from(memo.value).toString('base64');
  }
}

function timeBounds(tx: Transaction | TransactionV0): TimeBounds | undefined {
  if (!('cond' in tx)) return tx.timeBounds;
  if (tx.cond.type === 'precondTime') return tx.cond.value;
  return tx.cond.type === 'precondV2' ? tx.cond.value.timeBounds : undefined;
}

/** `[min,max)`; a maximum of 0 means none: `[min,)`. */
function timeBoundsText(bounds: TimeBounds | undefined): string {
  if (bounds === undefined) return '';
  return `[${bounds.minTime},${bounds.maxTime === 0n ? '' : bounds.maxTime})`;
}

function extraSigners(conditions: PreconditionsV2 | undefined): RowValue {
  const signers = conditions?.extraSigners ?? [];
  return signers.length === 0 ? null : signers.map(signerText);
}
