import type { Archive } from '@parquetry/archive';
import {
  clipIntervals,
  type CoverageProof,
  formatRange,
  type Intervals,
  intersectIntervals,
  ParquetryError,
  parseRanges,
  plainRange,
  subtractIntervals,
} from '@parquetry/core';
import { ROW_HASHES_VERSION } from '@parquetry/schema';
import { ownLedgers } from '../audit';
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
 * @throws ParquetryError ROW_HASHES_MISSING, MESSAGE_TYPE_UNKNOWN, COVERAGE_GAP when it does not have requested ledgers
 */
export async function archiveStatement(
  archive: Archive,
  { datasets, ranges, version }: AttestRequest,
): Promise<ArchiveStatement> {
  const claims: (DatasetClaim & { readonly covered: Intervals })[] = [];
  const known = await archive.datasets();
  for (const dataset of [...new Set(datasets ?? known)].sort()) {
    if (!known.includes(dataset)) throw unknownDataset(dataset, known);
    const table = archive.dataset(dataset);
    const { coverage, segments } = await table.snapshot();
    const covered =
      ranges === undefined ? coverage : clipIntervals(await ownLedgers(archive, dataset), ranges);
    const missing = covered.flatMap((range) => subtractIntervals(range, coverage));
    if (missing.length > 0) throw gap(dataset, missing);
    if (covered.length === 0 && datasets !== undefined) throw gap(dataset, ranges ?? []);
    if (covered.length === 0) continue;
    const { root } = await datasetRoot(archive, { dataset, ranges: covered });
    const versions = new Set<number>();
    const proofs: ProvenSegment[] = [];
    for (const { id, range } of segments) {
      if (intersectIntervals([range], covered).length === 0) continue;
      const { identity } = await table.segment(id);
      versions.add(identity.schema.version);
      const whole = covered.some(({ start, end }) => start <= range.end && range.end <= end);
      proofs.push({ proof: identity.proof, whole });
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

function unknownDataset(dataset: string, known: readonly string[]): ParquetryError {
  return new ParquetryError('MESSAGE_TYPE_UNKNOWN', `The archive has no dataset "${dataset}".`, {
    hint: `It has ${known.join(', ') || 'none'}.`,
  });
}

function gap(dataset: string, missing: Intervals): ParquetryError {
  return new ParquetryError(
    'COVERAGE_GAP',
    `${missing.length === 0 ? 'All ledgers' : `Ledgers ${missing.map(formatRange).join(', ')}`} of ${dataset} are not in the archive, so they can't be attested.`,
    {
      details: { dataset },
      hint: 'Attest fewer ledgers (--ledgers) or only some datasets (--dataset), or run the backfill first.',
    },
  );
}

interface ProvenSegment {
  readonly proof: CoverageProof;
  /** Whether its last ledger is attested. */
  readonly whole: boolean;
}

/** The end of each unbroken chain over consecutive segments, as far as it is attested. */
function chainOf(segments: readonly ProvenSegment[]): Pick<DatasetClaim, 'coverage' | 'lastHashes'> {
  const chained = (some: readonly ProvenSegment[]) =>
    some.map(({ proof }) => proof).filter((proof) => proof.kind === 'chain');
  const chains = chained(segments.filter(({ whole }) => whole));
  const lastHashes = chains.flatMap(({ lastHash }, index) =>
    chains[index + 1]?.firstPreviousHash === lastHash ? [] : [lastHash],
  );
  const count = chained(segments).length;
  const coverage = count === segments.length ? 'chain' : count === 0 ? 'declared' : ('mixed' as const);
  return { coverage, lastHashes };
}

/** Parses a statement. @throws ParquetryError ATTESTATION_INVALID */
export function parseStatement(bytes: Buffer): ArchiveStatement {
  const refuse = (why: string): never => {
    throw new ParquetryError('ATTESTATION_INVALID', `The attestation can't be checked: ${why}.`);
  };
  let found: Partial<ArchiveStatement> | null;
  try {
    found = JSON.parse(bytes.toString('utf8')) as Partial<ArchiveStatement> | null;
  } catch {
    return refuse('its statement is not JSON');
  }
  const { _type, predicateType } = found ?? {};
  if (_type !== STATEMENT_TYPE || predicateType !== PREDICATE_TYPE)
    return refuse(`it is a statement of type ${String(predicateType).slice(0, 100)}`);
  if (!isComplete(found)) return refuse('its statement lacks members, or they have another form');
  const { predicate, subject } = found;
  if (predicate.rowHashes !== ROW_HASHES_VERSION)
    return refuse(
      `it has version ${predicate.rowHashes} of row hashes, this program has ${ROW_HASHES_VERSION}`,
    );
  const { root } = archiveRoot(
    predicate.datasets.map((claim) => ({ ...attestedDataset(claim), root: claim.root })),
  );
  if (root !== predicate.root || root !== subject[0].digest.sha256)
    return refuse('its root is not that of its datasets');
  return found;
}

/** Whether a statement has what the checks read. */
function isComplete(found: Partial<ArchiveStatement> | null): found is ArchiveStatement {
  const { predicate, subject } = (found ?? {}) as Loose<ArchiveStatement>;
  const { root, network, datasets } = (predicate ?? {}) as Loose<ArchiveStatement['predicate']>;
  return (
    Array.isArray(subject) &&
    (subject as Loose<ArchiveStatement['subject'][0]>[])[0]?.digest instanceof Object &&
    typeof root === 'string' &&
    typeof network === 'string' &&
    Array.isArray(datasets) &&
    (datasets as (Loose<DatasetClaim> | null)[]).every(
      (claim) =>
        typeof claim?.dataset === 'string' && typeof claim.root === 'string' && isTexts(claim.ranges),
    )
  );
}

type Loose<T> = { readonly [Name in keyof T]?: unknown };

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

/** The ledgers of a claim. @throws ParquetryError ATTESTATION_INVALID, RANGE_INVALID */
function attestedDataset({ dataset, ranges }: DatasetClaim): AttestedDataset {
  return {
    dataset,
    ranges: ranges.map((text) => {
      const [range, ...more] = /^[\d-]+$/.test(text) ? parseRanges(text).map(plainRange) : [];
      if (range === undefined || more.length > 0)
        throw new ParquetryError('ATTESTATION_INVALID', `The attestation has the range "${text}".`);
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
