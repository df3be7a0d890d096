import { availableParallelism } from 'node:os';
import { Semaphore, ParquetryError } from '@parquetry/core';
import { type MergedFiles, type MergeRequest, mergeFiles } from './compact';
import type { WrittenFile } from './cut';
import { type Database, type DatabaseOptions, openDatabase } from './database';
import { type WriteRequest, writeDataset } from './dataset';
import { type NdjsonCopy, copyNdjson } from './ndjson';
import { Session } from './session';

/** Time that a cancelled call gets to end by itself. */
const LET_GO_MS = 500;

/**
 * A worker process's writer: one DuckDB instance, one connection and one thread for each call. As many calls as the
 * writer has threads run side by side, the others wait: several partitions at once on a thread each take less time and
 * memory than one after the other on all threads (measured, docs/decisions/008-row-path.md).
 */
export class Writer {
  private readonly gate: Semaphore;
  private readonly running = new Set<Promise<unknown>>();

  /** @internal use `openWriter` */
  constructor(
    private readonly database: Database,
    threads: number,
  ) {
    this.gate = new Semaphore(threads);
  }

  /**
   * Writes a staged dataset to local Parquet files, in ledger order; an empty dataset gives no file. The bytes are a
   * function of content, schema, settings and versions: threads, memory, attempt and the order of ledgers in the stage
   * don't matter. On failure nothing is left in `outDir`. A cancelled call ends within a second; where DuckDB needs
   * longer to let go (it looks for an interrupt between row groups), what it still does is removed when it does.
   * @throws ParquetryError STAGE_LOST, STAGE_FULL, WRITE_FAILED, CODEC_UNSUPPORTED, SCHEMA_CONFLICT, CANCELLED
   */
  async writeDataset(request: WriteRequest): Promise<WrittenFile[]> {
    return this.call(request.signal, (session) => writeDataset(session, request));
  }

  /**
   * Writes the rows of Parquet files that this writer wrote before anew, in their order and with all their values, into
   * larger files.
   * @throws ParquetryError STAGE_FULL, WRITE_FAILED, CODEC_UNSUPPORTED, CANCELLED
   */
  async mergeFiles(request: MergeRequest): Promise<MergedFiles> {
    return this.call(request.signal, (session) => mergeFiles(session, request));
  }

  /**
   * Turns an NDJSON file into one Parquet file, row for row in file order (checkpoints of a Delta log).
   * @throws ParquetryError STAGE_FULL, WRITE_FAILED, CODEC_UNSUPPORTED, CANCELLED
   */
  async copyNdjsonToParquet(copy: NdjsonCopy): Promise<{ rows: number; size: number }> {
    return this.withSession(copy.signal, (session) => copyNdjson(session, copy));
  }

  /** Closes the instance and removes its temporary files, when what was cancelled has let go. */
  async close(): Promise<void> {
    await Promise.allSettled(this.running);
    await this.database.close();
  }

  /** One call in its turn; it keeps its place until it has really ended. */
  private async call<T>(signal: AbortSignal | undefined, use: (session: Session) => Promise<T>): Promise<T> {
    const work = this.gate.run(signal, () => this.withSession(signal, use));
    const ended = work.finally(() => this.running.delete(ended));
    // Its failure is the caller's to hear, unless the caller was told of the cancellation before.
    ended.catch(() => undefined);
    this.running.add(ended);
    return signal === undefined ? work : orCancelled(work, signal);
  }

  private async withSession<T>(
    signal: AbortSignal | undefined,
    use: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = await Session.open(this.database, signal);
    try {
      return await use(session);
    } finally {
      session.close();
    }
  }
}

/** The outcome of `work`, or CANCELLED when it has not ended soon after an abort. */
async function orCancelled<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let abort: (() => void) | undefined;
  const cancelled = new Promise<never>((_, reject) => {
    abort = () => {
      timer = setTimeout(
        () => reject(new ParquetryError('CANCELLED', 'Cancelled while DuckDB wrote.')),
        LET_GO_MS,
      );
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
  try {
    return await Promise.race([work, cancelled]);
  } finally {
    clearTimeout(timer);
    if (abort !== undefined) signal.removeEventListener('abort', abort);
  }
}

/** Opens the writer of a process; its settings are locked. `threads`: calls that run at once. */
export async function openWriter(options: DatabaseOptions = {}): Promise<Writer> {
  const threads = options.threads ?? availableParallelism();
  const database = await openDatabase({ ...options, threads: 1 });
  const connection = await database.instance.connect();
  await connection.run('SET GLOBAL lock_configuration = true');
  connection.closeSync();
  return new Writer(database, threads);
}
