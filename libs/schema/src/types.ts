import type { CompatibilityMode } from '@parquetry/core';

/**
 * The type system of the registry: a readable subset of Arrow's types. `toArrowSchema` gives the `apache-arrow` form.
 * `json` is utf8 with JSON text (open maps, mixed values).
 */
export type DataType =
  | { readonly type: 'bool' | 'int32' | 'int64' | 'uint32' | 'uint64' | 'float64' | 'utf8' | 'json' }
  | { readonly type: 'decimal128'; readonly precision: number; readonly scale: number }
  | { readonly type: 'timestamp'; readonly unit: 'us'; readonly timezone: 'UTC' }
  | { readonly type: 'list'; readonly items: Field }
  | { readonly type: 'struct'; readonly fields: readonly Field[] };

/** A column, struct member or list element. `id` is the Parquet field id; it never changes its meaning in a subject. */
export interface Field {
  readonly id: number;
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  /** The message's key if it differs from the name (see `columnNames`). */
  readonly key?: string;
  /** Keys from the message down to the value, for a column of a flattened object. */
  readonly path?: readonly string[];
  /** One line for people: meaning and unit. */
  readonly doc?: string;
}

/** The schema of one dataset. */
export interface TableSchema {
  readonly messageType: string;
  readonly origin: 'predefined' | 'inferred';
  /** One line: the meaning of a row. */
  readonly doc?: string;
  readonly fields: readonly Field[];
  /** Name of the top-level column that holds a row's ledger: uint32, or int64 in archives of signed integers. */
  readonly ledgerColumn: string;
  /** Name of the top-level timestamp column that holds the close time. */
  readonly closeTimeColumn: string;
  /** Columns that identify a row, if the data has such a key. */
  readonly uniqueKey?: readonly string[];
}

/** A schema in the registry: immutable, numbered from 1. */
export interface RegisteredSchema {
  readonly subject: string;
  readonly version: number;
  /** sha256 (hex) of the canonical JSON of `schema`. */
  readonly fingerprint: string;
  /** Fingerprint of the previous version; absent for version 1. */
  readonly parent?: string;
  /** The compatibility mode of its registration; absent in archives from before modes. */
  readonly mode?: CompatibilityMode;
  readonly schema: TableSchema;
}
