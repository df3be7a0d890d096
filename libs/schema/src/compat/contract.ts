import type { Contract, ContractMode } from '@parquetry/core';
import type { DataType, Field, TableSchema } from '../types';
import { type SchemaChange, compareSchemas } from './changes';
import { matchFields } from './match';

/** The result of applying a contract to a run's schema. */
export interface ContractDecision {
  /** The schema that the run writes with, if nothing is refused. */
  readonly schema: TableSchema;
  /** Differences whose rows are rejected: a value in the new column, or of the new type. */
  readonly rejectRows: readonly SchemaChange[];
  /** Differences that fail the run. */
  readonly refused: readonly SchemaChange[];
}

/** Applies a contract to a run's schema, which was inferred from its messages, relative to the registered one. */
export function applyContract(
  contract: Contract,
  registered: TableSchema,
  run: TableSchema,
): ContractDecision {
  const wanted = (change: SchemaChange): ContractMode | undefined => {
    if (change.kind === 'added') return contract.columns;
    return change.kind === 'type' ? contract.types : undefined;
  };
  const changes = compareSchemas(registered, run);
  return {
    schema: { ...run, fields: merge(contract, registered.fields, run.fields) },
    rejectRows: changes.filter((change) => wanted(change) === 'reject_row'),
    refused: changes.filter((change) => wanted(change) === 'freeze'),
  };
}

/** The run's fields, without additions and with the registered types as the contract requires. */
function merge(contract: Contract, registered: readonly Field[], run: readonly Field[]): Field[] {
  const { pairs } = matchFields(registered, run);
  const known = new Map(pairs.map(([older, newer]) => [newer, older]));
  return run.flatMap((field) => {
    const older = known.get(field);
    if (older === undefined) return contract.columns === 'evolve' ? [field] : [];
    return [{ ...field, type: mergeType(contract, older.type, field.type) }];
  });
}

function mergeType(contract: Contract, older: DataType, newer: DataType): DataType {
  if (older.type === 'struct' && newer.type === 'struct')
    return { type: 'struct', fields: merge(contract, older.fields, newer.fields) };
  if (older.type === 'list' && newer.type === 'list') {
    const type = mergeType(contract, older.items.type, newer.items.type);
    return { type: 'list', items: { ...newer.items, type } };
  }
  return contract.types === 'evolve' ? newer : older;
}
