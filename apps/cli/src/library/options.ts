import { ParquetryError, formatRange } from '@parquetry/core';
import { type BackfillOptions, MODE_SETTINGS, REQUIRED, RUN_SETTINGS } from '../runoptions';
import { attributeName, configKey, defaults, setting } from '../settings';
import type { RunOptions } from './types';

/** Names of the settings by the names of the options: `partitionSize` → `partition-size`. */
const NAMES = new Map(
  [...RUN_SETTINGS, ...MODE_SETTINGS]
    // Taken from AWS_REGION of the environment.
    .filter((name) => name !== 'region')
    .map((name) => [attributeName(name), name]),
);

/**
 * The options of a command from those of the library: each value is checked and converted as text in a configuration
 * file would be.
 * @throws ParquetryError CONFIG_INVALID
 */
export function backfillOptions(options: RunOptions): BackfillOptions {
  const values = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const name of REQUIRED)
    if (!values.some(([given]) => given === attributeName(name))) throw invalid(name, 'it is missing');
  return Object.fromEntries([
    ...Object.entries(defaults([...NAMES.values()])),
    ...values.map(([name, value]) => [name, parsed(name, value)]),
  ]) as unknown as BackfillOptions;
}

function parsed(name: string, value: unknown): unknown {
  const known = NAMES.get(name);
  if (known === undefined) throw invalid(name, `there is no such setting (${[...NAMES.keys()].join(', ')})`);
  const { parse, value: placeholder } = setting(known);
  if (placeholder === undefined) {
    if (typeof value !== 'boolean') throw invalid(name, 'expected true or false');
    return value;
  }
  const text = settingText(name, value);
  try {
    return parse === undefined ? text : parse(text);
  } catch (error) {
    throw invalid(name, `${JSON.stringify(text)} is not valid. ${(error as Error).message}`);
  }
}

function settingText(name: string, value: unknown): string {
  if (name === 'ledgers' && typeof value === 'object' && value !== null)
    return formatRange(value as Parameters<typeof formatRange>[0]);
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!parts.every((part) => typeof part === 'string' || typeof part === 'number'))
    throw invalid(name, 'expected text or a number');
  return parts.join(',');
}

function invalid(name: string, why: string): ParquetryError {
  return new ParquetryError('CONFIG_INVALID', `${name}: ${why}`.replace(/\.?$/, '.'), {
    hint: `docs/configuration.md describes the setting ${configKey(name)}.`,
  });
}
