import { NETWORK, decodedLedger } from '../testing/ledger';
import { LedgerContext } from '../rows/context';
import { isStellarType, stellarRows } from '../rows';
import { stellarSchemas } from './index';

describe.each([...stellarSchemas])('schema of %s', (type, schema) => {
  it('numbers its fields once, list elements after the columns, and documents every column', () => {
    const ids = schema.fields.flatMap(({ id, type: column }) =>
      column.type === 'list' ? [id, column.items.id] : [id],
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(schema.fields.map(({ id }) => id)).toEqual(schema.fields.map((_, index) => index + 1));
    expect(schema.fields.filter(({ doc }) => doc === undefined || doc === '')).toEqual([]);
    expect(schema.messageType).toBe(type);
  });

  it('has its ledger and close time columns, and its key', () => {
    const column = (name: string) => schema.fields.find((field) => field.name === name);
    expect(column(schema.ledgerColumn)).toMatchObject({ type: { type: 'uint32' }, nullable: false });
    expect(column(schema.closeTimeColumn)).toMatchObject({ type: { type: 'timestamp' }, nullable: false });
    for (const name of schema.uniqueKey ?? []) expect(column(name)).toMatchObject({ nullable: false });
  });

  it('has every column of the rows and no other', () => {
    if (!isStellarType(type)) throw new Error(type);
    const [row] = [...stellarRows(new LedgerContext(decodedLedger({ transactions: [{}] }), NETWORK), type)];
    if (row === undefined) return;
    expect(Object.keys(row).sort()).toEqual(schema.fields.map(({ name }) => name).sort());
    for (const { name, nullable } of schema.fields)
      if (!nullable) expect([name, row[name]]).not.toEqual([name, null]);
  });
});
