import { writeFile } from 'node:fs/promises';
import { ParquetryError } from '@parquetry/core';
import {
  type RegisteredSchema,
  arrowIpc,
  arrowJson,
  avroSchema,
  createTableSql,
  jsonSchema,
} from '@parquetry/schema';
import { openArchive } from '../archive';
import type { Output } from '../output';
import { findSchema } from './schemafind';

/** Forms in which a schema is exported. */
export const EXPORT_FORMATS = ['arrow', 'json-schema', 'avro', 'sql'] as const;

/** A form in which a schema is exported. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/**
 * `parquetry schema export SUBJECT [VERSION]`: the schema for other programs, on stdout or in a file. A file of format
 * `arrow` is an Arrow IPC stream without rows; on stdout it is Arrow's JSON form.
 */
export async function schemaExport(
  root: string,
  subject: string,
  version: number | undefined,
  options: { readonly format: ExportFormat; readonly out?: string },
  output: Output,
): Promise<number> {
  const { archive } = await openArchive(root);
  const found = await findSchema(archive.registry, subject, version);
  const { format, out } = options;
  const exported = exportSchema(found, format);
  const text = typeof exported === 'string' ? exported : `${JSON.stringify(exported, undefined, 2)}\n`;
  const head = { subject, version: found.version, format };
  if (out === undefined) {
    output.say(text.trimEnd());
    output.document({
      ...head,
      ...(typeof exported === 'string' ? { sql: exported } : { schema: exported }),
    });
    return 0;
  }
  const bytes = format === 'arrow' ? arrowIpc(found.schema) : Buffer.from(text);
  await writeFile(out, bytes).catch((cause: unknown) => {
    throw new ParquetryError('USAGE', `The file ${out} can't be written.`, { details: { file: out }, cause });
  });
  output.say(`${subject} v${found.version} as ${format}: ${out}`);
  output.document({ ...head, file: out, bytes: bytes.length });
  return 0;
}

function exportSchema({ subject, schema }: RegisteredSchema, format: ExportFormat): object | string {
  switch (format) {
    case 'arrow':
      return arrowJson(schema);
    case 'json-schema':
      return jsonSchema(schema);
    case 'avro':
      return avroSchema(schema) as object;
    case 'sql':
      return createTableSql(schema, subject);
  }
}
