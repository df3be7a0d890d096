import { writeFile } from 'node:fs/promises';
import { ParquetryError } from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import { Option } from 'commander';
import type { Define } from '../cli';
import type { Output } from '../output';
import { SUBJECT, VERSION } from '../schemaarguments';

/** Formats of an exported schema. */
const EXPORT_FORMATS = ['arrow', 'json-schema', 'avro', 'sql'] as const;

interface Options {
  readonly archive: string;
  readonly format: (typeof EXPORT_FORMATS)[number];
  readonly out?: string;
}

/** `parquetry schema export` */
export const define: Define = ({ command, output, run }) =>
  command('export', 'write a schema for other programs')
    .argument(...SUBJECT)
    .argument(...VERSION)
    .settings(['archive', 'region'], { required: ['archive'] })
    .addOption(
      new Option('--format <name>', 'format of the schema').choices(EXPORT_FORMATS).makeOptionMandatory(),
    )
    .option('--out <file>', 'write to this file; format arrow is then an Arrow IPC stream without rows')
    .example('parquetry schema export transactions --archive ./archive --format json-schema')
    .action((subject: string, version: number | undefined, options: Options) =>
      run(() => schemaExport(subject, version, options, output)),
    );

/** On stdout the format `arrow` is Arrow's JSON. */
async function schemaExport(
  subject: string,
  version: number | undefined,
  { archive: root, format, out }: Options,
  output: Output,
): Promise<number> {
  const { arrowIpc } = require('@parquetry/schema') as typeof import('@parquetry/schema');
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { findSchema } = require('../schemafind') as typeof import('../schemafind');
  const { archive } = await openArchive(root);
  const found = await findSchema(archive.registry, subject, version);
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

function exportSchema({ subject, schema }: RegisteredSchema, format: Options['format']): object | string {
  const { arrowJson, avroSchema, createTableSql, jsonSchema } =
    require('@parquetry/schema') as typeof import('@parquetry/schema');
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
