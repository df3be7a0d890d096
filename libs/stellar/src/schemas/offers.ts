import type { TableSchema } from '@parquetry/schema';
import { ENTRY, T, assetColumns, numberFields } from './build';

/** Columns of `offers`, from the offer entries. */
export const offersSchema: TableSchema = {
  messageType: 'offers',
  origin: 'predefined',
  doc: 'A row is an offer that a ledger made, changed or removed: its state after the ledger.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  uniqueKey: ['offer_id', 'ledger_sequence'],
  fields: numberFields([
    ['seller_id', T.utf8, false, 'Account that sells, G….'],
    ['offer_id', T.int64, false, 'Number of the offer.'],
    ...assetColumns('selling_', 'Asset sold'),
    ...assetColumns('buying_', 'Asset bought'),
    ['amount', T.amount, false, 'Amount of the asset sold.'],
    ['pricen', T.int32, false, 'Price, numerator.'],
    ['priced', T.int32, false, 'Price, denominator.'],
    [
      'price',
      { type: 'decimal128', precision: 28, scale: 18 },
      true,
      'Price of one unit sold in the asset bought, to 18 places; null when it is not positive.',
    ],
    ['flags', T.uint32, false, '1 passive: does not take offers of the same price.'],
    ...ENTRY.slice(0, 3),
    ['sponsor', T.utf8, true, 'Account that pays the reserve, G…; null when the seller does.'],
    ...ENTRY.slice(3),
  ]),
};
