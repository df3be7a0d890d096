import { readFileSync } from 'node:fs';
import { ParquetryError } from '@parquetry/core';
import { nearest } from './nearest';
import { type ConfigValue, REFERENCE_KEYS, referenceSettings } from './reference';
import { SETTINGS } from './settings';

/** A configuration file by names of settings and options (`buffer-size`). */
export interface Config {
  readonly file: string;
  readonly values: ReadonlyMap<string, ConfigValue>;
  /** Notes for the user: keys that are ignored. */
  readonly notes: readonly string[];
}

/**
 * Reads a `--config` file: YAML with the names of settings as keys, with `-` or `_`, or the reference program's
 * keys, flat or in its pipeline form. Keys of settings that the command does not use are allowed.
 * @param own names of the command's options that are not settings
 * @throws ParquetryError CONFIG_INVALID for an unreadable file and for unknown keys, with a suggestion
 */
export function readConfig(file: string, own: readonly string[]): Config {
  const known = new Set([...SETTINGS.map(({ name }) => name), ...own]);
  const notes: string[] = [];
  const values = new Map<string, ConfigValue>();
  const reference = new Map<string, unknown>();
  for (const [key, value] of Object.entries(unwrapPipeline(file, readYaml(file), notes))) {
    const name = key.replaceAll('_', '-');
    if (known.has(name)) {
      if (values.has(name)) throw invalid(file, `it has both "${values.get(name)?.key}" and "${key}".`);
      values.set(name, { key, value });
    } else if (REFERENCE_KEYS.includes(key)) reference.set(key, value);
    else throw unknownKey(file, key, [...known]);
  }
  for (const { name, key, value } of referenceSettings(file, reference)) {
    const other = values.get(name);
    if (other !== undefined)
      throw invalid(file, `"${key}" and "${other.key}" are the same setting; keep one.`);
    values.set(name, { key, value });
  }
  return { file, values, notes: notes.map((note) => `${file}: ${note}`) };
}

function readYaml(file: string): Record<string, unknown> {
  // Loaded on demand: most commands have no configuration file.
  const { parse } = require('yaml') as typeof import('yaml');
  let value: unknown;
  try {
    // Integers stay exact: the parsers of the settings read sizes and ledgers from text.
    value = parse(readFileSync(file, 'utf8'), { intAsBigInt: true });
  } catch (cause) {
    throw new ParquetryError(
      'CONFIG_INVALID',
      `The configuration ${file} can't be read: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (value === null || value === undefined) return {};
  if (!isMap(value)) throw invalid(file, 'it is not a list of keys and values.');
  return value;
}

/** In the reference program's pipeline form the settings are in the `config` of its Parquet consumer. */
function unwrapPipeline(
  file: string,
  root: Record<string, unknown>,
  notes: string[],
): Record<string, unknown> {
  if (!('pipelines' in root) && !('consumers' in root) && !('consumer' in root)) return root;
  const { pipelines, ...top } = root;
  const all = pipelines === undefined ? [top] : Object.values(isMap(pipelines) ? pipelines : {});
  const consumers = all.flatMap((pipeline) => {
    if (!isMap(pipeline)) return [];
    const listed = pipeline['consumers'] ?? pipeline['consumer'];
    return Array.isArray(listed) ? (listed as unknown[]) : [listed];
  });
  const parquet = consumers.filter((entry) => isMap(entry) && entry['type'] === 'SaveToParquet');
  const [consumer] = parquet;
  if (parquet.length !== 1 || !isMap(consumer))
    throw invalid(
      file,
      `it has ${parquet.length} consumers of the type SaveToParquet; a file must have exactly one.`,
      parquet.length > 1
        ? 'Write one file per consumer, or put the keys of one at the top level.'
        : undefined,
    );
  if (all.some((pipeline) => isMap(pipeline) && ('source' in pipeline || 'processors' in pipeline)))
    notes.push('source and processors of the pipeline are ignored; set the source with --source.');
  if (consumers.length > parquet.length)
    notes.push(`${consumers.length - parquet.length} consumers of other types are ignored.`);
  const config = consumer['config'] ?? {};
  if (!isMap(config)) throw invalid(file, 'the config of SaveToParquet is not a list of keys and values.');
  return config;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownKey(file: string, key: string, known: readonly string[]): ParquetryError {
  const keys = [...known.map((name) => name.replaceAll('-', '_')), ...REFERENCE_KEYS];
  const near = nearest(key.replaceAll('-', '_'), keys);
  return invalid(
    file,
    `it has the unknown key "${key}".`,
    near === undefined ? 'docs/configuration.md lists the keys.' : `Did you mean ${near}?`,
  );
}

function invalid(file: string, why: string, hint?: string): ParquetryError {
  return new ParquetryError('CONFIG_INVALID', `The configuration ${file}: ${why}`, {
    details: { file },
    ...(hint === undefined ? {} : { hint }),
  });
}
