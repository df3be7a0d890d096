import { createHash, type Hash } from 'node:crypto';
import path from 'node:path';
import {
  type Layout,
  type LedgerTally,
  ParquetryError,
  type Reject,
  type StagedDataset,
  sameFolder,
} from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import { ColumnCounter } from './columns';
import { type MessageDecision, folderConflict } from './decision';
import type { MessageFault } from '../message';
import type { PlainParts } from './plain/parts';
import { RejectFile } from './rejectfile';
import { RowHasher } from './rowhash/hasher';

interface LedgerCount {
  rows: number;
  rejected: number;
  closeTimeMicros: number;
  lastCloseTimeMicros: number;
  /** Running hash of the ledger's content; its digest while the hash rests, and once the ledger is closed. */
  hash: Hash | string;
  closed: boolean;
}

/**
 * Most running hashes of one dataset: each occupies almost 1 kB, and messages of a ledger can be anywhere in the files. A
 * hash that rests is a digest, from which the next message of its ledger continues.
 */
const MAX_RUNNING = 20_000;

/** Options of a stage. */
export interface StageOptions {
  /** Enables `placeFault`, which finds rows whose close time lies in a different folder from their ledger. */
  readonly layout?: Layout;
  /** Hashes the rows of each ledger. */
  readonly rowHashes?: boolean;
  /** Called for every row and every reject, in order. */
  readonly onDecision?: (decision: MessageDecision) => void;
}

/**
 * Collects one dataset of a pull: rejects, counts per ledger and per column, and the content hash. The source appends
 * the rows themselves to the parts. Ledgers may arrive in any order; within a ledger, rows keep the order of the source
 * (the ordinal).
 */
export class DatasetStage {
  /** One counter per top-level column, in schema order. */
  readonly columns: readonly ColumnCounter[];
  private readonly rejectFile: RejectFile;
  private readonly ledgers = new Map<number, LedgerCount>();
  /** Ledgers with a running hash, oldest first. */
  private readonly running = new Set<number>();
  private rows = 0;
  private negativeZeros = false;
  private sorted = true;
  private lastLedger = 0;
  private hasher: RowHasher | undefined;

  constructor(
    dir: string,
    readonly schema: TableSchema,
    readonly dataset: string,
    readonly parts: PlainParts,
    private readonly options: StageOptions = {},
  ) {
    this.columns = schema.fields.map(() => new ColumnCounter());
    this.rejectFile = new RejectFile(path.join(dir, `${dataset}.rejects.ndjson`));
    parts.onPart = (rows) => this.rowHasher()?.closePart(rows);
  }

  /**
   * Why a row that closes at `closeTimeMicros` can't be staged: its ledger's first row lies in another folder of the
   * layout. Call it before appending the row.
   */
  placeFault(ledger: number, closeTimeMicros: number): MessageFault | undefined {
    const { layout } = this.options;
    const count = this.ledgers.get(ledger);
    if (layout === undefined || count === undefined || count.rows === 0) return undefined;
    if (sameFolder(layout, count.closeTimeMicros, closeTimeMicros)) return undefined;
    return folderConflict(
      layout,
      this.schema.closeTimeColumn,
      ledger,
      count.closeTimeMicros,
      closeTimeMicros,
    );
  }

  /**
   * Counts rows of one ledger and close time that were appended to the parts. `closeTimeMicros`: Unix microseconds, a
   * safe integer.
   */
  noteRows(ledger: number, closeTimeMicros: number, rows = 1): void {
    const count = this.ledger(ledger);
    if (count.rows === 0) count.closeTimeMicros = count.lastCloseTimeMicros = closeTimeMicros;
    else if (closeTimeMicros > count.lastCloseTimeMicros) count.lastCloseTimeMicros = closeTimeMicros;
    count.rows += rows;
    this.rows += rows;
    if (ledger < this.lastLedger) this.sorted = false;
    this.lastLedger = ledger;
    const { onDecision } = this.options;
    if (onDecision === undefined) return;
    for (let row = 0; row < rows; row += 1) onDecision({ dataset: this.dataset, ledger, closeTimeMicros });
  }

  /** Records that the last appended row has a negative zero. */
  noteNegativeZero(): void {
    this.negativeZeros = true;
  }

  /** Keeps a message of `ledger` that can't be stored, or only counts it when the limit of its kind is reached. */
  reject(ledger: number, reject: Reject): void {
    this.ledger(ledger).rejected += 1;
    this.rejectFile.append(reject);
    this.options.onDecision?.({ dataset: this.dataset, ledger, reject });
  }

  /** Adds source bytes to the content hash of a ledger: the raw message, or a lake's ledger. */
  hashSource(ledger: number, bytes: string | Uint8Array): void {
    const count = this.ledger(ledger);
    if (count.closed) throw new ParquetryError('INTERNAL', `Ledger ${ledger} is closed.`);
    const hash = typeof count.hash === 'string' ? this.run(ledger).update(count.hash, 'binary') : count.hash;
    count.hash = hash.update(bytes).update('\n');
  }

  /** Call it after the last row of a ledger. It finishes the hash. */
  closeLedger(ledger: number): void {
    const count = this.ledger(ledger);
    count.hash = digestOf(count.hash);
    count.closed = true;
    this.running.delete(ledger);
    if (count.rows > 0) this.rowHasher()?.closeLedger(ledger, count.rows, this.parts.current);
  }

  /** Call it when no more rows of ledgers below this one can follow. */
  closeLedgersBelow(ledger: number): void {
    for (const open of this.running) if (open < ledger) this.closeLedger(open);
  }

  /** Applies back-pressure between batches of rows; parts are written as they close. */
  async drain(): Promise<void> {
    await this.rejectFile.drain();
  }

  /** Closes the files and returns what was counted. The rejects file exists only when there are rejects. */
  async finish(): Promise<StagedDataset> {
    const closed = this.parts.close();
    await this.rejectFile.close();
    const rejected = this.rejectFile.count;
    const ordered = [...this.ledgers].sort(([a], [b]) => a - b);
    const content = createHash('sha256');
    const ledgers: LedgerTally[] = [];
    const rejectedLedgers: { ledger: number; rejected: number }[] = [];
    for (const [ledger, count] of ordered) {
      content.update(`${ledger}:`).update(digestOf(count.hash), 'binary');
      if (count.rows > 0) {
        ledgers.push({
          ledger,
          rows: count.rows,
          closeTimeMicros: count.closeTimeMicros,
          lastCloseTimeMicros: count.lastCloseTimeMicros,
        });
      }
      if (count.rejected > 0) rejectedLedgers.push({ ledger, rejected: count.rejected });
    }
    return {
      dataset: this.dataset,
      rows: this.rows,
      rejected,
      messages: this.rows + rejected,
      sorted: this.sorted,
      ledgers,
      rejectedLedgers,
      ...closed,
      ...(this.negativeZeros ? { negativeZeros: true as const } : {}),
      ...(this.hasher === undefined ? {} : { rowHashes: this.hasher.finish(ledgers) }),
      contentHash: content.digest('hex'),
      columns: Object.fromEntries(
        this.schema.fields.map((field, index) => [
          field.name,
          (this.columns[index] as ColumnCounter).tally(),
        ]),
      ),
    };
  }

  /** Messages can be in any order; their hashes come from the written files. */
  private rowHasher(): RowHasher | undefined {
    const { parts, schema, options } = this;
    if (options.rowHashes === true && parts.isTyped) this.hasher ??= new RowHasher(schema, parts.columns);
    return this.hasher;
  }

  private ledger(ledger: number): LedgerCount {
    let count = this.ledgers.get(ledger);
    if (count === undefined) {
      count = {
        rows: 0,
        rejected: 0,
        closeTimeMicros: 0,
        lastCloseTimeMicros: 0,
        hash: this.run(ledger),
        closed: false,
      };
      this.ledgers.set(ledger, count);
    }
    return count;
  }

  /** Starts the hash of a ledger; when there are too many, the older half rests. */
  private run(ledger: number): Hash {
    if (this.running.size >= MAX_RUNNING)
      for (const oldest of [...this.running].slice(0, MAX_RUNNING / 2)) {
        const resting = this.ledger(oldest);
        resting.hash = digestOf(resting.hash);
        this.running.delete(oldest);
      }
    this.running.add(ledger);
    return createHash('sha256');
  }
}

function digestOf(hash: Hash | string): string {
  return typeof hash === 'string' ? hash : hash.digest('binary');
}
