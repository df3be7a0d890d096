import type { Field, TableSchema, Tape } from '@parquetry/schema';
import { type MessageFault, type MessageReader } from '../message';
import type { DatasetStage } from '../stage/dataset';
import { refuse, type RowContext, type ValueEncoder } from './context';
import { RowBuffer } from './out';
import { Router } from './routes';
import { valueEncoder } from './value';

interface Column {
  readonly field: Field;
  readonly prefix: Buffer;
  readonly bounded: boolean;
  /** JSON text, whatever the value is: also objects are not taken apart. */
  readonly text: boolean;
  readonly encode: ValueEncoder;
}

const BOUNDED = new Set(['int32', 'int64', 'uint32', 'uint64', 'timestamp']);

/**
 * Turns scanned messages into staged rows of one schema, straight from byte spans, in two steps: `assign` finds the
 * column of each value from the message's structure, `write` encodes the values. The ledger and close time columns come
 * from the reader; the unwrapped object's values win over the envelope's, where its value is not null.
 */
export class RowEncoder {
  private readonly context: RowContext = {
    out: new RowBuffer(),
    fault: undefined,
    negativeZero: false,
    bound: 0,
  };
  private readonly router: Router;
  private readonly columns: readonly Column[];
  private readonly required: readonly number[];
  /** Rows are numbered so that marks of the row before need no clearing. */
  private row = 0;
  private readonly filled: Int32Array;
  private readonly bounds: (number | bigint)[];
  private lastMicros: number | bigint = -1;
  private lastLedger = 0;
  private opening: Uint8Array = Buffer.alloc(0);
  private readonly ledger: number;
  private readonly closeTime: number;

  constructor(schema: TableSchema) {
    this.router = new Router(schema.fields);
    this.columns = schema.fields.map((field) => ({
      field,
      prefix: Buffer.from(`,${JSON.stringify(field.name)}:`),
      text: field.type.type === 'json' && !this.router.takesApart(field),
      bounded: BOUNDED.has(field.type.type),
      encode: valueEncoder(field.type, field.name),
    }));
    this.filled = new Int32Array(this.columns.length);
    this.bounds = new Array<number>(this.columns.length).fill(0);
    this.ledger = schema.fields.findIndex(({ name }) => name === schema.ledgerColumn);
    this.closeTime = schema.fields.findIndex(({ name }) => name === schema.closeTimeColumn);
    this.required = schema.fields.flatMap(({ nullable }, index) =>
      nullable || index === this.ledger || index === this.closeTime ? [] : [index],
    );
  }

  /**
   * Columns and nodes of the message's values, as pairs; holds for every message of the same structure. Undefined with
   * `fault` for a key that has no column, or a column without its value.
   */
  assign(tape: Tape, inner: number): Int32Array | undefined {
    const { context, required } = this;
    context.fault = undefined;
    const pairs = this.router.assign(context, tape, inner);
    if (pairs === undefined) return undefined;
    const own = pairs.filter((_, index) => {
      const column = pairs[index & ~1];
      return column !== this.ledger && column !== this.closeTime;
    });
    for (const column of required) {
      if (own.some((value, index) => index % 2 === 0 && value === column)) continue;
      const { name } = (this.columns[column] as Column).field;
      refuse(context, 'NULL_VALUE', name, `${name} can't be null.`);
      return undefined;
    }
    return own;
  }

  /** Encodes an assigned message; true when `bytes` has the row, else `fault` says why it is rejected. */
  write(tape: Tape, reader: MessageReader, pairs: Int32Array): boolean {
    const { context, columns, filled, bounds } = this;
    const { out } = context;
    const row = (this.row += 1);
    context.negativeZero = false;
    context.fault = undefined;
    out.length = 0;
    this.writePlace(reader);
    filled[this.ledger] = filled[this.closeTime] = row;
    for (let index = 0; index < pairs.length; index += 2) {
      const at = pairs[index] as number;
      const column = columns[at] as Column;
      out.copy(column.prefix, 0, column.prefix.length);
      filled[at] = row;
      if (!column.encode(context, tape, pairs[index + 1] as number)) return false;
      if (column.bounded) bounds[at] = context.bound;
    }
    out.byte(125);
    return true;
  }

  /** Those of a message's nodes whose columns take any value as JSON text. */
  texts(pairs: Int32Array): number[] {
    return [...pairs.keys()].flatMap((index) =>
      index % 2 === 0 && (this.columns[pairs[index] as number] as Column).text
        ? [pairs[index + 1] as number]
        : [],
    );
  }

  /** Why the last message has no row. */
  get fault(): MessageFault | undefined {
    return this.context.fault;
  }

  /** The row encoded last; valid until the next one. */
  get bytes(): Uint8Array {
    const { out } = this.context;
    return out.bytes.subarray(0, out.length);
  }

  /** Counts the row encoded last. */
  count(stage: DatasetStage): void {
    const { columns, filled, row } = this;
    if (this.context.negativeZero) stage.noteNegativeZero();
    for (let index = 0; index < columns.length; index += 1) {
      const counter = stage.columns[index] as DatasetStage['columns'][number];
      if (filled[index] !== row) counter.addNull();
      else if ((columns[index] as Column).bounded) counter.addBound(this.bounds[index] as number | bigint);
    }
  }

  /** Begins the row with ledger and close time, which most rows share with the row before. */
  private writePlace({ ledger, time }: MessageReader): void {
    const micros = time.unixMicros();
    if (micros !== this.lastMicros || ledger !== this.lastLedger) {
      this.lastMicros = micros;
      this.lastLedger = ledger;
      const [first, second] = [this.ledger, this.closeTime].map((index) =>
        (this.columns[index] as Column).prefix.toString(),
      );
      this.opening = Buffer.from(`{${(first as string).slice(1)}${ledger}${second}"${time.text()}"`);
      this.bounds[this.ledger] = ledger;
      this.bounds[this.closeTime] = micros;
    }
    this.context.out.copy(this.opening, 0, this.opening.length);
  }
}
