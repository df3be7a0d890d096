import type { SchemaRegistry } from '@parquetry/archive';
import { ParquetryError } from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';

/** A version of a subject, the newest by default. @throws ParquetryError USAGE when there is none */
export async function findSchema(
  registry: SchemaRegistry,
  subject: string,
  version?: number,
): Promise<RegisteredSchema> {
  const versions = await registry.list(subject);
  const found = version === undefined ? versions.at(-1) : versions[version - 1];
  if (found !== undefined) return found;
  if (versions.length === 0)
    throw new ParquetryError('USAGE', `The registry has no subject "${subject}".`, {
      hint: 'See `parquetry schema list`.',
    });
  throw new ParquetryError('USAGE', `The subject ${subject} has no version ${version}.`, {
    details: { subject, versions: versions.length },
    hint: `Its versions are 1 to ${versions.length}.`,
  });
}
