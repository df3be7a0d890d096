import type { TableSchema } from '@parquetry/schema';
import { contractDataSchema } from './contractdata';
import { contractEventsSchema } from './contractevents';
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
