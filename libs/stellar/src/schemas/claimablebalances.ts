import type { TableSchema } from '@parquetry/schema';
import { ENTRY, T, assetColumns, numberFields } from './build';

const [TYPE, CODE, ISSUER, ID] = assetColumns('', 'Asset') as [never, never, never, never];

/** Columns of `claimable_balances`, from the claimable balance entries. */
export const claimableBalancesSchema: TableSchema = {
  messageType: 'claimable_balances',
  origin: 'predefined',
  doc: 'A row is a claimable balance that a ledger made, changed or removed: its state after the ledger.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  uniqueKey: ['balance_id', 'ledger_sequence'],
  fields: numberFields([
    ['balance_id', T.utf8, false, 'Id of the balance, hex, with its type in front.'],
    ['claimants', T.json, false, 'Who may claim it and when: a list of destination and predicate.'],
    CODE,
    ISSUER,
    TYPE,
    ID,
    ['asset_amount', T.amount, false, 'Amount.'],
    ['sponsor', T.utf8, true, 'Account that pays the reserve, G….'],
    ['flags', T.uint32, false, '1 clawback enabled.'],
    ...ENTRY,
    ['balance_id_strkey', T.utf8, false, 'Id of the balance, B….'],
    ['previous_asset_amount', T.amount, true, 'Amount before the ledger; null for a new balance.'],
  ]),
};
