import { type LedgerRange, ParquetryError, formatRange } from '@parquetry/core';
import type { BackfillInput, TailInput } from '@parquetry/workflows';

/** Options whose name differs from the key in the workflow's input. */
const OPTIONS: Readonly<Record<string, string>> = {
  poll_seconds: 'poll',
  max_age_seconds: 'max-age',
  max_file_bytes: 'max-file-size-mb',
  integers: 'portable-integers',
  metadata: 'include-metadata',
  kind: 'layout',
  width: 'ledgers-per-folder',
  columns: 'contract-columns',
  // Within the contract; the message types are compared as a list.
  'contract.types': 'contract-types',
  ledger: 'ledger-path',
  uri: 'source',
  range: 'ledgers',
  max_rows_per_file: 'buffer-size',
};

/**
 * The options of a running tail that differ from the requested ones, each with its actual and requested value.
 * Ignores where the tail began if `committed` is requested: every running tail continues from there.
 * @param moving bounds that were requested relative to the newest ledger, which has moved since the tail started
 */
export function optionChanges(
  running: TailInput,
  asked: TailInput,
  moving: readonly ('from' | 'until')[] = [],
): string[] {
  return changes(running, asked, asked.from === 'committed' ? [...moving, 'from'] : moving);
}

/** The same for a run: what it writes and how it fails. A person may change its concurrency meanwhile. */
export function runChanges(running: BackfillInput, asked: BackfillInput): string[] {
  const lasting = ({ spec, onFailure }: BackfillInput): object => ({ spec, onFailure });
  return changes(lasting(running), lasting(asked), []);
}

/**
 * Refuses to join a tail or a run that has other settings than the requested ones.
 * @param differing as `optionChanges` or `runChanges` gives them
 * @throws ParquetryError USAGE
 */
export function assertUnchanged(
  kind: 'tail' | 'run',
  id: string,
  differing: readonly string[],
  advice: string,
): void {
  if (differing.length === 0) return;
  throw new ParquetryError('USAGE', `The ${kind} ${id} is running with other settings.`, {
    details: { [kind]: id },
    hint: [...differing, `\`parquetry attach ${id}\` follows it. ${advice}`].join('\n'),
  });
}

function changes(running: object, asked: object, ignored: readonly string[]): string[] {
  const [there, wanted] = [flat(running), flat(asked)];
  for (const name of ignored) for (const side of [there, wanted]) side.delete(name);
  return [...new Set([...there.keys(), ...wanted.keys()])]
    .filter((name) => there.get(name) !== wanted.get(name))
    .map((name) => `--${name}: ${there.get(name) ?? 'not set'}, not ${wanted.get(name) ?? 'unset'}`)
    .sort();
}

/** The options of a workflow input, with their values as text. */
function flat(input: object): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (value: object, parent: string): void => {
    for (const [key, own] of Object.entries(value) as [string, unknown][]) {
      const name = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      // Lists and maps by message type are values of one option; other objects only group options.
      if (key === 'carry') continue;
      if (isGroup(key, own)) walk(own, key);
      else found.set(optionName(parent, name), shown(key, own));
    }
  };
  walk(input, '');
  return found;
}

function shown(key: string, value: unknown): string {
  if (key === 'range') return formatRange(value as LedgerRange);
  if (key === 'maxFileBytes') return String(Number(value) / 1_000_000);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function isGroup(key: string, value: unknown): value is object {
  return (
    ['spec', 'source', 'settings', 'layout', 'policy', 'contract'].includes(key) && typeof value === 'object'
  );
}

function optionName(parent: string, name: string): string {
  return OPTIONS[`${parent}.${name}`] ?? OPTIONS[name] ?? name.replaceAll('_', '-');
}
