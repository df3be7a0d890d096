import * as schema from '@parquetry/schema';
import { KeyTable, type Field, type TableSchema, type Tape } from '@parquetry/schema';
import { type MessageFault, type MessageReader } from '../message';
import type { DatasetStage } from '../stage/dataset';
import { RowBuffer } from './out';
import { refuse, type RowContext, type ValueEncoder } from './context';
import { unknownKey, valueEncoder } from './value';

// Local copies: in CommonJS a re-exported name costs a call at each use.
const { NODE, NULL } = schema;

interface Column {
  readonly field: Field;
  readonly prefix: Buffer;
  readonly bounded: boolean;
  readonly encode: ValueEncoder;
}

const BOUNDED = new Set(['int32', 'int64', 'uint32', 'uint64', 'timestamp']);

/**
 * Turns scanned messages into staged rows of one schema, straight from byte spans. The ledger and close time columns
 * come from the reader; the unwrapped object's values win over the envelope's, where its value is not null.
 */
export class RowEncoder {
  private readonly context: RowContext = { out: new RowBuffer(), fault: undefined, bound: 0 };
  private readonly keys: KeyTable;
  private readonly columns: readonly Column[];
  /** Rows are numbered so that marks of the row before need no clearing. */
  private row = 0;
  private readonly filled: Int32Array;
  private readonly bounds: (number | bigint)[];
  private lastMicros: number | bigint = -1;
  private lastTime = '';
  private readonly ledger: number;
  private readonly closeTime: number;

  constructor(schema: TableSchema) {
    this.keys = new KeyTable(schema.fields.map((field) => field.key ?? field.name));
    this.columns = schema.fields.map((field) => ({
      field,
      prefix: Buffer.from(`${JSON.stringify(field.name)}:`),
      bounded: BOUNDED.has(field.type.type),
      encode: valueEncoder(field.type, field.name),
    }));
    this.filled = new Int32Array(this.columns.length);
    this.bounds = new Array<number>(this.columns.length).fill(0);
    this.ledger = schema.fields.findIndex(({ name }) => name === schema.ledgerColumn);
    this.closeTime = schema.fields.findIndex(({ name }) => name === schema.closeTimeColumn);
  }

  /** Encodes the message that `reader` has read; undefined when `bytes` has the row, else why it is rejected. */
  encode(tape: Tape, reader: MessageReader): MessageFault | undefined {
    const { context, filled } = this;
    const { out } = context;
    this.row += 1;
    context.fault = undefined;
    out.length = 0;
    out.byte(123);
    this.prefix(this.ledger);
    out.ascii(String(reader.ledger));
    this.bounds[this.ledger] = reader.ledger;
    this.prefix(this.closeTime);
    this.bounds[this.closeTime] = this.writeCloseTime(reader);
    if (reader.inner >= 0 && !this.members(tape, reader.inner, -1)) return context.fault;
    if (!this.members(tape, 0, reader.inner)) return context.fault;
    for (let index = 0; index < filled.length; index += 1) {
      if (filled[index] === this.row) continue;
      const { field } = this.columns[index] as Column;
      if (!field.nullable) {
        refuse(context, 'NULL_VALUE', field.name, `${field.name} can't be null.`);
        return context.fault;
      }
    }
    out.byte(125);
    return undefined;
  }

  /** The row encoded last; valid until the next one. */
  get bytes(): Uint8Array {
    const { out } = this.context;
    return out.bytes.subarray(0, out.length);
  }

  /** Counts the row encoded last. */
  count(stage: DatasetStage): void {
    const { columns, filled, row } = this;
    for (let index = 0; index < columns.length; index += 1) {
      const counter = stage.columns[index] as DatasetStage['columns'][number];
      if (filled[index] !== row) counter.addNull();
      else if ((columns[index] as Column).bounded) counter.addBound(this.bounds[index] as number | bigint);
    }
  }

  /** Writes the close time, which most rows share with the row before, and returns its Unix microseconds. */
  private writeCloseTime({ time }: MessageReader): number | bigint {
    const micros = time.unixMicros();
    if (micros !== this.lastMicros) {
      this.lastMicros = micros;
      this.lastTime = `"${time.text()}"`;
    }
    this.context.out.ascii(this.lastTime);
    return micros;
  }

  private prefix(index: number): void {
    const { out } = this.context;
    const { prefix } = this.columns[index] as Column;
    if (out.length > 1) out.byte(44);
    out.copy(prefix, 0, prefix.length);
    this.filled[index] = this.row;
  }

  private members(tape: Tape, object: number, unwrapped: number): boolean {
    const { context, filled, keys, row } = this;
    const { nodes } = tape;
    const end = tape.next(object);
    for (let key = object + NODE; key < end; key = nodes[key + NODE + 3] as number) {
      const value = key + NODE;
      if (value === unwrapped) continue;
      const index = keys.find(tape, key);
      if (index < 0) return unknownKey(context, tape, key, '');
      if (tape.kind(value) === NULL || filled[index] === row) continue;
      const column = this.columns[index] as Column;
      this.prefix(index);
      if (!column.encode(context, tape, value)) return false;
      if (column.bounded) this.bounds[index] = context.bound;
    }
    return true;
  }
}
