import type { Asset } from '../xdr/operations';
import type { LedgerContext } from './context';
import type { Row } from './row';
import { assetText } from './assettext';

/** The rows of `assets`: the assets in a ledger's payments and sell offers, each once, in transaction set order. */
export function* assetRows(context: LedgerContext): Generator<Row> {
  const seen = new Set<bigint>();
  for (const transaction of context.transactions) {
    const { tx } = context.envelope(transaction).value;
    const { operations } = 'innerTx' in tx ? tx.innerTx.value.tx : tx;
    for (const { body } of operations) {
      const asset = assetOf(body);
      if (asset === undefined) continue;
      const { code, issuer, type, id } = assetText(asset);
      if (seen.has(id)) continue;
      seen.add(id);
      yield {
        asset_code: code,
        asset_issuer: issuer,
        asset_type: type,
        asset_id: id,
        closed_at: context.closedAt,
        ledger_sequence: context.sequence,
      };
    }
  }
}

function assetOf(body: { readonly type: string; readonly value: unknown }): Asset | undefined {
  if (body.type === 'payment') return (body.value as { readonly asset: Asset }).asset;
  return body.type === 'manageSellOffer' ? (body.value as { readonly selling: Asset }).selling : undefined;
}
