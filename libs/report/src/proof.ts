import { joinChain } from '@parquetry/audit';
import { rangeLength } from '@parquetry/core';
import type { ProofData } from './data';
import type { Digest } from './digest';

/** Broken links that are listed. */
const MAX_BREAKS = 10;

/** The proof of a dataset's coverage, from the records of its live segments. */
export function proofOf(dataset: string, digests: readonly (Digest | undefined)[]): ProofData {
  const known = digests.filter((digest) => digest !== undefined);
  const { proof, findings } = joinChain(
    dataset,
    known.map((identity) => ({ identity })),
  );
  const ledgers = (kind: 'chain' | 'declared'): number =>
    known.reduce((sum, digest) => sum + (digest.proof.kind === kind ? rangeLength(digest.range) : 0), 0);
  return {
    kind: proof,
    chained: ledgers('chain'),
    declared: ledgers('declared'),
    unrecorded: digests.length - known.length,
    breaks: findings.slice(0, MAX_BREAKS).map(({ message }) => message),
  };
}
