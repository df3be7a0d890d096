import { readFileSync } from 'node:fs';
import { ParquetryError, isParquetryError } from '@parquetry/core';
import type { Document } from 'yaml';
import { nearest } from './nearest';
import {
  type ConfigValue,
  type Place,
  REFERENCE_KEYS,
  invalid,
  placeText,
  referenceSettings,
} from './reference';
import { SETTINGS } from './settings';

/** A configuration file by names of settings and options (`buffer-size`). */
export interface Config {
  readonly file: string;
  readonly values: ReadonlyMap<string, ConfigValue>;
  /** Notes for the user: keys that are ignored. */
  readonly notes: readonly string[];
  /** Keys that can't be used: unknown ones, two for one setting, wrong ones of the reference program. */
  readonly faults: readonly ParquetryError[];
}

/**
 * Reads a `--config` file: YAML with the names of settings as keys, with `-` or `_`, or the reference program's
 * keys, flat or in its pipeline form. Keys of settings that the command does not use are allowed.
 * @param own names of the command's options that are not settings
 * @throws ParquetryError CONFIG_INVALID for an unreadable file
 */
export function readConfig(file: string, own: readonly string[]): Config {
  const known = new Set([...SETTINGS.map(({ name }) => name), ...own]);
  const notes: string[] = [];
  const faults: ParquetryError[] = [];
  const values = new Map<string, ConfigValue>();
  const reference = new Map<string, unknown>();
  const { root, lines } = readYaml(file);
  const at = (key: string): Place => placeOf(file, lines.get(key));
  for (const [key, value] of Object.entries(unwrapPipeline(file, root, notes))) {
    const name = key.replaceAll('_', '-');
    if (known.has(name)) {
      const other = values.get(name)?.key;
      if (other === undefined) values.set(name, { key, value, at: at(key) });
      else faults.push(invalid(at(key), `it has both "${other}" and "${key}".`));
    } else if (REFERENCE_KEYS.includes(key)) reference.set(key, value);
    else faults.push(unknownKey(at(key), key, [...known]));
  }
  try {
    for (const { name, key, value } of referenceSettings(at, reference)) {
      const other = values.get(name);
      if (other === undefined) values.set(name, { key, value, at: at(key) });
      else faults.push(invalid(at(key), `"${key}" and "${other.key}" are the same setting; keep one.`));
    }
  } catch (error) {
    if (!isParquetryError(error)) throw error;
    faults.push(error);
  }
  return { file, values, notes: notes.map((note) => `${file}: ${note}`), faults };
}

function placeOf(file: string, line: number | undefined): Place {
  return line === undefined ? { file } : { file, line };
}

function readYaml(file: string): { root: Record<string, unknown>; lines: ReadonlyMap<string, number> } {
  // Loaded on demand: most commands have no configuration file.
  const { LineCounter, parseDocument } = require('yaml') as typeof import('yaml');
  const counter = new LineCounter();
  let value: unknown;
  let document: ReturnType<typeof parseDocument>;
  try {
    // Integers stay exact: the parsers of the settings read sizes and ledgers from text.
    document = parseDocument(readFileSync(file, 'utf8'), {
      intAsBigInt: true,
      lineCounter: counter,
      // Warnings of the library would be printed as those of Node.
      logLevel: 'error',
    });
    const [error] = document.errors;
    if (error !== undefined) throw error;
    value = document.toJS();
  } catch (cause) {
    const at = placeOf(file, (cause as { linePos?: readonly { line: number }[] }).linePos?.[0]?.line);
    throw new ParquetryError(
      'CONFIG_INVALID',
      `The configuration ${placeText(at)} can't be read: ${(cause as Error).message.trim()}`,
      { cause, details: { ...at } },
    );
  }
  if (value === null || value === undefined) return { root: {}, lines: new Map() };
  if (!isMap(value)) throw invalid({ file }, 'it is not a list of keys and values.');
  return { root: value, lines: linesOf(document, (offset) => counter.linePos(offset).line) };
}

/** The lines of the keys of the settings: of the file, or of its one consumer of the reference program. */
function linesOf(document: Document, lineAt: (offset: number) => number): ReadonlyMap<string, number> {
  const { isMap: isMapNode, isScalar, visit } = require('yaml') as typeof import('yaml');
  let settings: unknown = document.contents;
  visit(document, {
    Map: (_key, node) => {
      if (node.get('type') === 'SaveToParquet') settings = node.get('config');
    },
  });
  const lines = new Map<string, number>();
  if (isMapNode(settings))
    for (const { key } of settings.items)
      if (isScalar(key) && key.range) lines.set(String(key.value), lineAt(key.range[0]));
  return lines;
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
      { file },
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
  if (!isMap(config))
    throw invalid({ file }, 'the config of SaveToParquet is not a list of keys and values.');
  return config;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownKey(at: Place, key: string, known: readonly string[]): ParquetryError {
  const keys = [...known.map((name) => name.replaceAll('-', '_')), ...REFERENCE_KEYS];
  const near = nearest(key.replaceAll('-', '_'), keys);
  return invalid(
    at,
    `it has the unknown key "${key}".`,
    near === undefined ? 'docs/configuration.md lists the keys.' : `Did you mean ${near}?`,
  );
}
