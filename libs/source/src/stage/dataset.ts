import { createHash, type Hash } from 'node:crypto';
import path from 'node:path';
import type { LedgerTally, Reject, StagedDataset } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import { ColumnCounter } from './columns';
import { LineFile } from './lines';

interface LedgerCount {
  rows: number;
  rejected: number;
  closeTimeMicros: number;
  lastCloseTimeMicros: number;
  hash: Hash;
}

/**
 * Collects one dataset of a pull: rows, rejects, counts per ledger and per column, and the content's identity. Rows may
 * come in any ledger order; within a ledger their order is the source's (the ordinal).
 */
export class DatasetStage {
  /** One counter a top-level column, in schema order. */
  readonly columns: readonly ColumnCounter[];
  private readonly rowFile: LineFile;
  private readonly rejectFile: LineFile;
  private readonly ledgers = new Map<number, LedgerCount>();
  private rows = 0;
  private rejected = 0;
  private sorted = true;
  private lastLedger = 0;

  constructor(
    dir: string,
    readonly schema: TableSchema,
    readonly dataset: string = schema.messageType,
  ) {
    this.columns = schema.fields.map(() => new ColumnCounter());
    this.rowFile = new LineFile(path.join(dir, `${dataset}.rows.ndjson`));
    this.rejectFile = new LineFile(path.join(dir, `${dataset}.rejects.ndjson`));
  }

  /** Appends a staged row (see core's stage format). `closeTimeMicros`: Unix microseconds, a safe integer. */
  appendRow(ledger: number, closeTimeMicros: number, line: string | Uint8Array): void {
    const count = this.ledger(ledger);
    if (count.rows === 0) count.closeTimeMicros = count.lastCloseTimeMicros = closeTimeMicros;
    else if (closeTimeMicros > count.lastCloseTimeMicros) count.lastCloseTimeMicros = closeTimeMicros;
    count.rows += 1;
    this.rows += 1;
    if (ledger < this.lastLedger) this.sorted = false;
    this.lastLedger = ledger;
    this.rowFile.append(line);
  }

  /** Keeps a message of `ledger` that can't be stored. */
  reject(ledger: number, reject: Reject): void {
    this.ledger(ledger).rejected += 1;
    this.rejected += 1;
    this.rejectFile.append(JSON.stringify(reject));
  }

  /** Adds source bytes to the identity of a ledger's content: the raw message, or a lake's ledger. */
  hashSource(ledger: number, bytes: string | Uint8Array): void {
    this.ledger(ledger).hash.update(bytes).update('\n');
  }

  /** Back-pressure point between batches of rows. */
  async drain(): Promise<void> {
    await this.rowFile.drain();
    await this.rejectFile.drain();
  }

  /** Closes the files and returns what was counted. The rejects file exists only when there are rejects. */
  async finish(): Promise<StagedDataset> {
    await this.rowFile.close();
    if (this.rejected > 0) await this.rejectFile.close();
    const ordered = [...this.ledgers].sort(([a], [b]) => a - b);
    const content = createHash('sha256');
    const ledgers: LedgerTally[] = [];
    const rejectedLedgers: { ledger: number; rejected: number }[] = [];
    for (const [ledger, count] of ordered) {
      content.update(`${ledger}:`).update(count.hash.digest());
      if (count.rows > 0)
        ledgers.push({
          ledger,
          rows: count.rows,
          closeTimeMicros: count.closeTimeMicros,
          lastCloseTimeMicros: count.lastCloseTimeMicros,
        });
      if (count.rejected > 0) rejectedLedgers.push({ ledger, rejected: count.rejected });
    }
    return {
      dataset: this.dataset,
      rows: this.rows,
      rejected: this.rejected,
      messages: this.rows + this.rejected,
      sorted: this.sorted,
      ledgers,
      rejectedLedgers,
      bytes: this.rowFile.bytes,
      contentHash: content.digest('hex'),
      columns: Object.fromEntries(
        this.schema.fields.map((field, index) => [
          field.name,
          (this.columns[index] as ColumnCounter).tally(),
        ]),
      ),
    };
  }

  private ledger(ledger: number): LedgerCount {
    let count = this.ledgers.get(ledger);
    if (count === undefined) {
      count = {
        rows: 0,
        rejected: 0,
        closeTimeMicros: 0,
        lastCloseTimeMicros: 0,
        hash: createHash('sha256'),
      };
      this.ledgers.set(ledger, count);
    }
    return count;
  }
}
