/** Compression of a file. `remote`: an object in a bucket, whose compression is detected when it is fetched. */
type Packing = 'none' | 'gzip' | 'zstd' | 'remote';

/** A source file. */
export interface SourceFile {
  /** Name as the user wrote it or the glob matched it; used in positions. */
  readonly name: string;
  /** Absolute path, or the object's URI. */
  readonly path: string;
  readonly packing: Packing;
  /** Stored size in bytes. */
  readonly size: number;
  /** Name of its decompressed or local copy in a spool folder; it changes when the file changes. */
  readonly spool?: string;
}
