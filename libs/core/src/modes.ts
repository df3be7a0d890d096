import { ParquetryError } from './errors';

/** Confluent's compatibility modes. */
export const COMPATIBILITY_MODES = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;

/**
 * What a new version must be able to do. BACKWARD: a reader of the new version reads the files of the version before;
 * FORWARD: a reader of the version before reads new files; FULL: both; `_TRANSITIVE`: of all versions before. No rule
 * allows in two steps what it forbids in one. So after a history that was BACKWARD at each step, a reader of version n
 * reads all files of versions 1 to n in one glob or one Delta table.
 */
export type CompatibilityMode = (typeof COMPATIBILITY_MODES)[number];

/** Default mode of a registration. */
export const DEFAULT_MODE: CompatibilityMode = 'BACKWARD';

/** A compatibility mode by its name, in any case. @throws ParquetryError USAGE */
export function parseMode(text: string): CompatibilityMode {
  const mode = COMPATIBILITY_MODES.find((name) => name === text.toUpperCase());
  if (mode !== undefined) return mode;
  throw new ParquetryError('USAGE', `"${text}" is not a compatibility mode.`, {
    hint: `Use one of ${COMPATIBILITY_MODES.join(', ')}.`,
  });
}

/** What a run does with data that the registered schema does not have, with dlt's names. */
export const CONTRACT_MODES = ['evolve', 'freeze', 'reject_row'] as const;

/** See `CONTRACT_MODES` and `Contract`. */
export type ContractMode = (typeof CONTRACT_MODES)[number];

/**
 * `columns` is about keys without a column (struct members too), `types` about values that a column's type can't hold.
 * `evolve` changes the schema (a changed type is then a breaking change, so it ends in a conflict or a new major),
 * `freeze` fails the run, `reject_row` keeps the schema and rejects the rows.
 */
export interface Contract {
  readonly columns: ContractMode;
  readonly types: ContractMode;
}

/** New columns are added to the schema; rows with values of another type are rejected. */
export const DEFAULT_CONTRACT: Contract = { columns: 'evolve', types: 'reject_row' };
