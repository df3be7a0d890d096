import type { Archive } from '@parquetry/archive';
import type {
  Anchor,
  ArchiveProof,
  ArchiveStatement,
  AuditFinding,
  DatasetAudit,
  LumenProof,
  RowHashCheck,
} from '@parquetry/audit';
import { ParquetryError, countLedgers, formatRange } from '@parquetry/core';
import type { VerifyLevel } from '@parquetry/workflows';
import type { Define } from '../cli';
import { faultError, printFindings } from '../findings';
import { type Output, formatBytes, formatCount } from '../output';
import { collect, typeNames } from '../parsers';

interface Options {
  readonly archive: string;
  readonly deep?: boolean;
  readonly ledgers?: string;
  readonly types?: string;
  readonly trust?: readonly string[];
  readonly addRowHashes?: boolean;
  readonly attestation?: string;
  readonly key?: string;
}

/** `parquetry verify` */
export const define: Define = ({ command, output, run }) =>
  command('verify', 'read an archive back and report every fault', 'Check')
    .settings(['archive', 'ledgers', 'types', 'region'], {
      required: ['archive'],
      docs: {
        ledgers: 'ledgers that must be present (default: the ledgers of all runs)',
        types: 'only these datasets, separated by commas',
      },
    })
    .option('--deep', 'decode every value, not only the ledger column')
    .option(
      '--trust <ledger:hash>',
      'with --deep: a ledger hash from another source, to which the chain must connect; repeatable',
      collect,
    )
    .option('--add-row-hashes', 'with --deep: store row hashes for ledgers that were written without them')
    .option('--attestation <file>', 'also check that the archive has the rows that the file attests')
    .option('--key <file>', 'with --attestation: the public key of the signer, PEM')
    .writes('addRowHashes')
    .example('parquetry verify --archive ./archive --deep')
    .action(({ archive, deep, ledgers, types, trust, addRowHashes, attestation, key }: Options) =>
      run(() =>
        verify(
          archive,
          {
            level: deep === true ? 'full' : 'ledger',
            ...(ledgers === undefined ? {} : { ledgers }),
            ...(types === undefined ? {} : { datasets: typeNames(types) }),
            ...(trust === undefined ? {} : { trust: trust.map(parseAnchor) }),
            ...(addRowHashes === undefined ? {} : { addRowHashes }),
            ...(attestation === undefined ? {} : { attestation }),
            ...(key === undefined ? {} : { key }),
          },
          output,
        ),
      ),
    );

/** The request to `verify`. */
export interface VerifyOptions {
  readonly datasets?: readonly string[];
  /** Ledgers that must be present; see `parseRanges`. */
  readonly ledgers?: string;
  /** `full` also proves hashes from the rows, and that the tables agree. */
  readonly level: VerifyLevel;
  /** Trusted ledger hashes from another source. */
  readonly trust?: readonly Anchor[];
  /** Stores row hashes for segments that have none; needs level `full`. */
  readonly addRowHashes?: boolean;
  /** File of an attestation, and of the public key of its signer. */
  readonly attestation?: string;
  readonly key?: string;
}

/** Reads the archive with the second reader and reports every fault; exit 1 if there is one. */
export async function verify(root: string, request: VerifyOptions, output: Output): Promise<number> {
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archiveRanges } = require('../archiveledgers') as typeof import('../archiveledgers');
  const { auditArchive, proveArchive } = require('@parquetry/audit') as typeof import('@parquetry/audit');
  const { archive } = await openArchive(root);
  const attested = await attestationOf(archive, request, output);
  const { datasets, trust: anchors = [], addRowHashes = false } = request;
  if (addRowHashes && request.level !== 'full')
    throw new ParquetryError('USAGE', '--add-row-hashes needs --deep: it reads every value.');
  const scope = datasets === undefined ? {} : { datasets };
  const found = await archiveRanges(async () => archive, request.ledgers, output, {
    ...scope,
    edges: 'refuse',
  });
  const ranges = found === undefined ? {} : { ranges: found };
  const audits: DatasetAudit[] = [];
  for await (const audit of auditArchive(archive, {
    ...scope,
    ...ranges,
    level: request.level,
    addRowHashes,
  }))
    audits.push(audit);
  const findings: AuditFinding[] = audits.flatMap((audit) => audit.findings);
  const proves =
    request.level === 'full' && (anchors.length === 0 || datasets?.includes('ledgers') !== false);
  const proven = proves
    ? await proveArchive(archive, {
        ...scope,
        ...ranges,
        anchors,
        rejected: new Map(audits.map(({ dataset, rejected }) => [dataset, rejected])),
        damaged: new Set(findings.flatMap(({ fault, key }) => (fault && key !== undefined ? [key] : []))),
      })
    : undefined;
  if (proven === undefined && anchors.length > 0)
    throw new ParquetryError('USAGE', '--trust needs --deep and an archive with the dataset ledgers.');
  for (const finding of proven?.findings ?? []) findings.push(finding);
  sayDatasets(audits, findings, output);
  printFindings(findings, output);
  if (proven !== undefined) sayProof(proven.proof, output);
  sayRowHashes(audits, output);
  for (const { lumens } of audits) if (lumens !== undefined) sayLumens('at the pulls', lumens, output);
  const faults = findings.filter(({ fault }) => fault);
  const [first] = faults;
  const document = {
    ok: first === undefined,
    datasets: audits,
    ...(attested === undefined ? {} : { attestation: attested }),
    ...(proven === undefined ? {} : { rows: { ...proven.proof, findings: proven.findings } }),
  };
  if (first === undefined) {
    output.say(`No faults: ${request.level === 'full' ? 'every value' : 'every file'} was read back.`);
    output.document(document);
    return 0;
  }
  return output.fail(faultError(first, faults.length), document);
}

/** Checks an attestation if one is given. @throws ParquetryError ATTESTATION_INVALID, ROW_HASHES_MISSING */
async function attestationOf(
  archive: Archive,
  { attestation, key }: VerifyOptions,
  output: Output,
): Promise<ArchiveStatement['predicate'] | undefined> {
  if ((attestation === undefined) !== (key === undefined))
    throw new ParquetryError('USAGE', '--attestation and --key are given together.', {
      hint: 'The key is the public key of the signer: `openssl pkey -in private.pem -pubout`.',
    });
  if (attestation === undefined || key === undefined) return undefined;
  const { openAttestation } = require('../attestations') as typeof import('../attestations');
  const { checkStatement } = require('@parquetry/audit') as typeof import('@parquetry/audit');
  const statement = openAttestation(attestation, key);
  await checkStatement(archive, statement);
  const { root, datasets } = statement.predicate;
  output.say(`Attested rows: ${datasets.length} datasets have the root ${root}.`);
  return statement.predicate;
}

function sayDatasets(
  audits: readonly DatasetAudit[],
  findings: readonly AuditFinding[],
  output: Output,
): void {
  output.table(
    ['dataset', 'ledgers', 'files', 'rows', 'size', 'coverage', 'proof', 'faults'],
    audits.map((audit) => [
      audit.dataset,
      audit.ledgers,
      audit.files,
      audit.rows,
      formatBytes(audit.bytes),
      audit.coverage.map(formatRange).join(', ') || 'none',
      audit.proof,
      findings.filter(({ fault, dataset }) => fault && dataset === audit.dataset).length,
    ]),
  );
}

/** For how many ledgers the rows have the recorded hash, and which ones have none. */
function sayRowHashes(audits: readonly DatasetAudit[], output: Output): void {
  const found = audits.flatMap(({ dataset, rowHashes }) =>
    rowHashes === undefined ? [] : [{ dataset, ...rowHashes }],
  );
  const say = (what: string, of: (check: RowHashCheck) => number): void => {
    const some = found.filter((check) => of(check) > 0);
    const ledgers = some.reduce((sum, check) => sum + of(check), 0);
    if (ledgers > 0)
      output.say(`Row hashes ${what}: ${formatCount(ledgers)} ledgers in ${some.length} datasets.`);
  };
  say('recomputed and equal', ({ checked }) => checked);
  say('added', ({ added }) => added);
  for (const { dataset, without } of found)
    if (without.length > 0)
      output.say(`No row hashes of ${dataset} for ledgers ${without.map(formatRange).join(', ')}.`);
}

/** What the rows prove, and for how many ledgers; a check without its tables is left out. */
function sayProof(proof: ArchiveProof, output: Output): void {
  const lines: [string, number][] = [
    ['ledger hashes and their chain', proof.headers],
    ['transaction results hash to the header', proof.results],
    ['operation counts add up to the transaction set', proof.sets],
    ['one row for each operation', proof.operations],
    ...Object.entries(proof.references).map(([type, ledgers]): [string, number] => [
      `${type} refer to transactions of the ledger`,
      ledgers,
    ]),
    ['no lumen appears or disappears', proof.lumens?.proved ?? 0],
    ['connected to a trusted hash', countLedgers(proof.anchored)],
  ];
  output.table(
    ['proven from the rows', 'ledgers'],
    lines.filter(([, ledgers]) => ledgers > 0).map(([what, ledgers]) => [what, formatCount(ledgers)]),
  );
  if (proof.lumens?.why !== undefined) sayLumens('from the rows', proof.lumens, output);
  if (proof.anchored.length > 0)
    output.say(`Connected to a trusted hash: ledgers ${proof.anchored.map(formatRange).join(', ')}.`);
}

/** For how many ledgers native balances, fee pool and total of coins agree, and why not for others. */
function sayLumens(how: string, { proved, unchecked, why }: LumenProof, output: Output): void {
  output.say(`Conservation of lumens, checked ${how}: proved for ${formatCount(proved)} ledgers.`);
  if (why !== undefined)
    output.say(`Not checked${unchecked > 0 ? ` for ${formatCount(unchecked)} ledgers` : ''}: ${why}.`);
}

/** Reads `LEDGER:HASH` of `--trust`. @throws ParquetryError USAGE */
function parseAnchor(text: string): Anchor {
  const match = /^(\d{1,10}):([0-9a-fA-F]{64})$/.exec(text);
  if (match === null)
    throw new ParquetryError('USAGE', `--trust ${text.slice(0, 100)} is not LEDGER:HASH with 64 hex digits.`);
  return { ledger: Number(match[1]), hash: (match[2] ?? '').toLowerCase() };
}
