import type {
  LedgerEntryChange,
  MuxedAccount,
  SorobanMetaExt,
  SorobanTransactionData,
  TransactionEnvelope,
  TransactionMeta,
} from '../xdr/types';
import type { AppliedTransaction } from './context';
import type { Row } from './row';

/** Soroban's part of an envelope: declared resources and fee; undefined for classic transactions. */
export function sorobanData(envelope: TransactionEnvelope): SorobanTransactionData | undefined {
  if (envelope.type === 'envelopeTypeTxV0') return undefined;
  const { tx } = envelope.value;
  const { ext } = 'innerTx' in tx ? tx.innerTx.value.tx : tx;
  return ext.type === 1 ? ext.value : undefined;
}

/** The resource and fee columns of a transaction; zeros for classic transactions, as in stellar-etl. */
export function sorobanColumns(transaction: AppliedTransaction, envelope: TransactionEnvelope): Row {
  const data = sorobanData(envelope);
  if (data === undefined) return CLASSIC;
  const { processing } = transaction;
  const { resources, resourceFee } = data;
  const { tx } = envelope.value;
  const payer = feePayer(envelope);
  const charged = balanceDrop(processing.feeProcessing, payer);
  const refund = -balanceDrop(refundChanges(transaction), payer);
  const fees = metaFees(processing.txApplyProcessing);
  const archived = data.ext.type === 1 ? data.ext.value.archivedSorobanEntries : [];
  return {
    resource_fee: resourceFee,
    soroban_resources_instructions: resources.instructions,
    soroban_resources_read_bytes: resources.diskReadBytes,
    soroban_resources_disk_read_bytes: resources.diskReadBytes,
    soroban_resources_write_bytes: resources.writeBytes,
    soroban_resources_archived_entries: archived.length === 0 ? null : archived,
    inclusion_fee_bid: BigInt(tx.fee) - resourceFee,
    inclusion_fee_charged: charged - resourceFee,
    resource_fee_refund: refund,
    non_refundable_resource_fee_charged: fees?.totalNonRefundableResourceFeeCharged ?? 0n,
    refundable_resource_fee_charged: fees?.totalRefundableResourceFeeCharged ?? 0n,
    rent_fee_charged: fees?.rentFeeCharged ?? 0n,
  };
}

const CLASSIC: Row = {
  resource_fee: 0n,
  soroban_resources_instructions: 0,
  soroban_resources_read_bytes: 0,
  soroban_resources_disk_read_bytes: 0,
  soroban_resources_write_bytes: 0,
  soroban_resources_archived_entries: null,
  inclusion_fee_bid: 0n,
  inclusion_fee_charged: 0n,
  resource_fee_refund: 0n,
  non_refundable_resource_fee_charged: 0n,
  refundable_resource_fee_charged: 0n,
  rent_fee_charged: 0n,
};

/** The ed25519 key of a muxed or plain account. */
export function accountKey(account: MuxedAccount): Uint8Array {
  return account.type === 'keyTypeEd25519' ? account.value : account.value.ed25519;
}

function feePayer(envelope: TransactionEnvelope): Uint8Array {
  const { tx } = envelope.value;
  if ('sourceAccountEd25519' in tx) return tx.sourceAccountEd25519;
  return accountKey('feeSource' in tx ? tx.feeSource : tx.sourceAccount);
}

/** Since protocol 23 the refund is paid after all transactions are applied, before that with the transaction. */
function refundChanges({ processing }: AppliedTransaction): readonly LedgerEntryChange[] {
  const meta = processing.txApplyProcessing;
  if (meta.type === 3) return meta.value.txChangesAfter;
  if (meta.type === 4) return [...meta.value.txChangesAfter, ...(processing.postTxApplyFeeProcessing ?? [])];
  return [];
}

function metaFees(meta: TransactionMeta): Extract<SorobanMetaExt, { type: 1 }>['value'] | undefined {
  if (meta.type !== 3 && meta.type !== 4) return undefined;
  const ext = meta.value.sorobanMeta?.ext;
  return ext?.type === 1 ? ext.value : undefined;
}

/** Balance of the account in its last state minus that in its last update; a missing one counts as 0. */
function balanceDrop(changes: readonly LedgerEntryChange[], key: Uint8Array): bigint {
  let before = 0n;
  let after = 0n;
  for (const change of changes) {
    if (change.type !== 'ledgerEntryUpdated' && change.type !== 'ledgerEntryState') continue;
    const { data } = change.value;
    if (data.type !== 'account' || Buffer.compare(data.value.accountId.value, key) !== 0) continue;
    if (change.type === 'ledgerEntryUpdated') after = data.value.balance;
    else before = data.value.balance;
  }
  return before - after;
}
