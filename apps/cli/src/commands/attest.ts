import { writeFileSync } from 'node:fs';
import type { ArchiveStatement } from '@parquetry/audit';
import { ParquetryError } from '@parquetry/core';
import type { Define } from '../cli';
import { type Output, counted } from '../output';
import { collect, wholeNumber } from '../parsers';

interface Options {
  readonly archive: string;
  readonly ledgers?: string;
  readonly dataset?: readonly string[];
  readonly key?: string;
  readonly attestation?: string;
  readonly ledger?: number;
  readonly out?: string;
}

/** `parquetry attest` */
export const define: Define = ({ command, output, run }) =>
  command('attest', 'sign what rows an archive has, and prove that rows are part of it', 'Check')
    .settings(['archive', 'ledgers', 'region'], {
      required: ['archive'],
      docs: { ledgers: 'attest only these ledgers' },
    })
    .option('--dataset <name>', 'only this dataset; repeatable', collect)
    .option('--key <file>', 'private key, PEM: Ed25519 or ECDSA P-256 (default: PARQUETRY_SIGNING_KEY)')
    .option(
      '--ledger <number>',
      'instead: prove that the rows of one ledger of --dataset are part of --attestation',
      wholeNumber(1, 2 ** 32 - 1),
    )
    .option('--attestation <file>', 'with --ledger: the attestation')
    .option('--out <file>', 'the file to write (default: stdout)')
    .example('parquetry attest --archive ./archive --key private.pem --out attestation.json')
    .action((options: Options) => run(() => attest(options, output)));

/** Reads the logs and the records of segments; writes only `--out`. */
async function attest(options: Options, output: Output): Promise<number> {
  const { archive: root, dataset: datasets, ledgers, key, attestation, ledger, out } = options;
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archiveRanges } = require('../archiveledgers') as typeof import('../archiveledgers');
  const { readAttestation, signingKey } = require('../attestations') as typeof import('../attestations');
  const { archiveStatement, inclusionProof, seal } =
    require('@parquetry/audit') as typeof import('@parquetry/audit');
  if ((ledger === undefined) !== (attestation === undefined))
    throw new ParquetryError('USAGE', '--ledger and --attestation are given together.', {
      hint: 'A proof is about an attestation. To attest several ledgers, use --ledgers.',
    });
  if (ledger !== undefined && attestation !== undefined) {
    const [dataset, ...more] = datasets ?? [];
    if (dataset === undefined || more.length > 0)
      throw new ParquetryError('USAGE', 'A proof needs one --dataset.');
    const { archive } = await openArchive(root);
    const proof = await inclusionProof(archive, readAttestation(attestation), dataset, ledger);
    write(proof, out, output, `a proof of ${counted(proof.rows, 'row')} of ledger ${ledger} of ${dataset}`);
    return 0;
  }
  const signer = signingKey(key);
  const { archive } = await openArchive(root);
  const scope = datasets === undefined ? {} : { datasets };
  const ranges = await archiveRanges(async () => archive, ledgers, output, scope);
  const { ownPackage } = require('../ownpackage') as typeof import('../ownpackage');
  const statement = await archiveStatement(archive, {
    ...scope,
    ...(ranges === undefined ? {} : { ranges }),
    version: ownPackage.version,
  });
  const envelope = seal(Buffer.from(JSON.stringify(statement)), signer);
  write(envelope, out, output, `an attestation of ${described(statement)}`);
  return 0;
}

function described({ predicate: { datasets, root } }: ArchiveStatement): string {
  return `${counted(datasets.length, 'dataset')} with the root ${root}`;
}

/** A document in a file, or on stdout. */
function write(document: object, out: string | undefined, output: Output, what: string): void {
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(out, text);
  } catch (cause) {
    throw new ParquetryError('CONFIG_INVALID', `${out} can't be written.`, { cause });
  }
  output.say(`Wrote ${what} to ${out}.`);
  output.document({ file: out });
}
