import * as core from '@parquetry/core';
import type { LedgerRange } from '@parquetry/core';
import type { DataType, Field, Shape, ShapeTable, TableSchema } from '@parquetry/schema';
import type { ColumnCounter } from '../../stage/columns';
import type { PlainParts } from '../../stage/plain/parts';
import type { PullPlan } from '../knownshapes';
import { Dictionary, dictionaryShare } from './dictionary';
import { Kernel, type LineRun, RECORD, SLACK } from './kernel';
import * as at from './layout';
import { MAX_OPS, type Operation, type ShapeCode } from './program';
import { arePlain, isBoolean, isPlainString, isWhole, literalText, NONE, valueOf } from './values';

// Local copies: in CommonJS each use of an imported name is a lookup.
const { PART_ROWS } = core;

/** Memory of all columns, which are flushed when one may overflow; each gets a share within limits. */
const COLUMNS_BYTES = 4 << 20;
const MIN_COLUMN = 32 << 10;
const MAX_COLUMN = 256 << 10;
/** Maximum columns of all datasets. The caller processes further datasets, and those with more than `MAX_OPS` columns. */
const MAX_COLUMNS = 4_096;
/** A column that switches between codes and values this often in a part has values for the rest of it. */
const MAX_PAGES = 64;

/** A dataset whose rows the kernel stages. */
export interface RowDataset {
  readonly schema: TableSchema;
  readonly parts: PlainParts;
  readonly counters: readonly ColumnCounter[];
}

/** A run of rows, and the ledger and close time of the next row if they ended the run. */
export interface RowRun extends LineRun {
  /** Index of the dataset of the rows, and of the next row that needs approval. */
  readonly dataset: number;
  /** Ledger of the rows, and their close time in Unix microseconds. */
  readonly ledger: number;
  readonly micros: number;
  /** Ledger and close time of the next row. */
  readonly nextLedger: number;
  readonly nextMicros: number;
}

interface Target {
  /** Addresses of its record, of its columns' records, and of its rows' shapes. */
  readonly record: number;
  readonly columns: readonly number[];
  readonly shapes: number;
  /** The dictionaries of its text columns. */
  readonly dictionaries: readonly (Dictionary | undefined)[];
  /** Number of closed parts when its dictionaries were cleared. */
  parts: number;
}

/** The kernel of a pull: fills the columns of its datasets with the values of plain messages. */
export class RowKernel<Plan extends { readonly dataset: number }> extends Kernel<PullPlan<Plan> | undefined> {
  private readonly room: number;
  private readonly targets: readonly Target[];
  /** Addresses of the targets' records. */
  private readonly records: readonly number[];
  /** The result of `take`: one reused object, since `take` is called for every ledger. */
  private readonly found = {
    status: 0,
    next: 0,
    lines: 0,
    rows: 0,
    dataset: -1,
    ledger: 0,
    micros: 0,
    nextLedger: 0,
    nextMicros: 0,
  };
  /** Whether the caller processed lines since the columns were flushed. */
  private stale = true;
  /** Whether a dictionary was abandoned since then. */
  private crowded = false;

  constructor(
    shapes: ShapeTable<PullPlan<Plan> | undefined>,
    private readonly datasets: readonly RowDataset[],
    range: LedgerRange,
  ) {
    const fields = ownFields(datasets);
    const count = fields.reduce((sum, { length }) => sum + length, 0);
    const each = Math.min(
      Math.max(Math.floor(COLUMNS_BYTES / Math.max(count, 1) / 64) * 64, MIN_COLUMN),
      MAX_COLUMN,
    );
    const texts = fields.reduce((sum, list) => sum + list.filter(isText).length, 0);
    const share = dictionaryShare(texts);
    const memory = (RECORD + 2 * PART_ROWS) * datasets.length + (RECORD + each) * count + share.bytes * texts;
    super(shapes, range, memory);
    // A row adds at most its line's bytes and a length or a wide number to a column, see the kernel's ROW_SLACK.
    this.room = each - SLACK;
    let next = this.data;
    const take = (size: number): number => (next += size) - size;
    this.targets = fields.map((list) => ({
      record: take(RECORD),
      columns: list.map(() => take(RECORD)),
      shapes: take(2 * PART_ROWS),
      dictionaries: list.map((field) =>
        isText(field) ? new Dictionary(this.view, this.bytes, take(share.bytes), share) : undefined,
      ),
      parts: 0,
    }));
    this.records = this.targets.map(({ record }) => record);
    for (const { record, columns, shapes: noted } of this.targets) {
      this.view.setUint32(record + at.TARGET_SHAPES, noted, true);
      for (const column of columns) this.view.setUint32(column + at.COLUMN_BASE, take(each), true);
    }
  }

  override take(start: number, end: number): RowRun {
    if (this.stale) this.empty();
    const { view, found } = this;
    const { status, next, lines, rows } = super.take(start, end);
    const record = view.getUint32(at.TARGET, true);
    if (status === at.CROWDED) this.giveUp(view.getUint32(at.CROWDED_COLUMN, true));
    found.status = status;
    found.next = next;
    found.lines = lines;
    found.rows = rows;
    found.dataset = this.records.indexOf(record);
    if (rows > 0) {
      found.ledger = view.getUint32(record + at.TARGET_LEDGER, true);
      found.micros = Number(view.getBigInt64(record + at.TARGET_TIME, true));
    }
    if (status === at.PLACE) {
      found.nextLedger = view.getUint32(at.LEDGER, true);
      found.nextMicros = Number(view.getBigInt64(at.TIME, true));
    }
    return found;
  }

  /** Approves rows of the dataset with this ledger and close time, until the caller processes a line. */
  approve(dataset: number, ledger: number, micros: number): void {
    const { record } = this.targets[dataset] as Target;
    this.view.setUint32(record + at.TARGET_APPROVED, 1, true);
    this.view.setUint32(record + at.TARGET_LEDGER, ledger, true);
    this.view.setBigInt64(record + at.TARGET_TIME, BigInt(micros), true);
  }

  /** Moves the rows so far to the parts, to preserve their order, and resets the approval. */
  override stepAside(): void {
    super.stepAside();
    // No rows and no approval since the caller's last line.
    if (this.stale) return;
    this.flush();
    this.stale = true;
    for (const { record } of this.targets) this.view.setUint32(record + at.TARGET_APPROVED, 0, true);
  }

  /** Moves the rows so far to the parts; false if that freed no memory. */
  flush(): boolean {
    let any = this.crowded;
    this.crowded = false;
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
    if (columns.length === 0 || !arePlain(shape, places)) return undefined;
    const operations: Operation[] = [];
    const ledger = fields.findIndex(({ name }) => name === ledgerColumn);
    const time = fields.findIndex(({ name }) => name === closeTimeColumn);
    const note = new Uint8Array(fields.length);
    note[ledger] = note[time] = 1;
    for (let index = 0; index < pairs.length; index += 2) {
      const at = pairs[index] as number;
      const node = pairs[index + 1] as number;
      const { type } = fields[at] as Field;
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

  /** Abandons the dictionary of the column with this record. */
  private giveUp(column: number): void {
    for (const { columns, dictionaries } of this.targets) {
      const dictionary = dictionaries[columns.indexOf(column)];
      if (dictionary !== undefined) dictionary.crowded = true;
    }
    this.crowded = true;
  }

  private hand(
    { columns, shapes, dictionaries }: Target,
    { parts, counters }: RowDataset,
    rows: number,
  ): void {
    const { view, bytes, notes } = this;
    const noted = new Uint16Array(this.memory.buffer, shapes, rows);
    const kinds = Array.from(new Set(noted), (kind) => notes[kind] as Uint8Array);
    for (const [index, record] of columns.entries()) {
      const base = view.getUint32(record + at.COLUMN_BASE, true);
      const counter = counters[index] as ColumnCounter;
      const column = parts.columns[index] as PlainParts['columns'][number];
      const end = base + view.getUint32(record + at.COLUMN_USED, true);
      const coded = view.getUint32(record + at.COLUMN_DICTIONARY, true) !== 0;
      if (coded) {
        dictionaries[index]?.hand(column);
        column.appendCodes(bytes, base, end, view.getUint32(record + at.COLUMN_PLAIN, true));
      } else column.append(bytes, base, end);
      const nullsBefore = column.nulls;
      const filled = kinds.filter((note) => note[index] === 1).length;
      if (filled === kinds.length) column.keep(rows, coded);
      else if (filled === 0) column.keepNull(rows);
      else
        for (const kind of noted)
          if ((notes[kind] as Uint8Array)[index] === 1) column.keep(1, coded);
          else column.keepNull();
      counter.addNull(column.nulls - nullsBefore);
      const bounds = this.takeBounds(record);
      if (bounds === undefined) continue;
      counter.addBound(safe(bounds.min));
      counter.addBound(safe(bounds.max));
    }
    parts.addRows(rows);
  }

  /** Clears the columns. */
  private empty(): void {
    const { view } = this;
    this.stale = false;
    view.setUint32(at.ROOM, this.room, true);
    for (const [index, target] of this.targets.entries()) {
      const { record, columns, dictionaries } = target;
      const { parts } = this.datasets[index] as RowDataset;
      if (parts.closed > target.parts) for (const dictionary of dictionaries) dictionary?.clear();
      target.parts = parts.closed;
      view.setUint32(record + at.TARGET_ROWS, 0, true);
      view.setUint32(record + at.TARGET_LIMIT, PART_ROWS - (parts.current % PART_ROWS), true);
      for (const [place, column] of columns.entries()) {
        const dictionary = dictionaries[place];
        const codes = dictionary?.crowded === false && (parts.columns[place]?.pageCount ?? 0) < MAX_PAGES;
        view.setUint32(column + at.COLUMN_USED, 0, true);
        view.setUint32(column + at.COLUMN_PLAIN, 0, true);
        view.setUint32(column + at.COLUMN_DICTIONARY, codes ? dictionary.record : 0, true);
      }
    }
  }
}

/** For each dataset the fields with columns in the kernel's memory; empty for a dataset that the caller processes. */
function ownFields(datasets: readonly RowDataset[]): (readonly Field[])[] {
  let left = MAX_COLUMNS;
  return datasets.map(({ schema: { fields } }) => {
    if (fields.length > Math.min(MAX_OPS, left)) return [];
    left -= fields.length;
    return fields;
  });
}

/** Whether a column's values can be dictionary codes. */
function isText({ type }: Field): boolean {
  return type.type === 'utf8' || type.type === 'json';
}

/** The operation that stores the value at a node in a column; undefined if the kernel does not support it. */
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
  // The caller processes numbers that are too long for the kernel.
  uint64: { code: at.INT64, low: 0n, high: 2n ** 63n - 1n },
} as const;

function safe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
