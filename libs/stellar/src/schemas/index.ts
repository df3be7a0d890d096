import type { TableSchema } from '@parquetry/schema';
import { contractDataSchema } from './contract_data';
import { contractEventsSchema } from './contract_events';
import { ledgersSchema } from './ledgers';
import { transactionsSchema } from './transactions';

export { contractDataSchema, contractEventsSchema, ledgersSchema, transactionsSchema };

/** The predefined schemas by message type. */
export const stellarSchemas: ReadonlyMap<string, TableSchema> = new Map(
  [ledgersSchema, transactionsSchema, contractDataSchema, contractEventsSchema].map((schema) => [
    schema.messageType,
    schema,
  ]),
);
