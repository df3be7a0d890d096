import * as schema from '@parquetry/schema';
import { ParquetryError } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import type { PlainColumn } from '../plain/column';
import { StructColumn } from '../plain/struct';
import { rowOrder } from './order';
import { LedgerPart } from './part';

// Local copies: in CommonJS an imported name costs a lookup at each use.
const { partPath, sha256 } = schema;

/** A part and the column that it is read from. */
interface Source {
  readonly part: LedgerPart;
  readonly column: PlainColumn;
  /** Of a member: the struct, and its index in it. */
  readonly member?: { readonly struct: StructColumn; readonly index: number };
}

/**
 * Hashes the rows of a dataset whose ledgers are staged one after the other, in typed parts (see `ROW_HASHES_VERSION`).
 * It holds the values of one ledger.
 */
export class RowHasher {
  private readonly sources: readonly Source[];
  private readonly ledgers: PlainColumn;
  private readonly ledgerBytes: number;
  private readonly hashes = new Map<number, Buffer>();
  private ledger: number | undefined;
  private rows = 0;

  constructor({ fields, ledgerColumn }: TableSchema, columns: readonly PlainColumn[]) {
    this.sources = fields
      .flatMap(({ name, type }, index): Source[] => {
        const column = columns[index] as PlainColumn;
        if (!(column instanceof StructColumn))
          return [{ part: new LedgerPart(partPath(name), type), column }];
        const members = column.members();
        return [
          { part: new LedgerPart(partPath(name), type, true), column },
          ...column.type.fields.map((field, at) => ({
            part: new LedgerPart(partPath(name, field.name), field.type),
            column: members[at] as PlainColumn,
            member: { struct: column, index: at },
          })),
        ];
      })
      .sort((a, b) => Buffer.compare(a.part.path, b.part.path));
    const own = fields.findIndex(({ name }) => name === ledgerColumn);
    this.ledgers = columns[own] as PlainColumn;
    this.ledgerBytes = fields[own]?.type.type === 'int64' ? 8 : 4;
  }

  /** Adds the rows of a part of the stage before its columns are cleared. */
  addPart(rows: number): void {
    const { values } = this.ledgers.content;
    const filled = this.sources.filter(({ column }) => column.present > 0);
    for (const { part, column, member } of filled) {
      // A member's trailing nulls are added when it is asked for.
      member?.struct.member(member.index);
      part.open(column);
    }
    const ledgerAt = (row: number): number => values.readUInt32LE(row * this.ledgerBytes);
    for (let first = 0; first < rows;) {
      const ledger = ledgerAt(first);
      let end = first + 1;
      while (end < rows && ledgerAt(end) === ledger) end += 1;
      if (ledger !== this.ledger) this.close();
      this.ledger = ledger;
      for (const { part } of filled) {
        part.padTo(this.rows);
        part.add(first, end);
      }
      this.rows += end - first;
      first = end;
    }
  }

  /** The hashes of ledgers, 32 bytes each; base64. */
  finish(ledgers: readonly { readonly ledger: number }[]): string {
    this.close();
    for (const { part } of this.sources) part.values.release();
    return Buffer.concat(ledgers.map(({ ledger }) => this.hashes.get(ledger) ?? missing(ledger))).toString(
      'base64',
    );
  }

  /** Hashes the ledger whose rows were added. */
  private close(): void {
    const { ledger, rows } = this;
    if (ledger === undefined) return;
    if (this.hashes.has(ledger))
      throw new ParquetryError('INTERNAL', `The rows of ledger ${ledger} are not staged together.`);
    const filled = this.sources.filter(({ part }) => part.filled);
    const parts = filled.map(({ part }) => {
      part.padTo(rows);
      part.settle();
      let offsets: Uint32Array | undefined;
      return { part, offsets: () => (offsets ??= part.offsets()) };
    });
    const order = rowOrder(parts, rows);
    this.hashes.set(
      ledger,
      sha256(Buffer.concat(parts.map(({ part, offsets }) => part.hash(order, offsets)))),
    );
    for (const { part } of this.sources) part.clear();
    this.ledger = undefined;
    this.rows = 0;
  }
}

function missing(ledger: number): never {
  throw new ParquetryError('INTERNAL', `Ledger ${ledger} has no row hash.`);
}
