import type { RegisterOptions } from '@parquetry/archive';
import { type Contract, DEFAULT_CONTRACT, type ErrorDetails, ParquetryError } from '@parquetry/core';
import { type TableSchema, applyContract, describeChange } from '@parquetry/schema';
import type { RunSpec } from '@parquetry/workflows';

const MAX_NAMED = 20;

/** The contract of a run. */
export function contractOf({ contract }: Pick<RunSpec, 'contract'>): Contract {
  return { ...DEFAULT_CONTRACT, ...contract };
}

/** How a run registers its schemas. */
export function registerOptions({ compatibility }: Pick<RunSpec, 'compatibility'>): RegisterOptions {
  return compatibility === undefined ? {} : { mode: compatibility };
}

/**
 * The schema for a run's messages: the inferred one without the columns that the contract excludes. Rows with a value
 * in such a column are rejected (UNKNOWN_COLUMN). Types are not compared: inference does not change those of `known`.
 * @param known the registered or predefined schema that the run's schema extends
 */
export function agreedSchema(contract: Contract, known: TableSchema, run: TableSchema): TableSchema {
  return contract.columns === 'evolve'
    ? run
    : applyContract({ ...contract, types: 'evolve' }, known, run).schema;
}

/**
 * Refuses a run whose messages have columns that a frozen schema lacks.
 * @param rowsAreMade the source creates the rows (a lake), so no row can be rejected
 * @throws ParquetryError SCHEMA_CONFLICT with the differences and the remedies
 */
export function assertColumns(
  contract: Contract,
  dataset: string,
  known: TableSchema,
  run: TableSchema,
  rowsAreMade: boolean,
): void {
  const { refused, rejectRows } = applyContract({ ...contract, types: 'evolve' }, known, run);
  const changes = rowsAreMade ? [...refused, ...rejectRows] : refused;
  if (changes.length > 0) throw frozen(dataset, changes.map(describeChange), rowsAreMade);
}

/** SCHEMA_CONFLICT for columns that a frozen schema lacks; one line per change. */
export function frozen(dataset: string, changes: readonly string[], rowsAreMade = false): ParquetryError {
  const aside = rowsAreMade
    ? []
    : ['Or reject such messages: --contract-columns reject_row, with --max-rejects.'];
  return conflict(
    dataset,
    `The schema of ${dataset} is frozen and has no column for ${headline(changes)}.`,
    changes,
    ['Add the columns: --contract-columns evolve', ...aside],
  );
}

/**
 * SCHEMA_CONFLICT for values that do not fit the types of a schema, under a contract that does not reject their rows.
 * @param from first ledger with such a value: a new major would start there
 */
export function retyped(
  dataset: string,
  messageType: string,
  changes: readonly string[],
  from: number,
): ParquetryError {
  return conflict(
    dataset,
    `Types of ${dataset} don't change, and it has values of other types: ${headline(changes)}.`,
    changes,
    [
      promotion(messageType, from),
      'Or reject such messages: --contract-types reject_row, with --max-rejects.',
    ],
    { from },
  );
}

/** The remedy for a permanent change: the command that promotes a new major from the first ledger with such a value. */
export function promotion(messageType: string, from: number): string {
  return `If the change is permanent: parquetry schema promote ${messageType} --from ${from} --archive ROOT`;
}

/** Changes as lines of a hint. */
export function changeLines(changes: readonly string[]): string[] {
  const lines = changes.slice(0, MAX_NAMED).map((line) => `  ${line}`);
  return changes.length > MAX_NAMED ? [...lines, `  and ${changes.length - MAX_NAMED} more`] : lines;
}

function headline(changes: readonly string[]): string {
  const more = changes.length > 1 ? ` (and ${changes.length - 1} more)` : '';
  return `${changes[0] ?? ''}${more}`;
}

function conflict(
  dataset: string,
  message: string,
  changes: readonly string[],
  ways: readonly string[],
  details: ErrorDetails = {},
): ParquetryError {
  return new ParquetryError('SCHEMA_CONFLICT', message, {
    details: { dataset, changes: changes.slice(0, 100), ...details },
    hint: [...changeLines(changes), ...ways].join('\n'),
  });
}
