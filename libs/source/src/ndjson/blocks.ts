import type { LedgerRange } from '@parquetry/core';
import { createXXHash128 } from 'hash-wasm';
import type { SourceFile } from './files/sourcefile';

/** A run of whole lines of one file that has messages of the run. */
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
  /** Messages of each of `datasets` in it that the index pass counted; absent where it did not count. */
  readonly messages?: readonly number[];
}

/** The private part of an NDJSON source's index. */
export interface NdjsonIndex {
  readonly files: readonly SourceFile[];
  readonly datasets: readonly string[];
  /** file, start, length, line, first ledger, last ledger, datasets, hash: an array a block keeps the index small. */
  readonly blocks: readonly PackedBlock[];
}

/** A block as the index stores it. */
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

/** Tells whether a block's bytes are those that were read before: XXH128, hex. What identifies content is a sha256. */
export type BlockHash = (bytes: Uint8Array) => string;

let hasher: Promise<BlockHash> | undefined;

/** The hash of blocks, of which the machine code is made once. */
export function blockHasher(): Promise<BlockHash> {
  return (hasher ??= createXXHash128().then(
    (hash): BlockHash =>
      (bytes) =>
        hash.init().update(bytes).digest('hex'),
  ));
}

/** A block for the index. */
export function packBlock(block: Block): PackedBlock {
  const { file, start, length, line, ledgers, datasets, hash, messages } = block;
  const packed = [file, start, length, line, ledgers.start, ledgers.end, datasets, hash] as const;
  return messages === undefined ? packed : [...packed, messages];
}

/** A block from the index. */
export function unpackBlock(packed: PackedBlock): Block {
  const [file, start, length, line, first, last, datasets, hash, messages] = packed;
  const block = { file, start, length, line, ledgers: { start: first, end: last }, datasets, hash };
  return messages === undefined ? block : { ...block, messages };
}

/**
 * Bytes a block should have at least: small enough that pulls of neighbouring ranges share little, large enough that
 * an index has about a thousand blocks a file, up to 4 MB.
 */
export function blockSize(fileSize: number): number {
  return Math.min(Math.max(Math.ceil(fileSize / 1024), 32 << 10), 4 << 20);
}
