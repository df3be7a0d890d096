import { createHash } from 'node:crypto';
import type { DataType, Field, TableSchema } from '@parquetry/schema';
import type { Row, RowValue } from '../rows/row';
import { EXCEPTIONS, type Exception } from './rowexceptions';
import { type Lossless, difference, parseLossless } from './golden';

/** A golden row: numbers are text after `#`. */
export type GoldenRow = Readonly<Record<string, Lossless>>;

/** Which exceptions were used how often, by name. */
export type Tally = Map<string, number>;

/** Columns that messages have and ledgers do not. */
const ENVELOPE = new Set(['message_type', 'processor_name']);

/**
 * Compares every value of our rows with the golden rows of the same table and returns the differences as texts, at most
 * ten. A difference that a named exception explains is counted instead.
 */
export function differences(
  schema: TableSchema,
  ours: readonly Row[],
  golden: readonly GoldenRow[],
  tally: Tally,
): string[] {
  const found: string[] = [];
  const exceptions = EXCEPTIONS.filter(({ types }) => types.includes(schema.messageType));
  for (const [own, theirs] of pairs(schema, ours, golden)) {
    if (found.length >= 10) break;
    if (own === undefined || theirs === undefined) {
      const row = own === undefined ? `golden only: ${JSON.stringify(theirs)}` : `ours only: ${rowText(own)}`;
      found.push(row.slice(0, 600));
      continue;
    }
    for (const field of schema.fields) {
      if (ENVELOPE.has(field.name)) continue;
      const difference = compareValue(field, own, theirs, exceptions, tally);
      if (difference !== undefined) found.push(`${keyOf(schema, own)}: ${difference}`);
    }
  }
  return found;
}

type Pair = readonly [Row | undefined, GoldenRow | undefined];

/** Rows with the same key; in order where a table has no key. */
function pairs(schema: TableSchema, ours: readonly Row[], golden: readonly GoldenRow[]): Pair[] {
  if (keyColumns(schema).length === 0)
    return Array.from({ length: Math.max(ours.length, golden.length) }, (_, at) => [ours[at], golden[at]]);
  const byKey = new Map<string, { own?: Row; theirs?: GoldenRow }>();
  for (const own of ours) byKey.set(keyOf(schema, own), { own });
  for (const theirs of golden) {
    const key = goldenKey(schema, theirs);
    byKey.set(key, { ...byKey.get(key), theirs });
  }
  return [...byKey.values()].map(({ own, theirs }) => [own, theirs]);
}

/** The columns that identify a row. Contract data messages may lack them, so their schema has no key. */
function keyColumns({ messageType, uniqueKey }: TableSchema): readonly string[] {
  return messageType === 'contract_data' ? ['ledger_key_hash', 'ledger_sequence'] : (uniqueKey ?? []);
}

function keyOf(schema: TableSchema, row: Row): string {
  return keyColumns(schema)
    .map((name) => String(row[name]))
    .join(' ');
}

function goldenKey(schema: TableSchema, row: GoldenRow): string {
  // stellar-etl names a restored key by its XDR; see DEVIATIONS.
  const texts = keyColumns(schema).map((name) => String(row[name]).replace(/^#/, ''));
  if (schema.messageType === 'restored_key') texts[0] = sha256Hex(Buffer.from(texts[0] as string, 'base64'));
  return texts.join(' ');
}

function compareValue(
  field: Field,
  own: Row,
  theirs: GoldenRow,
  exceptions: readonly Exception[],
  tally: Tally,
): string | undefined {
  const { name } = field;
  const golden = theirs[name] ?? null;
  const value = own[name] ?? null;
  if (sameValue(field.type, value, golden)) return undefined;
  const exception = exceptions.find(
    (candidate) => candidate.columns.includes(name) && candidate.applies(own, theirs, name),
  );
  if (exception !== undefined) {
    tally.set(exception.name, (tally.get(exception.name) ?? 0) + 1);
    return undefined;
  }
  return `${name} is ${String(value).slice(0, 200)}, golden ${JSON.stringify(golden).slice(0, 200)}`;
}

/** Whether our value is the golden one, digit for digit; amounts as the nearest double of ours. */
function sameValue(type: DataType, own: RowValue, golden: Lossless): boolean {
  if (own === null || golden === null) return own === golden;
  switch (type.type) {
    case 'decimal128':
      return (
        typeof golden === 'string' &&
        Number(golden.replace(/^#/, '')) === Number(decimalText(own, type.scale))
      );
    case 'timestamp':
      return golden === new Date(Number(own) / 1000).toISOString().replace('.000Z', 'Z');
    case 'json':
      return difference(parseLossless(String(own)), golden) === undefined;
    case 'list':
      return (
        Array.isArray(own) &&
        Array.isArray(golden) &&
        own.length === golden.length &&
        own.every((item: RowValue, at) => sameValue(type.items.type, item, golden[at] as Lossless))
      );
    case 'bool':
    case 'utf8':
      return own === golden;
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
    case 'float64':
      return golden === `#${String(own)}`;
    case 'struct':
      throw new Error('Structs are compared by their JSON text.');
  }
}

/** Decimal text of an unscaled value. */
function decimalText(value: RowValue, scale: number): string {
  const digits = String(value);
  const sign = digits.startsWith('-') ? '-' : '';
  const whole = digits.slice(sign.length).padStart(scale + 1, '0');
  return `${sign}${whole.slice(0, -scale)}.${whole.slice(-scale)}`;
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function rowText(row: Row): string {
  return JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `#${value}` : value));
}
