import { accountStrkey } from '../strkey';
import { entryChanges } from './changes';
import type { LedgerContext } from './context';
import { entryColumns, sponsorText } from './entrycolumns';
import type { Row } from './row';
import { assetText } from './assettext';

/** The rows of `offers`. */
export function* offerRows(context: LedgerContext): Generator<Row> {
  for (const change of entryChanges(context, 'offer')) {
    const { data, entry } = change;
    const selling = assetText(data.selling);
    const buying = assetText(data.buying);
    yield {
      seller_id: accountStrkey(data.sellerId.value),
      offer_id: data.offerId,
      selling_asset_type: selling.type,
      selling_asset_code: selling.code,
      selling_asset_issuer: selling.issuer,
      selling_asset_id: selling.id,
      buying_asset_type: buying.type,
      buying_asset_code: buying.code,
      buying_asset_issuer: buying.issuer,
      buying_asset_id: buying.id,
      amount: data.amount,
      pricen: data.price.n,
      priced: data.price.d,
      price: exactPrice(data.price.n, data.price.d),
      flags: data.flags,
      sponsor: sponsorText(entry),
      ...entryColumns(context, change),
    };
  }
}

const UNIT = 10n ** 18n;

/** A price to 18 places, halves away from zero, without its point; null when it is not positive. */
function exactPrice(n: number, d: number): bigint | null {
  if (n <= 0 || d <= 0) return null;
  return (2n * UNIT * BigInt(n) + BigInt(d)) / BigInt(2 * d);
}
