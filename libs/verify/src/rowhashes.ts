import { ledgerHash, type TableSchema } from '@parquetry/schema';
import { signedBigEndian } from './wholenumber';

/** A ledger with rows, and their hash. */
export interface HashedLedger {
  readonly ledger: number;
  readonly rows: number;
  readonly hash: Buffer;
}

/** Hashes the rows of each ledger from decoded columns (see `ROW_HASHES_VERSION`). It holds the rows of one ledger. */
export class LedgerHasher {
  private readonly done: HashedLedger[] = [];
  private ledger: number | undefined;
  private rows = 0;
  private open = new Map<string, unknown[]>();

  constructor(private readonly schema: TableSchema) {}

  /** Adds the rows of a row group: the values of each column. */
  addGroup(columns: ReadonlyMap<string, readonly unknown[]>, rows: number): void {
    const ledgers = columns.get(this.schema.ledgerColumn) ?? [];
    for (let first = 0; first < rows;) {
      const ledger = Number(ledgers[first]);
      let end = first + 1;
      while (end < rows && Number(ledgers[end]) === ledger) end += 1;
      if (ledger !== this.ledger) this.close();
      this.ledger = ledger;
      this.rows += end - first;
      for (const [name, values] of columns) {
        const own = this.open.get(name) ?? [];
        for (let row = first; row < end; row += 1) own.push(values[row]);
        this.open.set(name, own);
      }
      first = end;
    }
  }

  /** The ledgers that were added, in the order of the file. */
  finish(): readonly HashedLedger[] {
    this.close();
    return this.done;
  }

  private close(): void {
    const { ledger, rows, open, schema } = this;
    if (ledger === undefined) return;
    const hash = ledgerHash(schema, rows, (name) => open.get(name), unscaled);
    this.done.push({ ledger, rows, hash });
    this.ledger = undefined;
    this.rows = 0;
    this.open = new Map();
  }
}

/** The unscaled value of a decoded decimal (see `withoutDecimals`). */
export function unscaled(raw: unknown): bigint {
  return raw instanceof Uint8Array ? signedBigEndian(raw) : BigInt(raw as number | bigint);
}
