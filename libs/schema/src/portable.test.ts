import type { Field, TableSchema } from './types';
import { portableSchema } from './portable';

const field = (id: number, name: string, type: Field['type']): Field => ({ id, name, type, nullable: true });
const schema = (fields: readonly Field[]): TableSchema => ({
  messageType: 'x',
  origin: 'inferred',
  fields,
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
});

it('replaces uint32 by int64 at every depth and nothing else', () => {
  const before = schema([
    field(1, 'ledger_sequence', { type: 'uint32' }),
    field(2, 'wide', { type: 'uint64' }),
    field(3, 'parts', {
      type: 'list',
      items: field(4, 'element', { type: 'struct', fields: [field(5, 'n', { type: 'uint32' })] }),
    }),
  ]);
  expect(portableSchema(before)).toEqual(
    schema([
      field(1, 'ledger_sequence', { type: 'int64' }),
      field(2, 'wide', { type: 'uint64' }),
      field(3, 'parts', {
        type: 'list',
        items: field(4, 'element', { type: 'struct', fields: [field(5, 'n', { type: 'int64' })] }),
      }),
    ]),
  );
});

it('returns a schema without uint32 unchanged', () => {
  const before = schema([field(1, 'a', { type: 'list', items: field(2, 'element', { type: 'utf8' }) })]);
  expect(portableSchema(before)).toBe(before);
});
