import * as schema from '@parquetry/schema';
import { ParquetryError } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import type { PlainColumn } from '../plain/column';
import { StructColumn } from '../plain/struct';
import { rowOrder } from './order';
import { LedgerPart } from './part';
import { clearScratch } from './scratch';
import type { LedgerValues } from './values';

// Local copies: in CommonJS an imported name costs a lookup at each use.
const { partPath, sha256 } = schema;

const UPDATED = (): void => undefined;

/** Hashes the rows of a dataset that is staged ledger by ledger, in typed parts (see `ROW_HASHES_VERSION`). */
export class RowHasher {
  private readonly parts: readonly LedgerPart[];
  private readonly hashes = new Map<number, Buffer>();
  /** Rows of the open part of the stage before the open ledger. */
  private first = 0;
  /** Rows of the open ledger in closed parts of the stage. */
  private carried = 0;

  constructor({ fields }: TableSchema, columns: readonly PlainColumn[]) {
    this.parts = fields
      .flatMap(({ name, type }, index): LedgerPart[] => {
        const column = columns[index] as PlainColumn;
        if (!(column instanceof StructColumn)) return [new LedgerPart(partPath(name), type, column, UPDATED)];
        const members = column.members();
        return [
          new LedgerPart(partPath(name), type, column, UPDATED, true),
          ...column.type.fields.map((field, at) => {
            const update = (): void => void column.member(at);
            return new LedgerPart(partPath(name, field.name), field.type, members[at] as PlainColumn, update);
          }),
        ];
      })
      .sort((a, b) => Buffer.compare(a.path, b.path));
  }

  /** Call it when a part of the stage with this number of rows is closed, before its columns are cleared. */
  closePart(rows: number): void {
    clearScratch();
    for (const part of this.parts) part.carry(this.first, rows, this.carried);
    this.carried += rows - this.first;
    this.first = 0;
  }

  /** Hashes a ledger, which has `count` rows: the last ones of the stage. `end`: rows of the open part of the stage. */
  closeLedger(ledger: number, count: number, end: number): void {
    const { first, carried, parts } = this;
    if (count !== carried + end - first || this.hashes.has(ledger))
      throw new ParquetryError('INTERNAL', `The rows of ledger ${ledger} are not staged together.`);
    clearScratch();
    const values: LedgerValues[] = [];
    for (const part of parts) {
      const own = part.read(first, end, carried);
      if (own !== undefined) values.push(own);
    }
    const order = rowOrder(values, count);
    this.hashes.set(ledger, sha256(Buffer.concat(values.map((each) => each.hash(order)))));
    for (const part of parts) part.next();
    this.first = end;
    this.carried = 0;
  }

  /** The hashes of ledgers, 32 bytes each; base64. */
  finish(ledgers: readonly { readonly ledger: number }[]): string {
    clearScratch();
    for (const part of this.parts) part.release();
    return Buffer.concat(ledgers.map(({ ledger }) => this.hashes.get(ledger) ?? missing(ledger))).toString(
      'base64',
    );
  }
}

function missing(ledger: number): never {
  throw new ParquetryError('INTERNAL', `Ledger ${ledger} has no row hash.`);
}
