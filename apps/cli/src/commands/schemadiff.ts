import { readFile } from 'node:fs/promises';
import { schemaConflict } from '@parquetry/archive';
import { ParquetryError } from '@parquetry/core';
import {
  type CompatibilityMode,
  type SchemaChange,
  checkCompatibility,
  describeChange,
  parseTableSchema,
} from '@parquetry/schema';
import { openArchive } from '../archive';
import type { Output } from '../output';
import { findSchema } from './schemafind';

/** A schema with 2,000 columns, all documented, is far smaller. */
const MAX_BYTES = 16_000_000;

/** `parquetry schema diff SUBJECT V1 V2`: what changed between two versions, a line each. */
export async function schemaDiff(
  root: string,
  subject: string,
  versions: readonly [number, number],
  output: Output,
): Promise<number> {
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
    changes: changes.map(withText),
  });
  return 0;
}

/** `parquetry schema check SUBJECT FILE`: whether a schema may be the next version; 0 when it may, 1 when not. */
export async function schemaCheck(
  root: string,
  subject: string,
  file: string,
  mode: CompatibilityMode,
  output: Output,
): Promise<number> {
  const schema = parseTableSchema(await readText(file));
  const { archive } = await openArchive(root);
  const latest = await archive.registry.latest(subject);
  const version = latest?.version ?? 0;
  const result = await archive.registry.check(subject, schema, { mode });
  const document = {
    compatible: result.compatible,
    subject,
    mode,
    version,
    changes: result.changes.map(withText),
    breaking: result.breaking.map((one) => ({ ...one, change: withText(one.change) })),
  };
  for (const change of result.changes) output.say(describeChange(change));
  if (!result.compatible) return output.fail(schemaConflict(subject, version, mode, result), document);
  output.say(
    version === 0
      ? `Compatible: it would be the first version of ${subject}.`
      : result.changes.length === 0
        ? `Compatible: ${subject} has this schema already.`
        : `Compatible with ${subject} version ${version} in mode ${mode}.`,
  );
  output.document(document);
  return 0;
}

function withText(change: SchemaChange): SchemaChange & { text: string } {
  return { ...change, text: describeChange(change) };
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new ParquetryError('USAGE', `The file ${file} can't be read.`, { details: { file }, cause });
  });
  if (bytes.length <= MAX_BYTES) return bytes.toString('utf8');
  throw new ParquetryError('USAGE', `The file ${file} is too large for a schema.`, {
    details: { file, bytes: bytes.length, limit: MAX_BYTES },
  });
}
