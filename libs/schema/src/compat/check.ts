import type { CompatibilityMode } from '@parquetry/core';
import type { TableSchema } from '../types';
import { type SchemaChange, compareSchemas, describeChange } from './changes';
import { nameFaults } from './names';
import { type Reader, type Rule, RULES, type Verdict, affectedReaders } from './rules';

/** Options of the check. */
export interface CompatibilityOptions {
  /** The format of the table: Iceberg promotes int32, float32 and decimals, Delta (the default) does not. */
  readonly tableFormat?: 'delta' | 'iceberg';
}

/** A change that the mode does not allow. */
export interface BreakingChange {
  readonly change: SchemaChange;
  /** Version that it was compared with, from 1; 0 for a name that is invalid in every version. */
  readonly against: number;
  readonly direction: 'backward' | 'forward';
  readonly why: string;
  /** Readers that fail or show a wrong value; empty if only a guarantee of the schema is broken. */
  readonly readers: readonly Reader[];
}

/** The verdict of a mode on a candidate. */
export interface Compatibility {
  readonly compatible: boolean;
  /** Differences from the newest version. */
  readonly changes: readonly SchemaChange[];
  readonly breaking: readonly BreakingChange[];
}

/**
 * Whether a candidate may follow a history of versions (the oldest first). Names that readers can't handle are breaking
 * in every mode, including NONE, unless the newest version already has them.
 */
export function checkCompatibility(
  mode: CompatibilityMode,
  history: readonly TableSchema[],
  candidate: TableSchema,
  { tableFormat = 'delta' }: CompatibilityOptions = {},
): Compatibility {
  const latest = history.at(-1);
  const first = mode.endsWith('_TRANSITIVE') ? 0 : Math.max(0, history.length - 1);
  const directions = (['backward', 'forward'] as const).filter((direction) =>
    mode.startsWith('FULL') ? true : mode.startsWith(direction.toUpperCase()),
  );
  const allowed: readonly Verdict[] = tableFormat === 'iceberg' ? ['ok', 'iceberg'] : ['ok'];
  const breaking: BreakingChange[] = nameFaults(candidate, latest).map((change) =>
    broken(change, 0, 'backward'),
  );
  for (let index = history.length - 1; index >= first; index--) {
    const older = history[index] as TableSchema;
    for (const change of compareSchemas(older, candidate))
      for (const direction of directions)
        if (!allowed.includes(RULES[change.rule][direction]) && !known(breaking, change, direction))
          breaking.push(broken(change, index + 1, direction));
  }
  return {
    compatible: breaking.length === 0,
    changes: latest === undefined ? [] : compareSchemas(latest, candidate),
    breaking,
  };
}

function broken(change: SchemaChange, against: number, direction: 'backward' | 'forward'): BreakingChange {
  const rule: Rule = RULES[change.rule];
  return { change, against, direction, why: rule.why, readers: affectedReaders(change.rule, direction) };
}

function known(breaking: readonly BreakingChange[], change: SchemaChange, direction: string): boolean {
  const text = describeChange(change);
  return breaking.some((one) => one.direction === direction && describeChange(one.change) === text);
}
