import { SchemaRegistry } from '@parquetry/archive';
import { ParquetryError } from '@parquetry/core';
import { type RegisteredSchema, describeType } from '@parquetry/schema';
import { openArchive } from '../archive';
import type { Output } from '../output';

/** `parquetry schema list`: subjects of the registry and their newest versions. */
export async function schemaList(root: string, output: Output): Promise<number> {
  const { store } = await openArchive(root);
  const registry = new SchemaRegistry(store);
  const latest: RegisteredSchema[] = [];
  for (const subject of await registry.subjects()) {
    const schema = await registry.latest(subject);
    if (schema !== undefined) latest.push(schema);
  }
  output.table(
    ['subject', 'version', 'columns', 'origin', 'fingerprint'],
    latest.map(({ subject, version, schema, fingerprint }) => [
      subject,
      version,
      schema.fields.length,
      schema.origin,
      fingerprint.slice(0, 12),
    ]),
  );
  output.document({
    schemas: latest.map(({ schema, ...entry }) => ({
      ...entry,
      origin: schema.origin,
      columns: schema.fields.length,
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
  const { store } = await openArchive(root);
  const registry = new SchemaRegistry(store);
  const found = version === undefined ? await registry.latest(subject) : await registry.get(subject, version);
  if (found === undefined)
    throw new ParquetryError('USAGE', `The registry has no subject "${subject}".`, {
      hint: 'See `parquetry schema list`.',
    });
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
      field.doc ?? '',
    ]),
  );
  output.document(found);
  return 0;
}
