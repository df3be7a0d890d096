import type { Define } from '../cli';
import type { Output } from '../output';
import { SUBJECT, VERSION } from '../schemaarguments';

/** `parquetry schema show` */
export const define: Define = ({ command, output, run }) =>
  command('show', 'show the columns of a schema')
    .argument(...SUBJECT)
    .argument(...VERSION)
    .settings(['archive', 'region'], { required: ['archive'] })
    .example('parquetry schema show transactions --archive ./archive')
    .action((subject: string, version: number | undefined, { archive }: { archive: string }) =>
      run(() => schemaShow(archive, subject, version, output)),
    );

async function schemaShow(
  root: string,
  subject: string,
  version: number | undefined,
  output: Output,
): Promise<number> {
  const { describeSource, describeType } = require('@parquetry/schema') as typeof import('@parquetry/schema');
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { findSchema } = require('../schemafind') as typeof import('../schemafind');
  const { archive } = await openArchive(root);
  const found = await findSchema(archive.registry, subject, version);
  const { schema } = found;
  output.say(
    `${subject} v${found.version} (${schema.origin}), fingerprint ${found.fingerprint.slice(0, 12)}`,
  );
  if (schema.doc !== undefined) output.say(schema.doc);
  output.table(
    ['id', 'column', 'type', 'null', 'meaning'],
    schema.fields.map((field) => [
      field.id,
      field.name,
      describeType(field.type),
      field.nullable ? 'yes' : 'no',
      [field.doc, describeSource(field)].filter((part) => part !== undefined).join('; '),
    ]),
  );
  output.document(found);
  return 0;
}
