import type { TableSchema } from '@parquetry/schema';
import { T, numberFields } from './build';
import { EFFECT_DETAILS } from './effectdetails';

/** Columns of `effects`, from the operations of successful transactions, their results, changes and events. */
export const effectsSchema: TableSchema = {
  messageType: 'effects',
  origin: 'predefined',
  doc: 'A row is something that a successful operation did to an account or a contract.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  uniqueKey: ['id'],
  fields: numberFields([
    ['address', T.utf8, false, 'Account that the effect is on, G….'],
    ['address_muxed', T.utf8, true, 'The account as M…, where the operation names it so.'],
    ['operation_id', T.int64, false, 'TOID of the operation.'],
    ['details', EFFECT_DETAILS, false, 'What happened; members of other types are null.'],
    ['type', T.int32, false, 'Effect type, the number that Horizon and stellar-etl use.'],
    ['type_string', T.utf8, false, 'Effect type, e.g. account_credited.'],
    ['closed_at', T.time, false, 'Close time of the ledger, UTC.'],
    ['ledger_sequence', T.uint32, false, 'Ledger sequence.'],
    ['index', T.uint32, false, 'Place among the effects of the operation, from 0.'],
    ['id', T.utf8, false, 'operation_id and index with a hyphen between them.'],
    ['details_json', T.json, false, 'The details as JSON: only the members that apply, keys in order.'],
  ]),
};
