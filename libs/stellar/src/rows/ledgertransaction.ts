import type { LedgerContext } from './context';
import type { Row } from './row';

/** The rows of `ledger_transaction`: the undecoded parts of each transaction, in apply order. */
export function* ledgerTransactionRows(context: LedgerContext): Generator<Row> {
  const { ledgerHeader } = context.ledger.meta.value;
  const history = context.base64(ledgerHeader.xdrStart, ledgerHeader.xdrEnd);
  for (const transaction of context.transactions) {
    const { result } = transaction.processing;
    const { tx_envelope, tx_meta, tx_fee_meta } = context.undecoded(transaction);
    yield {
      ledger_sequence: context.sequence,
      tx_envelope,
      tx_result: context.base64(result.xdrStart, result.xdrEnd),
      tx_meta,
      tx_fee_meta,
      tx_ledger_history: history,
      closed_at: context.closedAt,
    };
  }
}
