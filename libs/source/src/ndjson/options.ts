import type { Nesting, TableSchema } from '@parquetry/schema';
import type { MessageOptions } from '../message';

/** How an NDJSON source's messages are read. */
export interface NdjsonOptions {
  /** Every message is of this type (`--message-type`). */
  readonly messageType?: string;
  /** Type of messages that name none. */
  readonly defaultType?: string;
  /** Path of the close time by message type, such as `{ trade: 'meta.time' }`. */
  readonly closeTimePaths?: Readonly<Record<string, string>>;
  /** Path of the ledger by message type. */
  readonly ledgerPaths?: Readonly<Record<string, string>>;
  /** What nested objects and arrays of new columns become; default `struct`. */
  readonly nesting?: Nesting;
  /** Keys of the message itself, and of the object unwrapped from it, that no row has: neither columns nor rejects. */
  readonly leaveOut?: readonly string[];
  /** Predefined and registered schemas by message type. */
  readonly schemas: ReadonlyMap<string, TableSchema>;
}

/** The message reader's options; `schemas` say which columns hold ledger and close time. */
export function messageOptions(
  options: NdjsonOptions,
  schemas: ReadonlyMap<string, TableSchema>,
): MessageOptions {
  const { messageType, defaultType, closeTimePaths, ledgerPaths } = options;
  return {
    ...(messageType === undefined ? {} : { messageType }),
    ...(defaultType === undefined ? {} : { defaultType }),
    ...(closeTimePaths === undefined ? {} : { closeTimePaths }),
    ...(ledgerPaths === undefined ? {} : { ledgerPaths }),
    columns: schemas,
  };
}
