/**
 * The actions of the Delta Lake transaction log that this library reads and writes, with the names of the protocol
 * (https://github.com/delta-io/delta/blob/master/PROTOCOL.md). Paths are decoded here and percent-encoded in the log.
 */

/** Values of partition columns as strings; null is SQL NULL. */
export type PartitionValues = Readonly<Record<string, string | null>>;

/** A data file that becomes part of the table. */
export interface AddFile {
  /** Relative to the table's folder, decoded. */
  readonly path: string;
  readonly partitionValues: PartitionValues;
  /** Bytes. */
  readonly size: number;
  /** Unix milliseconds. */
  readonly modificationTime: number;
  /** False when the commit only rearranges rows. */
  readonly dataChange: boolean;
  /** JSON text: numRecords, minValues, maxValues, nullCount. */
  readonly stats?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A data file that leaves the table; kept as a tombstone until its retention ends. */
export interface RemoveFile {
  readonly path: string;
  /** Unix milliseconds. */
  readonly deletionTimestamp?: number;
  readonly dataChange: boolean;
  readonly extendedFileMetadata?: boolean;
  readonly partitionValues?: PartitionValues;
  readonly size?: number;
}

/** The table's schema and settings. */
export interface MetaData {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly format: { readonly provider: string; readonly options: Readonly<Record<string, string>> };
  /** Spark's JSON form of the schema. */
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
  /** Unix milliseconds. */
  readonly createdTime?: number;
}

/** The features that a reader and a writer must support to use the table. */
export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  readonly readerFeatures?: readonly string[];
  readonly writerFeatures?: readonly string[];
}

/** The last version of an application-specific sequence that is in the table. */
export interface Txn {
  readonly appId: string;
  readonly version: number;
  /** Unix milliseconds. */
  readonly lastUpdated?: number;
}

/** A named configuration of the table; the last one of a domain wins. */
export interface DomainMetadata {
  readonly domain: string;
  readonly configuration: string;
  readonly removed: boolean;
}

/** Provenance of a commit, free in form. */
type CommitInfo = Readonly<Record<string, unknown>>;

/** One line of a commit: an object with exactly one member. */
export type Action =
  | { readonly add: AddFile }
  | { readonly remove: RemoveFile }
  | { readonly metaData: MetaData }
  | { readonly protocol: Protocol }
  | { readonly txn: Txn }
  | { readonly domainMetadata: DomainMetadata }
  | { readonly commitInfo: CommitInfo };
