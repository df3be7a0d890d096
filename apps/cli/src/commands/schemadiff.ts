import type { Define } from '../cli';
import type { Output } from '../output';
import { SUBJECT, versionNumber } from '../schemaarguments';

/** `parquetry schema diff` */
export const define: Define = ({ command, output, run }) =>
  command('diff', 'show what changed between two versions')
    .argument(...SUBJECT)
    .argument('<older>', 'version', versionNumber)
    .argument('<newer>', 'version', versionNumber)
    .settings(['archive', 'region'], { required: ['archive'] })
    .example('parquetry schema diff transactions 1 2 --archive ./archive')
    .action((subject: string, older: number, newer: number, { archive }: { archive: string }) =>
      run(() => schemaDiff(archive, subject, [older, newer], output)),
    );

async function schemaDiff(
  root: string,
  subject: string,
  versions: readonly [number, number],
  output: Output,
): Promise<number> {
  const { checkCompatibility, describeChange } =
    require('@parquetry/schema') as typeof import('@parquetry/schema');
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { findSchema } = require('../schemafind') as typeof import('../schemafind');
  const { archive } = await openArchive(root);
  const older = await findSchema(archive.registry, subject, versions[0]);
  const newer = await findSchema(archive.registry, subject, versions[1]);
  const { changes, breaking, compatible } = checkCompatibility('BACKWARD', [older.schema], newer.schema);
  const why = new Map(breaking.map((one) => [describeChange(one.change), one.why]));
  if (changes.length === 0)
    output.say(`${subject}: versions ${older.version} and ${newer.version} are equal.`);
  for (const line of changes.map(describeChange)) {
    const reason = why.get(line);
    output.say(reason === undefined ? line : `${line}  (breaks readers: ${reason})`);
  }
  output.document({
    subject,
    from: older.version,
    to: newer.version,
    backward: compatible,
    changes: changes.map((change) => ({ ...change, text: describeChange(change) })),
  });
  return 0;
}
