import type { Archive } from '@parquetry/archive';
import {
  type CoverageProof,
  formatRange,
  type Intervals,
  intersectIntervals,
  ParquetryError,
  parseRanges,
  plainRange,
} from '@parquetry/core';
import { ROW_HASHES_VERSION } from '@parquetry/schema';
import { archiveRoot, type AttestedDataset, datasetRoot } from './tree';

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE_TYPE = 'urn:parquetry:archive-rows:v1';

/** What is attested of a dataset. */
interface DatasetClaim {
  readonly dataset: string;
  /** Inclusive: `1-64000`. */
  readonly ranges: readonly string[];
  /** Merkle root of its ledgers, hex. */
  readonly root: string;
  readonly schemaVersions: readonly number[];
  /** How its ledgers are known to be complete; see docs/proofs.md. */
  readonly coverage: 'chain' | 'declared' | 'mixed';
  /** Hash of the last ledger of each chain of ledger hashes that was checked when the ledgers were pulled. */
  readonly lastHashes: readonly string[];
}

/** An in-toto statement about the rows of an archive. */
export interface ArchiveStatement {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly [{ readonly name: string; readonly digest: { readonly sha256: string } }];
  readonly predicateType: typeof PREDICATE_TYPE;
  readonly predicate: {
    readonly rowHashes: number;
    /** Merkle root of the datasets, hex. */
    readonly root: string;
    readonly network: string;
    readonly datasets: readonly DatasetClaim[];
    readonly tool: { readonly name: 'parquetry'; readonly version: string };
  };
}

/** What to attest: by default everything. */
export interface AttestRequest {
  readonly datasets?: readonly string[];
  readonly ranges?: Intervals;
  /** Version of the program. */
  readonly version: string;
}

/**
 * A statement of what an archive holds now. The same rows give the same root, however they are stored.
 * @throws ParquetryError ROW_HASHES_MISSING
 */
export async function archiveStatement(
  archive: Archive,
  { datasets, ranges, version }: AttestRequest,
): Promise<ArchiveStatement> {
  const claims: (DatasetClaim & { readonly covered: Intervals })[] = [];
  for (const dataset of [...(datasets ?? (await archive.datasets()))].sort()) {
    const table = archive.dataset(dataset);
    const { coverage, segments } = await table.snapshot();
    const covered = ranges === undefined ? coverage : intersectIntervals(ranges, coverage);
    if (covered.length === 0) continue;
    const { root } = await datasetRoot(archive, { dataset, ranges: covered });
    const versions = new Set<number>();
    const proofs: CoverageProof[] = [];
    for (const { id, range } of segments) {
      if (intersectIntervals([range], covered).length === 0) continue;
      const { identity } = await table.segment(id);
      versions.add(identity.schema.version);
      proofs.push(identity.proof);
    }
    claims.push({
      dataset,
      ranges: covered.map(formatRange),
      root,
      schemaVersions: [...versions].sort((a, b) => a - b),
      ...chainOf(proofs),
      covered,
    });
  }
  if (claims.length === 0)
    throw new ParquetryError('USAGE', 'There is nothing to attest: the archive has none of these ledgers.');
  const { root } = archiveRoot(claims.map((claim) => ({ ...claim, ranges: claim.covered })));
  const { network } = archive.identity;
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: `rows of ${network}`, digest: { sha256: root } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      rowHashes: ROW_HASHES_VERSION,
      root,
      network,
      datasets: claims.map(({ covered: _, ...claim }) => claim),
      tool: { name: 'parquetry', version },
    },
  };
}

/** The end of each unbroken chain over consecutive segments. */
function chainOf(proofs: readonly CoverageProof[]): Pick<DatasetClaim, 'coverage' | 'lastHashes'> {
  const chains = proofs.filter((proof) => proof.kind === 'chain');
  const lastHashes = chains.flatMap(({ lastHash }, index) =>
    chains[index + 1]?.firstPreviousHash === lastHash ? [] : [lastHash],
  );
  const coverage =
    chains.length === proofs.length ? 'chain' : chains.length === 0 ? 'declared' : ('mixed' as const);
  return { coverage, lastHashes };
}

/** Parses a statement. @throws ParquetryError ATTESTATION_INVALID */
export function parseStatement(bytes: Buffer): ArchiveStatement {
  const refuse = (why: string): never => {
    throw new ParquetryError('ATTESTATION_INVALID', `The attestation can't be checked: ${why}.`);
  };
  let statement: ArchiveStatement;
  try {
    statement = JSON.parse(bytes.toString('utf8')) as ArchiveStatement;
  } catch {
    return refuse('its statement is not JSON');
  }
  const { _type, predicateType, predicate, subject } = statement;
  if (_type !== STATEMENT_TYPE || predicateType !== PREDICATE_TYPE)
    return refuse(`it is a statement of type ${String(predicateType).slice(0, 100)}`);
  if (predicate.rowHashes !== ROW_HASHES_VERSION)
    return refuse(
      `it has version ${predicate.rowHashes} of row hashes, this program has ${ROW_HASHES_VERSION}`,
    );
  const { root } = archiveRoot(
    predicate.datasets.map((claim) => ({ ...attestedDataset(claim), root: claim.root })),
  );
  if (root !== predicate.root || root !== subject[0].digest.sha256)
    return refuse('its root is not that of its datasets');
  return statement;
}

/** The ledgers of a claim. @throws ParquetryError RANGE_INVALID */
function attestedDataset({ dataset, ranges }: DatasetClaim): AttestedDataset {
  return {
    dataset,
    ranges: parseRanges(ranges.join(',')).map((text) => {
      const range = plainRange(text);
      if (range === undefined)
        throw new ParquetryError('ATTESTATION_INVALID', 'The attestation has a range without numbers.');
      return range;
    }),
  };
}

/**
 * Checks a statement against an archive as it is now. The archive may have more ledgers than were attested.
 * @throws ParquetryError ATTESTATION_INVALID, ROW_HASHES_MISSING
 */
export async function checkStatement(archive: Archive, { predicate }: ArchiveStatement): Promise<void> {
  if (predicate.network !== archive.identity.network)
    throw new ParquetryError(
      'ATTESTATION_INVALID',
      `The attestation is about the network "${predicate.network}", the archive about "${archive.identity.network}".`,
    );
  for (const claim of predicate.datasets) {
    const { root } = await datasetRoot(archive, attestedDataset(claim));
    if (root !== claim.root)
      throw new ParquetryError(
        'ATTESTATION_INVALID',
        `The rows of ledgers ${claim.ranges.join(', ')} of ${claim.dataset} are not those that the attestation names.`,
        { details: { dataset: claim.dataset, attested: claim.root, found: root } },
      );
  }
}

/** A proof that rows of one ledger are part of what a statement attests; see examples/inclusion-proof. */
export interface InclusionProof {
  readonly rowHashes: number;
  readonly dataset: string;
  readonly ledger: number;
  readonly rows: number;
  /** Hash of the ledger's rows, hex. */
  readonly hash: string;
  /** From the ledger's leaf to the dataset's root. */
  readonly ledgerPath: readonly object[];
  /** The dataset's ledgers, as its leaf names them. */
  readonly ranges: string;
  /** From the dataset's leaf to the archive's root. */
  readonly datasetPath: readonly object[];
  /** Root of the archive, hex. */
  readonly root: string;
}

/**
 * The proof for a ledger of a dataset that a statement attests.
 * @throws ParquetryError USAGE when it is not attested; ATTESTATION_INVALID when the archive has other rows now
 */
export async function inclusionProof(
  archive: Archive,
  { predicate }: ArchiveStatement,
  dataset: string,
  ledger: number,
): Promise<InclusionProof> {
  const claims = predicate.datasets.map((claim) => ({ ...attestedDataset(claim), root: claim.root }));
  const own = claims.find((claim) => claim.dataset === dataset);
  if (own?.ranges.some(({ start, end }) => start <= ledger && ledger <= end) !== true)
    throw new ParquetryError('USAGE', `Ledger ${ledger} of ${dataset} is not attested.`);
  const { root, proof } = await datasetRoot(archive, own, ledger);
  if (root !== own.root || proof === undefined)
    throw new ParquetryError(
      'ATTESTATION_INVALID',
      `The rows of ${dataset} are not those that the attestation names.`,
    );
  const { path: datasetPath, root: whole } = archiveRoot(claims, dataset);
  const { path: ledgerPath, rows, hash } = proof;
  const ranges = own.ranges.map(formatRange).join(',');
  return {
    rowHashes: predicate.rowHashes,
    dataset,
    ledger,
    rows,
    hash,
    ledgerPath,
    ranges,
    datasetPath,
    root: whole,
  };
}
