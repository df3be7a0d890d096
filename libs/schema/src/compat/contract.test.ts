import { type ContractMode, DEFAULT_CONTRACT } from '@parquetry/core';
import type { DataType } from '../types';
import { applyContract } from './contract';
import { field, schemaOf } from './testing/schemas';

const struct = (...fields: ReturnType<typeof field>[]): DataType => ({ type: 'struct', fields });
const REGISTERED = schemaOf(field(3, 'fee', 'int64'), field(4, 'asset', struct(field(5, 'code', 'utf8'))));
const RUN = schemaOf(
  field(3, 'fee', 'float64'),
  field(4, 'asset', struct(field(5, 'code', 'utf8'), field(6, 'issuer', 'utf8'))),
  field(7, 'memo', 'utf8'),
);
const paths = (changes: readonly { path: string }[]): string[] => changes.map(({ path }) => path);
const decide = (columns: ContractMode, types: ContractMode) =>
  applyContract({ columns, types }, REGISTERED, RUN);

describe('applyContract', () => {
  it('evolve takes the run’s schema as it is', () => {
    expect(decide('evolve', 'evolve')).toEqual({ schema: RUN, rejectRows: [], refused: [] });
  });

  it('reject_row keeps the registered schema and lists the columns whose rows are rejected', () => {
    const { schema, rejectRows, refused } = decide('reject_row', 'reject_row');
    expect(schema).toEqual(REGISTERED);
    expect(paths(rejectRows)).toEqual(['fee', 'asset.issuer', 'memo']);
    expect(refused).toEqual([]);
  });

  it('freeze refuses, and keeps the registered schema', () => {
    const { schema, rejectRows, refused } = decide('freeze', 'freeze');
    expect(schema).toEqual(REGISTERED);
    expect(paths(refused)).toEqual(['fee', 'asset.issuer', 'memo']);
    expect(rejectRows).toEqual([]);
  });

  it('by default adds columns and rejects rows of another type', () => {
    const { schema, rejectRows } = applyContract(DEFAULT_CONTRACT, REGISTERED, RUN);
    expect(schema.fields.slice(2)).toEqual([field(3, 'fee', 'int64'), ...RUN.fields.slice(3)]);
    expect(paths(rejectRows)).toEqual(['fee']);
  });

  it('applies to lists', () => {
    const ops = (...members: ReturnType<typeof field>[]) =>
      schemaOf(field(3, 'ops', { type: 'list', items: field(4, 'element', struct(...members)) }));
    const registered = ops(field(5, 'kind', 'utf8'));
    const run = ops(field(5, 'kind', 'int64'), field(6, 'source', 'utf8'));
    const { schema, rejectRows } = applyContract(
      { columns: 'reject_row', types: 'reject_row' },
      registered,
      run,
    );
    expect(schema).toEqual(registered);
    expect(paths(rejectRows)).toEqual(['ops.element.kind', 'ops.element.source']);
  });
});
