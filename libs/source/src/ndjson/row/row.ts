import type { Field, TableSchema, Tape } from '@parquetry/schema';
import { type MessageFault, type MessageReader } from '../../message';
import type { DatasetStage } from '../../stage/dataset';
import { ByteBuffer } from '../../stage/plain/bytes';
import { PlainColumn } from '../../stage/plain/column';
import { refuse, type RowContext, type ValueEncoder } from './context';
import { plainEncoder } from './plain';
import { Router } from './routes';

interface Column {
  readonly field: Field;
  readonly plain: PlainColumn;
  readonly bounded: boolean;
  /** JSON text for any value; objects are not flattened. */
  readonly text: boolean;
  readonly encode: ValueEncoder;
}

const BOUNDED = new Set(['int32', 'int64', 'uint32', 'uint64', 'timestamp']);

/**
 * Turns scanned messages into staged rows of one schema, directly from byte spans, in three steps: `assign` finds the
 * column of each value from the message's structure, `write` encodes the values into the columns, `keep` adds them as
 * a row. The next `write` discards values that were not kept. The ledger and close time come from the reader. Values of
 * the unwrapped object take precedence over the envelope's, unless they are null.
 */
export class RowEncoder {
  private readonly context: RowContext = {
    out: new ByteBuffer(),
    fault: undefined,
    negativeZero: false,
    bound: 0,
  };
  private readonly router: Router;
  private readonly columns: readonly Column[];
  private readonly required: readonly number[];
  /** Rows are numbered so that marks of the previous row need not be cleared. */
  private row = 0;
  /** Whether values were written but not kept yet. */
  private open = false;
  private readonly filled: Int32Array;
  private readonly bounds: (number | bigint)[];
  private readonly ledger: number;
  private readonly closeTime: number;

  /** `plain`: one column per field, which receive the rows; `leaveOut`: keys whose values are left out. */
  constructor(
    schema: TableSchema,
    leaveOut: readonly string[] = [],
    plain: readonly PlainColumn[] = schema.fields.map(({ type }) => new PlainColumn(type.type)),
  ) {
    this.router = new Router(schema.fields, leaveOut);
    this.columns = schema.fields.map((field, index) => ({
      field,
      plain: plain[index] as PlainColumn,
      text: field.type.type === 'json' && !this.router.takesApart(field),
      bounded: BOUNDED.has(field.type.type),
      encode: plainEncoder(field.type, field.name),
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
   * Columns and nodes of the message's values, as pairs; valid for every message of the same structure. Undefined, with
   * `fault`, if a key has no column or a required column has no value.
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

  /** Encodes an assigned message; true if it can be kept, else `fault` has the reason for the reject. */
  write(tape: Tape, reader: MessageReader, pairs: Int32Array): boolean {
    if (this.open) this.drop();
    const { context, columns, filled, bounds } = this;
    const row = (this.row += 1);
    this.open = true;
    context.negativeZero = false;
    context.fault = undefined;
    this.writePlace(this.ledger, reader.ledger);
    this.writePlace(this.closeTime, reader.time.unixMicros());
    for (let index = 0; index < pairs.length; index += 2) {
      const at = pairs[index] as number;
      const column = columns[at] as Column;
      context.out = column.plain.out;
      filled[at] = row;
      if (!column.encode(context, tape, pairs[index + 1] as number)) return false;
      if (column.bounded) bounds[at] = context.bound;
    }
    return true;
  }

  /** The nodes of a message whose columns take any value as JSON text. */
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

  /** Keeps the row written last, and counts it. */
  keep(stage: DatasetStage): void {
    const { columns, filled, row } = this;
    this.open = false;
    if (this.context.negativeZero) stage.noteNegativeZero();
    for (let index = 0; index < columns.length; index += 1) {
      const column = columns[index] as Column;
      const counter = stage.columns[index] as DatasetStage['columns'][number];
      if (filled[index] !== row) {
        column.plain.keepNull();
        counter.addNull();
        continue;
      }
      column.plain.keep();
      if (column.bounded) counter.addBound(this.bounds[index] as number | bigint);
    }
  }

  /** Discards the values of a row that was not kept. */
  private drop(): void {
    for (const { plain } of this.columns) plain.drop();
  }

  private writePlace(index: number, value: number | bigint): void {
    const { field, plain } = this.columns[index] as Column;
    this.filled[index] = this.row;
    this.bounds[index] = value;
    // The ledger is 64 bits wide in archives of signed integers.
    if (field.type.type === 'uint32' || field.type.type === 'int32') plain.out.int32(Number(value));
    else plain.out.int64(value);
  }
}
