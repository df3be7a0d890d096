import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ColumnTally, type LedgerTally, type StagedDataset, partName } from '@parquetry/core';
import {
  BatchBuilder,
  BatchEncoder,
  type CellValue,
  type DataType,
  type Field,
  type RegisteredSchema,
  type TableSchema,
} from '@parquetry/schema';

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

/** Rows of a record batch: no divisor of a vector, so that chunks and batches meet everywhere. */
const BATCH_ROWS = 700;

/** Stages rows as record batches and counts them as a pull does. */
export async function stageRows(
  dir: string,
  schema: TableSchema,
  rows: readonly StagedRow[],
): Promise<{ rowsFile: string; staged: StagedDataset }> {
  const builder = new BatchBuilder(schema);
  const parts: number[] = [];
  const partRows: number[] = [];
  let bytes = 0;
  for (let from = 0; from === 0 || from < rows.length; from += 3 * BATCH_ROWS) {
    const pieces: Buffer[] = [];
    const encoder = new BatchEncoder(builder.schema, (piece) => pieces.push(Buffer.from(piece)));
    const part = rows.slice(from, from + 3 * BATCH_ROWS);
    for (let at = 0; at < part.length; at += BATCH_ROWS) {
      for (const row of part.slice(at, at + BATCH_ROWS))
        builder.append(
          Object.fromEntries(schema.fields.map(({ name, type }) => [name, cell(type, row[name])])),
        );
      bytes += builder.take((batch) => encoder.write(batch)).plainBytes;
    }
    encoder.finish();
    const content = Buffer.concat(pieces);
    await writeFile(path.join(dir, partName(schema.messageType, parts.length, 'arrow')), content);
    parts.push(content.length);
    partRows.push(part.length);
  }
  const rowsFile = path.join(dir, partName(schema.messageType, 0, 'arrow'));
  return { rowsFile, staged: { ...counts(schema, rows), form: 'arrow', bytes, parts, partRows } };
}

/** A staged value as a record batch takes it. */
function cell(type: DataType, value: unknown): CellValue {
  if (value === null || value === undefined) return null;
  if (type.type === 'timestamp') return timeMicros(String(value));
  if (type.type === 'list') return (value as unknown[]).map((item) => cell(type.items.type, item));
  if (type.type === 'struct') {
    const members = value as Record<string, unknown>;
    return Object.fromEntries(
      type.fields.map(({ name, type: member }) => [name, cell(member, members[name])]),
    );
  }
  if (type.type === 'int32' || type.type === 'uint32') return Number(value);
  return value as CellValue;
}

/** What a pull counts beside the parts. */
function counts(
  schema: TableSchema,
  rows: readonly StagedRow[],
): Omit<StagedDataset, 'form' | 'bytes' | 'parts' | 'partRows'> {
  const ledgers = new Map<number, LedgerTally>();
  let sorted = true;
  let before = 0;
  for (const row of rows) {
    const ledger = Number(row[schema.ledgerColumn]);
    const micros = timeMicros(String(row[schema.closeTimeColumn]));
    const tally = ledgers.get(ledger);
    ledgers.set(ledger, {
      ledger,
      rows: (tally?.rows ?? 0) + 1,
      closeTimeMicros: tally?.closeTimeMicros ?? micros,
      lastCloseTimeMicros: Math.max(tally?.lastCloseTimeMicros ?? 0, micros),
    });
    sorted &&= ledger >= before;
    before = ledger;
  }
  return {
    dataset: schema.messageType,
    rows: rows.length,
    rejected: 0,
    messages: rows.length,
    sorted,
    ledgers: [...ledgers.values()].sort((a, b) => a.ledger - b.ledger),
    rejectedLedgers: [],
    contentHash: '',
    columns: Object.fromEntries(schema.fields.map((field) => [field.name, tallyOf(field, rows)])),
  };
}

function tallyOf({ name, type }: Field, rows: readonly StagedRow[]): ColumnTally {
  const values = rows.map((row) => row[name]).filter((value) => value !== null && value !== undefined);
  const nulls = rows.length - values.length;
  const isTime = type.type === 'timestamp';
  if (values.length === 0 || !(isTime || ['int32', 'int64', 'uint32', 'uint64'].includes(type.type)))
    return { nulls };
  const numbers = values.map((value) => (isTime ? BigInt(timeMicros(String(value))) : BigInt(String(value))));
  const min = numbers.reduce((a, b) => (a < b ? a : b));
  const max = numbers.reduce((a, b) => (a > b ? a : b));
  return { nulls, min: String(min), max: String(max) };
}

function timeMicros(text: string): number {
  return Date.parse(`${text.slice(0, 19)}Z`) * 1000 + Number(text.slice(20, -1).padEnd(6, '0'));
}
