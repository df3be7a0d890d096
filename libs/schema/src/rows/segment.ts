import { type Intervals, type LedgerRange, formatRange, ParquetryError } from '@parquetry/core';
import { EMPTY_LEDGER, HASH_BYTES, ROW_HASHES_VERSION } from './format';
import { leafHash, MerkleTree } from './merkle';

/** The row hashes of a segment, as its record has them. */
export interface RowHashes {
  /** Version of the algorithm: 1. */
  readonly version: number;
  /** Merkle root of all ledgers of the segment, those without rows too; hex. */
  readonly root: string;
  /** The hashes of the ledgers with rows, ascending, 32 bytes each; base64. */
  readonly ledgers: string;
}

/** Rows of a ledger that has some. */
interface LedgerRows {
  readonly ledger: number;
  readonly rows: number;
}

/** A ledger of a dataset as a leaf. */
interface LedgerLeaf extends LedgerRows {
  readonly hash: Buffer;
}

/** The leaf of a ledger: `{ledger} {rows} {hash}` as text, the hash in hex. */
export function ledgerLeaf({ ledger, rows, hash }: LedgerLeaf): Buffer {
  return leafHash(`${ledger} ${rows} ${hash.toString('hex')}`);
}

/** The leaf of a dataset in the tree of an archive: `{dataset} {ranges} {root}` as text, the root in hex. */
export function datasetLeaf(dataset: string, ranges: Intervals, root: string): Buffer {
  return leafHash(`${dataset} ${ranges.map(formatRange).join(',')} ${root}`);
}

/** All ledgers of a range. `hashes`: of the ledgers with rows, in their order. */
function* ledgerLeaves(
  range: LedgerRange,
  ledgers: readonly LedgerRows[],
  hashes: Buffer,
): Generator<LedgerLeaf> {
  let next = 0;
  for (let ledger = range.start; ledger <= range.end; ledger += 1) {
    const counted = ledgers[next];
    if (counted?.ledger !== ledger) {
      yield { ledger, rows: 0, hash: EMPTY_LEDGER };
      continue;
    }
    yield { ledger, rows: counted.rows, hash: hashes.subarray(next * HASH_BYTES, (next + 1) * HASH_BYTES) };
    next += 1;
  }
}

/** The row hashes of a segment from those of its ledgers. @throws ParquetryError INTERNAL if there are too many or few */
export function segmentRowHashes(
  range: LedgerRange,
  ledgers: readonly LedgerRows[],
  hashes: Buffer,
): RowHashes {
  if (hashes.length !== ledgers.length * HASH_BYTES)
    throw new ParquetryError(
      'INTERNAL',
      `Ledgers ${formatRange(range)} have rows in ${ledgers.length} ledgers and ${hashes.length / HASH_BYTES} hashes.`,
    );
  const tree = new MerkleTree();
  for (const leaf of ledgerLeaves(range, ledgers, hashes)) tree.add(ledgerLeaf(leaf));
  return {
    version: ROW_HASHES_VERSION,
    root: tree.finish().root.toString('hex'),
    ledgers: hashes.toString('base64'),
  };
}
