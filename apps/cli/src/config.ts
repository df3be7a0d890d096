import { readFileSync } from 'node:fs';
import { ParquetryError } from '@parquetry/core';
import type { Command, Option } from 'commander';
import { parse } from 'yaml';

/**
 * Fills the options of a command from its `--config` file. Keys are the options' long names, with `-` or `_`; what the
 * command line says wins.
 * @throws ParquetryError CONFIG_INVALID for a file that can't be read and for keys that the command does not have
 */
export function readConfig(command: Command, file: string): void {
  const options = new Map(command.options.map((option) => [option.name(), option]));
  for (const [key, value] of Object.entries(readYaml(file))) {
    const option = options.get(key.replaceAll('_', '-'));
    if (option === undefined) throw unknownKey(file, key, [...options.keys()]);
    const source = command.getOptionValueSource(option.attributeName());
    if (source === 'cli') continue;
    command.setOptionValueWithSource(option.attributeName(), optionValue(file, key, option, value), 'config');
  }
}

function readYaml(file: string): Record<string, unknown> {
  let value: unknown;
  try {
    // Integers stay text: sizes and ledgers are read by the options' own parsers.
    value = parse(readFileSync(file, 'utf8'), { intAsBigInt: true });
  } catch (cause) {
    throw new ParquetryError(
      'CONFIG_INVALID',
      `The configuration ${file} can't be read: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw new ParquetryError('CONFIG_INVALID', `The configuration ${file} is not a list of keys and values.`);
  return value as Record<string, unknown>;
}

function optionValue(file: string, key: string, option: Option, value: unknown): unknown {
  const fail = (why: string): never => {
    throw new ParquetryError('CONFIG_INVALID', `${file}: ${key}: ${why}`);
  };
  if (option.isBoolean()) return typeof value === 'boolean' ? value : fail('expected true or false.');
  const texts = (Array.isArray(value) ? value : [value]).map((part) =>
    ['string', 'number', 'bigint'].includes(typeof part) ? String(part) : fail('expected text or a number.'),
  );
  const { parseArg } = option;
  if (parseArg === undefined) return texts.join(',');
  try {
    return texts.reduce<unknown>((before, text) => parseArg(text, before), undefined);
  } catch (error) {
    return fail((error as Error).message);
  }
}

function unknownKey(file: string, key: string, known: readonly string[]): ParquetryError {
  const near = known.find((name) => distance(name, key.replaceAll('_', '-')) <= 2);
  return new ParquetryError('CONFIG_INVALID', `${file} has the unknown key "${key}".`, {
    hint: near === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${near}?`,
  });
}

/** Edit distance (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (next[j - 1] ?? 0) + 1,
          (row[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}
