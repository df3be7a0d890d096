import type { LedgerRange } from '@parquetry/core';
import { createXXHash128 } from 'hash-wasm';
import type { SourceFile } from './files/sourcefile';

/** Consecutive whole lines of one file with messages of the run. */
export interface Block {
  /** Index of the file. */
  readonly file: number;
  /** Byte range in the (decompressed) file. */
  readonly start: number;
  readonly length: number;
  /** 1-based number of its first line. */
  readonly line: number;
  /** Ledgers of its messages, inclusive. */
  readonly ledgers: LedgerRange;
  /** Indexes of the datasets they belong to. */
  readonly datasets: readonly number[];
  /** `BlockHash` of its bytes. */
  readonly hash: string;
  /** Messages of each of `datasets`, counted by the index pass; absent if not counted. */
  readonly messages?: readonly number[];
}

/** The private part of an NDJSON source's index. */
export interface NdjsonIndex {
  readonly files: readonly SourceFile[];
  readonly datasets: readonly string[];
  /** file, start, length, line, first ledger, last ledger, datasets, hash: an array per block keeps the index small. */
  readonly blocks: readonly PackedBlock[];
}

/** A block in the form that the index stores. */
export type PackedBlock = readonly [
  number,
  number,
  number,
  number,
  number,
  number,
  readonly number[],
  string,
  (readonly number[])?,
];

/** Detects changed bytes of a block: XXH128, hex. Segments identify their content by sha256. */
export type BlockHash = (bytes: Uint8Array) => string;

let hasher: Promise<BlockHash> | undefined;

/** Creates the hash function of blocks; its WebAssembly is compiled once. */
export function blockHasher(): Promise<BlockHash> {
  return (hasher ??= createXXHash128().then(
    (hash): BlockHash =>
      (bytes) =>
        hash.init().update(bytes).digest('hex'),
  ));
}

/** Encodes a block for the index. */
export function packBlock(block: Block): PackedBlock {
  const { file, start, length, line, ledgers, datasets, hash, messages } = block;
  const packed = [file, start, length, line, ledgers.start, ledgers.end, datasets, hash] as const;
  return messages === undefined ? packed : [...packed, messages];
}

/** Decodes a block of the index. */
export function unpackBlock(packed: PackedBlock): Block {
  const [file, start, length, line, first, last, datasets, hash, messages] = packed;
  const block = { file, start, length, line, ledgers: { start: first, end: last }, datasets, hash };
  return messages === undefined ? block : { ...block, messages };
}

/**
 * Minimum size of a block in bytes: small enough that pulls of adjacent ranges share little, large enough that an index
 * has about a thousand blocks per file, up to 4 MB.
 */
export function blockSize(fileSize: number): number {
  return Math.min(Math.max(Math.ceil(fileSize / 1024), 32 << 10), 4 << 20);
}
