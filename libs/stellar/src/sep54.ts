import type { LedgerRange } from '@parquetry/core';
import { MAX_LEDGER } from '@parquetry/core';

/**
 * How a SEP-54 ledger lake groups ledgers into objects and objects into folders (the lake's `.config.json`).
 * Galexie's TOML calls these settings `ledgers_per_file` and `files_per_partition`.
 */
export interface LakeLayout {
  /** Ledgers an object holds, at least 1. */
  readonly ledgersPerBatch: number;
  /** Objects a partition folder holds; 0 or 1 means that there are no folders. */
  readonly batchesPerPartition: number;
}

/** The file extension of an object: `zst`, or `zstd` in lakes written before Galexie 23. */
export type LakeExtension = 'zst' | 'zstd';

/**
 * The ledger range in the name of the object that holds `ledger`. The range starts at a multiple of `ledgersPerBatch`,
 * so the first range starts at 0 although the first real ledger is 1 or 2. Only the object's batch header says which
 * ledgers it really holds.
 */
export function batchRange(layout: LakeLayout, ledger: number): LedgerRange {
  return aligned(ledger, layout.ledgersPerBatch);
}

/** The ledgers of the folder that holds `ledger`, or undefined when the lake has no folders. */
export function folderRange(layout: LakeLayout, ledger: number): LedgerRange | undefined {
  if (layout.batchesPerPartition <= 1) return undefined;
  return aligned(ledger, layout.ledgersPerBatch * layout.batchesPerPartition);
}

/**
 * The key of the object that holds `ledger`, below the lake's root, for example
 * `FC45E5FF--62528000-62591999/FC45E5C4--62528059.xdr.zst`. The hexadecimal prefix counts down, so a listing returns
 * the newest object first.
 */
export function objectKey(layout: LakeLayout, ledger: number, extension: LakeExtension = 'zst'): string {
  const folder = folderRange(layout, ledger);
  const { start, end } = batchRange(layout, ledger);
  const prefix = folder === undefined ? '' : `${lead(folder.start)}--${folder.start}-${folder.end}/`;
  const range = start === end ? String(start) : `${start}-${end}`;
  return `${prefix}${lead(start)}--${range}.xdr.${extension}`;
}

/**
 * Parses the ledger range and the extension from an object's key or name; undefined for any other file. The prefix must
 * match the first ledger, so a renamed object is not mistaken for another one.
 */
export function parseObjectKey(
  key: string,
): (LedgerRange & { readonly extension: LakeExtension }) | undefined {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const match = /^([0-9A-F]{8})--(\d{1,10})(?:-(\d{1,10}))?\.xdr\.(zstd?)$/.exec(name);
  if (match === null) return undefined;
  const start = Number(match[2]);
  const end = match[3] === undefined ? start : Number(match[3]);
  if (end < start || end > MAX_LEDGER || match[1] !== lead(start)) return undefined;
  return { start, end, extension: match[4] === 'zst' ? 'zst' : 'zstd' };
}

/** Parses the ledger range from a folder's name (with or without its slash); undefined for any other folder. */
export function parseFolderName(name: string): LedgerRange | undefined {
  const match = /^([0-9A-F]{8})--(\d{1,10})-(\d{1,10})\/?$/.exec(name);
  if (match === null) return undefined;
  const start = Number(match[2]);
  const end = Number(match[3]);
  return end < start || end > MAX_LEDGER || match[1] !== lead(start) ? undefined : { start, end };
}

/** The ranges of the objects that hold a range of ledgers, ascending. */
export function* batchesOf(layout: LakeLayout, range: LedgerRange): Generator<LedgerRange> {
  for (let next = range.start; next <= range.end;) {
    const batch = batchRange(layout, next);
    yield batch;
    next = batch.end + 1;
  }
}

function aligned(ledger: number, width: number): LedgerRange {
  const start = Math.floor(ledger / width) * width;
  return { start, end: Math.min(start + width - 1, MAX_LEDGER) };
}

function lead(start: number): string {
  return (MAX_LEDGER - start).toString(16).toUpperCase().padStart(8, '0');
}
