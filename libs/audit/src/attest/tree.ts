import type { Archive } from '@parquetry/archive';
import { formatRange, type Intervals, ParquetryError, subtractIntervals } from '@parquetry/core';
import { datasetLeaf, ledgerLeaf, MerkleTree, type ProofStep } from '@parquetry/schema';
import { HashedLedgers } from '../compare/hashedledgers';

/** Ledgers of a dataset. */
export interface AttestedDataset {
  readonly dataset: string;
  readonly ranges: Intervals;
}

/** A leaf, and the way from it to a root. */
export interface LeafProof {
  readonly rows: number;
  /** Hash of the ledger's rows, hex. */
  readonly hash: string;
  readonly path: readonly ProofStep[];
}

/**
 * The Merkle root of ledgers of a dataset, hex; with the proof of one of them if it is asked for.
 * @throws ParquetryError ROW_HASHES_MISSING, ATTESTATION_INVALID when the archive does not have all of the ledgers
 */
export async function datasetRoot(
  archive: Archive,
  { dataset, ranges }: AttestedDataset,
  proven?: number,
): Promise<{ readonly root: string; readonly proof?: LeafProof }> {
  const ledgers = await HashedLedgers.open(archive, dataset);
  const gaps = ranges.flatMap((range) => subtractIntervals(range, ledgers.snapshot.coverage));
  if (gaps.length > 0)
    throw new ParquetryError(
      'ATTESTATION_INVALID',
      `The archive does not have ledgers ${gaps.map(formatRange).join(', ')} of ${dataset}.`,
      { details: { dataset } },
    );
  const tree = new MerkleTree();
  let found: Omit<LeafProof, 'path'> | undefined;
  for (const range of ranges)
    for (let start = range.start; start <= range.end;) {
      const segment = await ledgers.segment(start);
      const end = Math.min(range.end, segment.range.end);
      if (segment.root === undefined)
        throw new ParquetryError(
          'ROW_HASHES_MISSING',
          `Ledgers ${formatRange({ start, end })} of ${dataset} have no row hashes.`,
          { hint: 'Add them with `parquetry verify --deep --add-row-hashes`.' },
        );
      for (let ledger = start; ledger <= end; ledger += 1) {
        const { rows, hash } = segment.at(ledger);
        tree.add(ledgerLeaf({ ledger, rows, hash }), ledger === proven);
        if (ledger === proven) found = { rows, hash: hash.toString('hex') };
      }
      start = end + 1;
    }
  const { root, proof: path } = tree.finish();
  return { root: root.toString('hex'), ...(found === undefined ? {} : { proof: { ...found, path } }) };
}

/** The Merkle root of datasets in the order of their names, hex; with the proof of one of them if it is asked for. */
export function archiveRoot(
  datasets: readonly (AttestedDataset & { readonly root: string })[],
  proven?: string,
): { readonly root: string; readonly path: readonly ProofStep[] } {
  const tree = new MerkleTree();
  for (const { dataset, ranges, root } of datasets)
    tree.add(datasetLeaf(dataset, ranges, root), dataset === proven);
  const { root, proof } = tree.finish();
  return { root: root.toString('hex'), path: proof };
}
