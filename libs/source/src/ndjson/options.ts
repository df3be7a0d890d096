import type { Nesting, TableSchema } from '@parquetry/schema';
import type { MessageOptions } from '../message';

/** How to read the messages of an NDJSON source. */
export interface NdjsonOptions {
  /** Every message is of this type (`--message-type`). */
  readonly messageType?: string;
  /** Type of messages that don't name one. */
  readonly defaultType?: string;
  /** Path of the close time by message type, such as `{ trade: 'meta.time' }`. */
  readonly closeTimePaths?: Readonly<Record<string, string>>;
  /** Path of the ledger by message type. */
  readonly ledgerPaths?: Readonly<Record<string, string>>;
  /** How new columns represent nested objects and arrays; default `struct`. */
  readonly nesting?: Nesting;
  /** Keys of the message and of its unwrapped object to leave out: they become neither columns nor rejects. */
  readonly leaveOut?: readonly string[];
  /** Called with the real path, or the URI, of each file before it is read; throws to refuse it. */
  readonly assertFile?: (file: string) => void;
  /** Predefined and registered schemas by message type. */
  readonly schemas: ReadonlyMap<string, TableSchema>;
}

/** The options of the message reader; `schemas` name the ledger and close time columns. */
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
