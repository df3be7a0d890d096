import type { Archive } from '@parquetry/archive';
import { DEFAULT_MODE } from '@parquetry/core';
import { type RegisteredSchema, compareSchemas, describeChange } from '@parquetry/schema';
import type { SchemaData } from './data';
import type { Digest } from './digest';

/** Versions of a subject that are listed, the newest ones, and changes of each. */
const MAX_VERSIONS = 30;
const MAX_CHANGES = 40;

/** The versions of a dataset's schema with their changes, and where the live segments use them. */
export async function schemasOf(
  archive: Archive,
  dataset: string,
  digests: readonly (Digest | undefined)[],
): Promise<SchemaData[]> {
  const versions = await archive.registry.list(dataset);
  return versions
    .map((version, index) => schemaOf(version, versions[index - 1], digests))
    .slice(-MAX_VERSIONS);
}

function schemaOf(
  { version, schema, mode }: RegisteredSchema,
  before: RegisteredSchema | undefined,
  digests: readonly (Digest | undefined)[],
): SchemaData {
  const changes = before === undefined ? [] : compareSchemas(before.schema, schema).map(describeChange);
  const used = digests.filter((digest) => digest?.schema === version) as Digest[];
  const since = used.map(({ recordedAt }) => recordedAt).sort()[0];
  return {
    version,
    columns: schema.fields.length,
    mode: mode ?? DEFAULT_MODE,
    changes: changes.slice(0, MAX_CHANGES),
    moreChanges: Math.max(0, changes.length - MAX_CHANGES),
    ...(since === undefined
      ? {}
      : {
          since,
          range: {
            start: used.reduce((least, { range }) => Math.min(least, range.start), Infinity),
            end: used.reduce((most, { range }) => Math.max(most, range.end), 0),
          },
        }),
  };
}
