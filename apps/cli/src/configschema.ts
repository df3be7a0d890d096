import { LAYOUTS } from '@parquetry/core';
import { type Accepts, oneOf, text, whole } from './setting';
import { SETTINGS, configKey } from './settings';

/** The reference program's own keys (`REFERENCE_KEYS`). */
const REFERENCE: Readonly<Record<string, Accepts>> = {
  storage_type: { enum: ['FS', 'GCS', 'S3'] },
  local_path: text('').accepts,
  bucket_name: text('').accepts,
  path_prefix: text('').accepts,
  partition_by: oneOf(...LAYOUTS).accepts,
  ledgers_per_file: whole(1, 1_000_000_000).accepts,
  schema_evolution: { type: 'boolean' },
};

/** Keys of the reference program's pipeline form; its settings are further in. */
const PIPELINE = ['pipelines', 'consumers', 'consumer'];

/** The JSON Schema (draft 7) of the configuration file, for editors. It is made from the table of settings. */
export function configSchema(): object {
  const properties: Record<string, Accepts> = {};
  const patternProperties: Record<string, Accepts> = {};
  for (const { name, accepts, doc, default: standard } of SETTINGS) {
    const key = configKey(name);
    properties[key] = {
      description: doc,
      ...accepts,
      ...(standard === undefined ? {} : { default: standard }),
    };
    // The form with hyphens is accepted, but editors do not propose it.
    if (key !== name) patternProperties[`^${name}$`] = { $ref: `#/else/properties/${key}` };
  }
  for (const [key, accepts] of Object.entries(REFERENCE))
    properties[key] = { description: "a key of the reference program's SaveToParquet consumer", ...accepts };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Parquetry configuration',
    description: 'Settings by name, for --config and PARQUETRY_CONFIG. See docs/configuration.md.',
    type: ['object', 'null'],
    if: { type: 'object', anyOf: PIPELINE.map((key) => ({ required: [key] })) },
    then: {},
    else: { properties, patternProperties, additionalProperties: false },
  };
}
