import type { TableSchema } from '@parquetry/schema';
import { T, assetColumns, numberFields } from './build';

const [TYPE, CODE, ISSUER, ID] = assetColumns('', 'Asset') as [never, never, never, never];

/** Columns of `assets`, from payment and sell offer operations. */
export const assetsSchema: TableSchema = {
  messageType: 'assets',
  origin: 'predefined',
  doc: 'A row is an asset that a payment or a sell offer names; each asset has one row per ledger.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  uniqueKey: ['asset_code', 'asset_issuer', 'asset_type', 'ledger_sequence'],
  fields: numberFields([
    CODE,
    ISSUER,
    TYPE,
    ID,
    ['closed_at', T.time, false, 'Close time of the ledger, UTC.'],
    ['ledger_sequence', T.uint32, false, 'Ledger sequence.'],
  ]),
};
