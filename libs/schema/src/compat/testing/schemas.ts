import fc from 'fast-check';
import type { DataType, Field, TableSchema } from '../../types';

/** A nullable field. */
export const field = (
  id: number,
  name: string,
  type: DataType | DataType['type'],
  nullable = true,
): Field => ({
  id,
  name,
  type: typeof type === 'string' ? ({ type } as DataType) : type,
  nullable,
});

const LEDGER = field(1, 'ledger_sequence', 'uint32', false);
const CLOSED: Field = field(2, 'closed_at', { type: 'timestamp', unit: 'us', timezone: 'UTC' }, false);

/** A schema of the ledger, the close time and further fields, whose ids begin at 3. */
export function schemaOf(...fields: Field[]): TableSchema {
  return {
    messageType: 'payment',
    origin: 'inferred',
    fields: [LEDGER, CLOSED, ...fields],
    ledgerColumn: 'ledger_sequence',
    closeTimeColumn: 'closed_at',
  };
}

/** Types, nested up to a depth, with distinct ids from the given counter on. */
function typeArbitrary(depth: number): fc.Arbitrary<DataType> {
  const scalar = fc.oneof(
    fc
      .constantFrom('bool', 'int32', 'int64', 'uint32', 'uint64', 'float64', 'utf8', 'json')
      .map((type) => ({ type }) as DataType),
    fc
      .constantFrom([10, 2], [20, 2], [20, 0], [38, 7])
      .map(([precision = 10, scale = 0]): DataType => ({ type: 'decimal128', precision, scale })),
    fc.constant<DataType>({ type: 'timestamp', unit: 'us', timezone: 'UTC' }),
  );
  if (depth === 0) return scalar;
  return fc.oneof(
    { weight: 3, arbitrary: scalar },
    {
      weight: 1,
      arbitrary: fieldsArbitrary(depth - 1, 1).map((fields): DataType => ({ type: 'struct', fields })),
    },
    {
      weight: 1,
      arbitrary: typeArbitrary(depth - 1).map((type): DataType => ({
        type: 'list',
        items: field(0, 'element', type),
      })),
    },
  );
}

function fieldsArbitrary(depth: number, minLength: number): fc.Arbitrary<Field[]> {
  return fc.uniqueArray(
    fc.record(
      {
        id: fc.constant(0),
        name: fc.constantFrom('a', 'b', 'c', 'd', 'A', 'year', 'x y'),
        type: typeArbitrary(depth),
        nullable: fc.boolean(),
        doc: fc.constantFrom('one', 'two'),
        key: fc.constantFrom('a', 'k'),
      },
      { requiredKeys: ['id', 'name', 'type', 'nullable'] },
    ),
    { selector: ({ name }) => name, minLength, maxLength: 4 },
  ) as fc.Arbitrary<Field[]>;
}

/** Gives every field without an id the next one, depth first. */
function numbered(fields: readonly Field[], next: () => number): Field[] {
  const typed = (type: DataType): DataType => {
    if (type.type === 'struct') return { type: 'struct', fields: numbered(type.fields, next) };
    return type.type === 'list' ? { type: 'list', items: numbered([type.items], next)[0] as Field } : type;
  };
  return fields.map((one) => ({ ...one, id: one.id === 0 ? next() : one.id, type: typed(one.type) }));
}

/** Schemas with up to four further columns; names and ids of two of them often collide. */
export const schemaArbitrary: fc.Arbitrary<TableSchema> = fc
  .tuple(fieldsArbitrary(2, 0), fc.integer({ min: 3, max: 6 }))
  .map(([fields, first]) => {
    let id = first - 1;
    return schemaOf(...numbered(fields, () => (id += 1)));
  });
