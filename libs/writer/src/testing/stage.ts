import path from 'node:path';
import { type StagedDataset, partName } from '@parquetry/core';
import type { DataType, RegisteredSchema, TableSchema } from '@parquetry/schema';
import { DatasetStage, PlainParts, RowAppender } from '@parquetry/source';
import type { Row, RowValue } from '@parquetry/stellar';

/**
 * A row by column: bigint for whole numbers, digits for decimals, JSON text for json, ISO 8601 with microseconds for times.
 */
export type StagedRow = Readonly<Record<string, unknown>>;

/** Columns of every type, two of them nested. */
export const SCHEMA: TableSchema = {
  messageType: 'everything',
  origin: 'predefined',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  fields: [
    { id: 1, name: 'ledger_sequence', type: { type: 'uint32' }, nullable: false },
    { id: 2, name: 'closed_at', type: { type: 'timestamp', unit: 'us', timezone: 'UTC' }, nullable: false },
    { id: 3, name: 'contract_id', type: { type: 'utf8' }, nullable: true },
    { id: 4, name: 'balance', type: { type: 'uint64' }, nullable: true },
    { id: 5, name: 'delta', type: { type: 'int64' }, nullable: true },
    { id: 6, name: 'change', type: { type: 'int32' }, nullable: true },
    { id: 7, name: 'deleted', type: { type: 'bool' }, nullable: true },
    { id: 8, name: 'price', type: { type: 'float64' }, nullable: true },
    { id: 9, name: 'amount', type: { type: 'decimal128', precision: 38, scale: 7 }, nullable: true },
    { id: 10, name: 'fee', type: { type: 'decimal128', precision: 9, scale: 2 }, nullable: true },
    { id: 11, name: 'val_decoded', type: { type: 'json' }, nullable: true },
    {
      id: 12,
      name: 'topics',
      type: { type: 'list', items: { id: 13, name: 'element', type: { type: 'utf8' }, nullable: true } },
      nullable: true,
    },
    {
      id: 14,
      name: 'data',
      type: {
        type: 'struct',
        fields: [
          { id: 15, name: 'seq', type: { type: 'uint64' }, nullable: true },
          {
            id: 16,
            name: 'parts',
            type: {
              type: 'list',
              items: {
                id: 17,
                name: 'element',
                type: {
                  type: 'struct',
                  fields: [{ id: 18, name: "it's", type: { type: 'json' }, nullable: true }],
                },
                nullable: true,
              },
            },
            nullable: true,
          },
        ],
      },
      nullable: true,
    },
    { id: 19, name: 'rowid', type: { type: 'utf8' }, nullable: true },
  ],
};

/** A schema as the registry would hold it. */
export function registered(schema: TableSchema): RegisteredSchema {
  return { subject: schema.messageType, version: 1, fingerprint: 'f'.repeat(64), schema };
}

/** Row `index` of a dataset with `perLedger` rows a ledger from `firstLedger` on; a pure function. */
export function sampleRow(index: number, perLedger = 50, firstLedger = 420_000): StagedRow {
  const ledger = firstLedger + Math.floor(index / perLedger);
  const mixed = (BigInt(index) * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
  const seconds = 1_752_364_000 + (ledger - firstLedger) * 5;
  return {
    ledger_sequence: BigInt(ledger),
    closed_at: `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(index % 1_000_000).padStart(6, '0')}Z`,
    contract_id: `C${String(index % 97).padStart(55, 'A')}`,
    balance: index % 5 === 0 ? null : mixed,
    delta: BigInt.asIntN(64, mixed * 3n),
    change: BigInt(Number(BigInt.asIntN(32, mixed))),
    deleted: index % 3 === 0 ? null : index % 2 === 0,
    price: index / 7,
    amount: `${index % 2 === 0 ? '-' : ''}922337203685477580712345678901.${String(index % 10_000_000).padStart(7, '0')}`,
    fee: `${index % 10_000}.5`,
    val_decoded: `{"i128":${mixed}${mixed},"n":1.10}`,
    topics: index % 4 === 0 ? null : index % 4 === 1 ? [] : ['transfer', null, `t${index}`],
    data: index % 6 === 0 ? null : { seq: mixed, parts: index % 6 === 1 ? null : [{ "it's": '"é"' }, null] },
    rowid: `row ${index}`,
  };
}

/** Stages rows as a source of decoded rows does. */
export async function stageRows(
  dir: string,
  schema: TableSchema,
  rows: readonly StagedRow[],
  options: { readonly rowHashes?: boolean } = {},
): Promise<{ rowsFile: string; staged: StagedDataset }> {
  const { messageType } = schema;
  const parts = new PlainParts(dir, messageType, schema);
  const stage = new DatasetStage(dir, schema, messageType, parts, options);
  const appender = new RowAppender(stage);
  for (const [index, row] of rows.entries()) {
    const values = schema.fields.map(({ name, type }) => [name, rowValue(type, row[name])]);
    const closeTime = timeMicros(String(row[schema.closeTimeColumn]));
    const ledger = row[schema.ledgerColumn];
    appender.append(Object.fromEntries(values) as Row, Number(ledger), closeTime);
    if (rows[index + 1]?.[schema.ledgerColumn] !== ledger) stage.closeLedger(Number(ledger));
  }
  return { rowsFile: path.join(dir, partName(messageType, 0)), staged: await stage.finish() };
}

/** A value of a `StagedRow` as decoded rows have it. */
function rowValue(type: DataType, value: unknown): RowValue {
  if (value === null || value === undefined) return null;
  switch (type.type) {
    case 'timestamp':
      return timeMicros(String(value));
    case 'decimal128': {
      const [whole = '', fraction = ''] = String(value).split('.');
      return BigInt(whole + fraction.padEnd(type.scale, '0'));
    }
    case 'int32':
    case 'uint32':
      return Number(value);
    case 'list':
      return (value as unknown[]).map((item) => rowValue(type.items.type, item));
    case 'struct': {
      const members = value as Record<string, unknown>;
      return Object.fromEntries(
        type.fields.map(({ name, type: member }) => [name, rowValue(member, members[name])]),
      );
    }
    case 'bool':
    case 'int64':
    case 'uint64':
    case 'float64':
    case 'utf8':
    case 'json':
      return value as RowValue;
  }
}

function timeMicros(text: string): number {
  return Date.parse(`${text.slice(0, 19)}Z`) * 1000 + Number(text.slice(20, -1).padEnd(6, '0'));
}
