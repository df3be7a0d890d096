export {
  EMPTY_LEDGER,
  HASH_BYTES,
  isWholeFloat,
  PART_TAGS,
  partHead,
  partPath,
  ROW_HASHES_VERSION,
  sha256,
} from './format';
export { ledgerHash } from './ledger';
export { MerkleTree, type ProofStep } from './merkle';
export { datasetLeaf, ledgerLeaf, type RowHashes, segmentRowHashes } from './segment';
export { byName, canonicalText, floatText } from './text';
