import { contractStrkey } from '../strkey';
import type { ContractEvent } from '../xdr/types';
import type { AppliedTransaction, LedgerContext } from './context';
import { type TransactionEvents, eventsOf } from './events';
import type { Row } from './row';
import { toid } from './toid';
import { type Transfer, readFee, readTransfer } from './tokenevent';
import { AssetContracts } from './tokenasset';

/** The first protocol that refunds fees after all transactions instead of after each one. */
const REFUNDS_LAST = 23;

/**
 * The rows of `token_transfers`, in chronological order: the fees of all transactions, then the transfers of each
 * successful one. Fee refunds follow their transaction (until protocol 22) or all transactions. Meta before version 4
 * has no events of fees and classic operations; its contract events still become rows.
 */
export function* tokenTransferRows(context: LedgerContext): Generator<Row> {
  const assets = AssetContracts.of(context.network);
  const fees: Row[] = [];
  const moves: Row[] = [];
  const refunds: Row[] = [];
  const refundsLast = context.header.ledgerVersion >= REFUNDS_LAST;
  for (const transaction of context.transactions) {
    const meta = transaction.processing.txApplyProcessing;
    const events = eventsOf(meta);
    if (events === undefined) continue;
    const [fee, ...more] = feeRows(context, transaction, events, assets);
    if (fee !== undefined) fees.push(fee);
    if (transaction.successful)
      for (const [index, operation] of events.operations.entries())
        for (const event of operation) {
          const transfer = readTransfer(event, meta.type === 4, assets);
          if (transfer === undefined) continue;
          const id = toid(context.sequence, transaction.order, index + 1);
          moves.push(transferRow(context, transaction, event, transfer, id));
        }
    (refundsLast ? refunds : moves).push(...more);
  }
  yield* fees;
  yield* moves;
  yield* refunds;
}

function feeRows(
  context: LedgerContext,
  transaction: AppliedTransaction,
  events: TransactionEvents,
  assets: AssetContracts,
): Row[] {
  const rows: Row[] = [];
  for (const event of events.transaction) {
    const fee = readFee(event, assets);
    if (fee !== undefined) rows.push(transferRow(context, transaction, event, fee, null));
  }
  return rows;
}

/** Greatest magnitude of DECIMAL(38). */
const MOST = 10n ** 38n - 1n;

function transferRow(
  context: LedgerContext,
  transaction: AppliedTransaction,
  event: ContractEvent,
  transfer: Transfer,
  operation: bigint | null,
): Row {
  const { asset, amount } = transfer;
  const credit = asset === undefined || asset.type === 'native' ? undefined : asset;
  return {
    transaction_hash: transaction.hash,
    transaction_id: transaction.id,
    operation_id: operation,
    event_topic: transfer.topic,
    from: transfer.from,
    to: transfer.to,
    asset: credit === undefined ? (asset?.type ?? '') : `${credit.type}:${credit.code}:${credit.issuer}`,
    asset_type: asset?.type ?? '',
    asset_code: credit?.code ?? null,
    asset_issuer: credit?.issuer ?? null,
    amount: amount > MOST || amount < -MOST ? null : amount,
    amount_raw: String(amount),
    contract_id: contractStrkey(event.contractId as Uint8Array),
    ledger_sequence: context.sequence,
    closed_at: context.closedAt,
    to_muxed: transfer.toMuxed,
    to_muxed_id: transfer.toMuxedId,
  };
}
