/** Compression of a file. `remote`: an object in a bucket; finding out would cost a request each. */
type Packing = 'none' | 'gzip' | 'zstd' | 'remote';

/** A source file. */
export interface SourceFile {
  /** As the user wrote it or the glob found it; used in positions. */
  readonly name: string;
  /** Absolute path, or the object's URI. */
  readonly path: string;
  readonly packing: Packing;
  /** Bytes as stored. */
  readonly size: number;
  /** Name of its decompressed or local copy in a spool folder; changes when the file does. */
  readonly spool?: string;
}
