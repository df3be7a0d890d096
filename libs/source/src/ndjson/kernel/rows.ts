import * as core from '@parquetry/core';
import type { LedgerRange } from '@parquetry/core';
import type { DataType, Shape, ShapeTable, TableSchema } from '@parquetry/schema';
import type { ColumnCounter } from '../../stage/columns';
import type { PlainParts } from '../../stage/plain/parts';
import type { PullPlan } from '../known';
import { Kernel, type LineRun, RECORD, SLACK } from './kernel';
import * as at from './layout';
import type { Operation, ShapeCode } from './program';
import { arePlain, isBoolean, isPlainString, isWhole, literalText, NONE, valueOf } from './values';

// Local copies: in CommonJS an imported name costs a lookup at each use.
const { PART_ROWS } = core;

/** Memory of all columns together, which are emptied when one of them might overflow; each gets a share in bounds. */
const COLUMNS_BYTES = 4 << 20;
const MIN_COLUMN = 32 << 10;
const MAX_COLUMN = 256 << 10;

/** A dataset whose rows the kernel takes. */
export interface RowDataset {
  readonly schema: TableSchema;
  readonly parts: PlainParts;
  readonly counters: readonly ColumnCounter[];
}

/** A run of rows, or the place that the next one wants. */
export interface RowRun extends LineRun {
  /** Index of the dataset of the rows, or of the row that has no place yet. */
  readonly dataset: number;
  /** Their ledger and close time in Unix microseconds. */
  readonly ledger: number;
  readonly micros: number;
}

interface Target {
  /** Addresses of its record, of those of its columns, and of its rows' shapes. */
  readonly record: number;
  readonly columns: readonly number[];
  readonly shapes: number;
}

/** The kernel of a pull: fills the columns of its datasets with the values of plain messages. */
export class RowKernel<Plan extends { readonly dataset: number }> extends Kernel<PullPlan<Plan> | undefined> {
  private readonly room: number;
  private readonly targets: readonly Target[];
  /** The caller took lines since the columns were emptied. */
  private stale = true;

  constructor(
    shapes: ShapeTable<PullPlan<Plan> | undefined>,
    private readonly datasets: readonly RowDataset[],
    range: LedgerRange,
  ) {
    const count = datasets.reduce((sum, { schema }) => sum + schema.fields.length, 0);
    const each = Math.min(Math.max(Math.floor(COLUMNS_BYTES / count / 64) * 64, MIN_COLUMN), MAX_COLUMN);
    super(shapes, range, (RECORD + 2 * PART_ROWS) * datasets.length + (RECORD + each) * count);
    // A row adds at most its line's bytes and a length or a wide number to a column, see the kernel's ROW_SLACK.
    this.room = each - SLACK;
    let next = this.data;
    const take = (size: number): number => (next += size) - size;
    this.targets = datasets.map(({ schema }) => ({
      record: take(RECORD),
      columns: schema.fields.map(() => take(RECORD)),
      shapes: take(2 * PART_ROWS),
    }));
    for (const { record, columns, shapes: noted } of this.targets) {
      this.view.setUint32(record + at.TARGET_SHAPES, noted, true);
      for (const column of columns) this.view.setUint32(column + at.COLUMN_BASE, take(each), true);
    }
  }

  override take(start: number, end: number): RowRun {
    if (this.stale) this.empty();
    const { view } = this;
    const run = super.take(start, end);
    const record = view.getUint32(at.TARGET, true);
    const dataset = this.targets.findIndex((target) => target.record === record);
    if (run.rows > 0)
      return {
        ...run,
        dataset,
        ledger: view.getUint32(record + at.TARGET_LEDGER, true),
        micros: Number(view.getBigInt64(record + at.TARGET_TIME, true)),
      };
    return {
      ...run,
      dataset,
      ledger: view.getUint32(at.LEDGER, true),
      micros: Number(view.getBigInt64(at.TIME, true)),
    };
  }

  /** Rows of the dataset at this ledger and close time may be taken, until the caller takes a line itself. */
  approve(dataset: number, ledger: number, micros: number): void {
    const { record } = this.targets[dataset] as Target;
    this.view.setUint32(record + at.TARGET_APPROVED, 1, true);
    this.view.setUint32(record + at.TARGET_LEDGER, ledger, true);
    this.view.setBigInt64(record + at.TARGET_TIME, BigInt(micros), true);
  }

  /** Hands the rows so far to the parts, so that their order stays, and forgets what was approved. */
  override stepAside(): void {
    super.stepAside();
    // Nothing was taken or approved since the caller's last line.
    if (this.stale) return;
    this.flush();
    this.stale = true;
    for (const { record } of this.targets) this.view.setUint32(record + at.TARGET_APPROVED, 0, true);
  }

  /** Hands the rows taken so far to the parts; false when there are none. */
  flush(): boolean {
    let any = false;
    for (const [index, target] of this.targets.entries()) {
      const rows = this.view.getUint32(target.record + at.TARGET_ROWS, true);
      if (rows === 0) continue;
      any = true;
      this.hand(target, this.datasets[index] as RowDataset, rows);
    }
    if (any) this.empty();
    return any;
  }

  protected override forget(): void {
    this.flush();
  }

  protected override read(
    shape: Shape<PullPlan<Plan> | undefined>,
    literals: readonly Uint8Array[],
  ): ShapeCode | 'skip' | undefined {
    const { plan } = shape;
    if (plan === undefined) return 'skip';
    const { places, pairs } = plan;
    const { dataset } = plan.target;
    const { fields, ledgerColumn, closeTimeColumn } = (this.datasets[dataset] as RowDataset).schema;
    const { record, columns } = this.targets[dataset] as Target;
    if (!arePlain(shape, places)) return undefined;
    const operations: Operation[] = [];
    const ledger = fields.findIndex(({ name }) => name === ledgerColumn);
    const time = fields.findIndex(({ name }) => name === closeTimeColumn);
    const note = new Uint8Array(fields.length);
    note[ledger] = note[time] = 1;
    for (let index = 0; index < pairs.length; index += 2) {
      const at = pairs[index] as number;
      const node = pairs[index + 1] as number;
      const { type } = fields[at] as TableSchema['fields'][number];
      const found = operation(type.type, shape, node, literals);
      if (found === undefined) return undefined;
      note[at] = 1;
      operations.push({ ...found, value: valueOf(shape, node), column: columns[at] as number });
    }
    return {
      places,
      target: record,
      operations,
      ledgerColumn: columns[ledger] as number,
      timeColumn: columns[time] as number,
      ledgerWidth: fields[ledger]?.type.type === 'int64' ? 8 : 4,
      note,
    };
  }

  private hand({ columns, shapes }: Target, { parts, counters }: RowDataset, rows: number): void {
    const { view, bytes, notes } = this;
    const noted = new Uint16Array(this.memory.buffer, shapes, rows);
    const kinds = Array.from(new Set(noted), (kind) => notes[kind] as Uint8Array);
    for (const [index, record] of columns.entries()) {
      const base = view.getUint32(record + at.COLUMN_BASE, true);
      const counter = counters[index] as ColumnCounter;
      const column = parts.columns[index] as PlainParts['columns'][number];
      column.append(bytes, base, base + view.getUint32(record + at.COLUMN_USED, true));
      const nullsBefore = column.nulls;
      const filled = kinds.filter((note) => note[index] === 1).length;
      if (filled === kinds.length) column.keep(rows);
      else if (filled === 0) column.keepNull(rows);
      else
        for (const kind of noted)
          if ((notes[kind] as Uint8Array)[index] === 1) column.keep();
          else column.keepNull();
      counter.addNull(column.nulls - nullsBefore);
      const bounds = this.takeBounds(record);
      if (bounds === undefined) continue;
      counter.addBound(safe(bounds.min));
      counter.addBound(safe(bounds.max));
    }
    parts.addRows(rows);
  }

  /** Begins with empty columns. */
  private empty(): void {
    const { view } = this;
    this.stale = false;
    view.setUint32(at.ROOM, this.room, true);
    for (const [index, { record, columns }] of this.targets.entries()) {
      const { parts } = this.datasets[index] as RowDataset;
      view.setUint32(record + at.TARGET_ROWS, 0, true);
      view.setUint32(record + at.TARGET_LIMIT, PART_ROWS - (parts.current % PART_ROWS), true);
      for (const column of columns) view.setUint32(column + at.COLUMN_USED, 0, true);
    }
  }
}

/** How a column of a type gets the value at a node; undefined when that is beyond the kernel. */
function operation(
  type: DataType['type'],
  shape: Shape<unknown>,
  node: number,
  literals: readonly Uint8Array[],
): Pick<Operation, 'code' | 'low' | 'high' | 'text'> | undefined {
  if (valueOf(shape, node) === NONE) {
    const text = type === 'utf8' ? literalText(shape, node, literals) : undefined;
    return text === undefined ? undefined : { code: at.CONSTANT, text };
  }
  switch (type) {
    case 'json':
      return { code: at.RAW };
    case 'utf8':
      return isPlainString(shape, node) ? { code: at.TEXT } : undefined;
    case 'bool':
      return isBoolean(shape, node) ? { code: at.BOOL } : undefined;
    case 'timestamp':
      return isPlainString(shape, node) ? { code: at.TIMESTAMP } : undefined;
    case 'int32':
    case 'uint32':
    case 'int64':
    case 'uint64':
      return isWhole(shape, node) ? WHOLE[type] : undefined;
    case 'float64':
    case 'decimal128':
    case 'list':
    case 'struct':
      return undefined;
  }
}

const WHOLE = {
  int32: { code: at.INT32, low: -(2n ** 31n), high: 2n ** 31n - 1n },
  uint32: { code: at.INT32, low: 0n, high: 2n ** 32n - 1n },
  int64: { code: at.INT64, low: -(2n ** 63n), high: 2n ** 63n - 1n },
  // Longer numbers than the kernel reads are the caller's.
  uint64: { code: at.INT64, low: 0n, high: 2n ** 63n - 1n },
} as const;

function safe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
