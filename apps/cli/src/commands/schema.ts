import { parseDataset } from '@parquetry/archive';
import { MAX_LEDGER } from '@parquetry/core';
import { describeSource, describeType } from '@parquetry/schema';
import { openArchive } from '../archive';
import type { Output } from '../output';
import { findSchema } from './schemafind';

/** `parquetry schema list`: subjects of the registry, their newest versions, and the ledgers of their majors. */
export async function schemaList(root: string, output: Output): Promise<number> {
  const { archive } = await openArchive(root);
  const found = [];
  for (const subject of await archive.registry.subjects()) {
    const latest = await archive.registry.latest(subject);
    if (latest === undefined) continue;
    const { messageType, major } = parseDataset(subject);
    const majors = await archive.majors.list(messageType);
    found.push({ ...latest, range: majors[major - 1]?.range ?? { start: 1, end: MAX_LEDGER } });
  }
  output.table(
    ['subject', 'version', 'columns', 'origin', 'ledgers', 'fingerprint'],
    found.map(({ subject, version, schema, fingerprint, range }) => [
      subject,
      version,
      schema.fields.length,
      schema.origin,
      range.end === MAX_LEDGER
        ? range.start === 1
          ? 'all'
          : `from ${range.start}`
        : `${range.start}-${range.end}`,
      fingerprint.slice(0, 12),
    ]),
  );
  output.document({
    schemas: found.map(({ schema, range, ...entry }) => ({
      ...entry,
      origin: schema.origin,
      columns: schema.fields.length,
      ledgers: range,
    })),
  });
  return 0;
}

/** `parquetry schema show SUBJECT [VERSION]`: the columns of a version, the newest by default. */
export async function schemaShow(
  root: string,
  subject: string,
  version: number | undefined,
  output: Output,
): Promise<number> {
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
