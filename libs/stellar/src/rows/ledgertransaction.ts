import type { LedgerContext } from './context';
import type { Row } from './row';

/** The rows of `ledger_transaction`: the undecoded parts of each transaction, in apply order. */
export function* ledgerTransactionRows(context: LedgerContext): Generator<Row> {
  const { ledgerHeader } = context.ledger.meta.value;
  const history = context.base64(ledgerHeader.xdrStart, ledgerHeader.xdrEnd);
  for (const transaction of context.transactions) {
    const { result, txApplyProcessing, feeProcessingStart, feeProcessingEnd } = transaction.processing;
    const envelope = context.envelope(transaction);
    yield {
      ledger_sequence: context.sequence,
      tx_envelope: context.base64(envelope.xdrStart, envelope.xdrEnd),
      tx_result: context.base64(result.xdrStart, result.xdrEnd),
      tx_meta: context.base64(txApplyProcessing.xdrStart, txApplyProcessing.xdrEnd),
      tx_fee_meta: context.base64(feeProcessingStart, feeProcessingEnd),
      tx_ledger_history: history,
      closed_at: context.closedAt,
    };
  }
}
