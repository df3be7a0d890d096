import type { Anchor, AuditFinding, DatasetAudit, RowProof } from '@parquetry/audit';
import {
  type LedgerRange,
  ParquetryError,
  countLedgers,
  formatRange,
  parseLedgerRange,
} from '@parquetry/core';
import type { VerifyLevel } from '@parquetry/workflows';
import type { Define } from '../cli';
import { faultError, sayFindings } from '../findings';
import { type Output, formatBytes, formatCount } from '../output';
import { collect } from '../parsers';

interface Options {
  readonly archive: string;
  readonly deep?: boolean;
  readonly ledgers?: string;
  readonly types?: string;
  readonly trust?: readonly string[];
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
    .example('parquetry verify --archive ./archive --deep')
    .action(({ archive, deep, ledgers, types, trust }: Options) =>
      run(() =>
        verify(
          archive,
          {
            level: deep === true ? 'full' : 'ledger',
            ...(ledgers === undefined ? {} : { range: parseLedgerRange(ledgers) }),
            ...(types === undefined ? {} : { datasets: types.split(',') }),
            ...(trust === undefined ? {} : { trust: trust.map(parseAnchor) }),
          },
          output,
        ),
      ),
    );

/** The request to `verify`. */
export interface VerifyOptions {
  readonly datasets?: readonly string[];
  readonly range?: LedgerRange;
  /** `full` also proves `ledgers` and `transactions` from their rows. */
  readonly level: VerifyLevel;
  /** Trusted ledger hashes from another source. */
  readonly trust?: readonly Anchor[];
}

/** Reads the archive with the second reader and reports every fault; exit 1 if there is one. */
export async function verify(root: string, request: VerifyOptions, output: Output): Promise<number> {
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { auditArchive, proveArchive } = require('@parquetry/audit') as typeof import('@parquetry/audit');
  const { archive } = await openArchive(root);
  const audits: DatasetAudit[] = [];
  for await (const audit of auditArchive(archive, request)) audits.push(audit);
  const findings: AuditFinding[] = audits.flatMap((audit) => audit.findings);
  const proves = request.level === 'full' && request.datasets?.includes('ledgers') !== false;
  const proven = proves
    ? await proveArchive(archive, {
        ...(request.range === undefined ? {} : { range: request.range }),
        anchors: request.trust ?? [],
        damaged: new Set(findings.flatMap(({ fault, key }) => (fault && key !== undefined ? [key] : []))),
      })
    : undefined;
  if (proven === undefined && (request.trust ?? []).length > 0)
    throw new ParquetryError('USAGE', '--trust needs --deep and an archive with the dataset ledgers.');
  for (const finding of proven?.findings ?? []) findings.push(finding);
  sayDatasets(audits, findings, output);
  sayFindings(findings, output);
  if (proven !== undefined) sayProof(proven.proof, output);
  const faults = findings.filter(({ fault }) => fault);
  const [first] = faults;
  const document = {
    ok: first === undefined,
    datasets: audits,
    ...(proven === undefined ? {} : { rows: { ...proven.proof, findings: proven.findings } }),
  };
  if (first === undefined) {
    output.say(`No faults: ${request.level === 'full' ? 'every value' : 'every file'} was read back.`);
    output.document(document);
    return 0;
  }
  return output.fail(faultError(first, faults.length), document);
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

function sayProof({ headers, results, anchored }: RowProof, output: Output): void {
  output.say(
    `Recomputed from the rows: ${formatCount(headers)} ledger hashes and their chain, the transaction results of ${formatCount(results)} ledgers.`,
  );
  if (anchored.length > 0)
    output.say(
      `Connected to a trusted hash: ${formatCount(countLedgers(anchored))} ledgers, ${anchored.map(formatRange).join(', ')}.`,
    );
}

/** Reads `LEDGER:HASH` of `--trust`. @throws ParquetryError USAGE */
function parseAnchor(text: string): Anchor {
  const match = /^(\d{1,10}):([0-9a-fA-F]{64})$/.exec(text);
  if (match === null)
    throw new ParquetryError('USAGE', `--trust ${text.slice(0, 100)} is not LEDGER:HASH with 64 hex digits.`);
  return { ledger: Number(match[1]), hash: (match[2] ?? '').toLowerCase() };
}
