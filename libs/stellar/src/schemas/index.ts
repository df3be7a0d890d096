import type { TableSchema } from '@parquetry/schema';
import { accountsSchema, signersSchema } from './accounts';
import { assetsSchema } from './assets';
import { claimableBalancesSchema } from './claimablebalances';
import { configSettingsSchema } from './configsettings';
import { contractCodeSchema } from './contractcode';
import { contractDataSchema } from './contractdata';
import { contractEventsSchema } from './contractevents';
import { effectsSchema } from './effects';
import { ledgersSchema } from './ledgers';
import { ledgerTransactionSchema } from './ledgertransaction';
import { liquidityPoolsSchema } from './liquiditypools';
import { offersSchema } from './offers';
import { operationsSchema } from './operations';
import { tokenTransfersSchema } from './tokentransfers';
import { tradesSchema } from './trades';
import { transactionsSchema } from './transactions';
import { trustlinesSchema } from './trustlines';
import { restoredKeySchema, ttlSchema } from './ttl';

export { contractDataSchema };

function byType(schemas: readonly TableSchema[]): ReadonlyMap<string, TableSchema> {
  return new Map(schemas.map((schema) => [schema.messageType, schema]));
}

/** The predefined schemas of the tables made from ledgers, by message type, in the order of `STELLAR_TYPES`. */
export const stellarSchemas = byType([
  ledgersSchema,
  transactionsSchema,
  ledgerTransactionSchema,
  operationsSchema,
  effectsSchema,
  tradesSchema,
  assetsSchema,
  contractEventsSchema,
  tokenTransfersSchema,
  accountsSchema,
  signersSchema,
  trustlinesSchema,
  offersSchema,
  claimableBalancesSchema,
  liquidityPoolsSchema,
  contractDataSchema,
  contractCodeSchema,
  configSettingsSchema,
  ttlSchema,
  restoredKeySchema,
]);

/**
 * The predefined schemas from which the tables of NDJSON messages start. They have the columns of the lake's table;
 * unknown keys become additional columns. The schemas of other types are inferred, because their messages vary.
 */
export const messageSchemas = byType([
  ledgersSchema,
  transactionsSchema,
  contractDataSchema,
  contractEventsSchema,
]);
