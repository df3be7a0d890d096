import { availableParallelism } from 'node:os';
import { Semaphore, ParquetryError } from '@parquetry/core';
import { type MergedFiles, type MergeRequest, mergeFiles } from './compact';
import type { WrittenFile } from './cut';
import { isOutOfMemory } from './failure';
import { type Database, type DatabaseOptions, openDatabase } from './database';
import { type WriteRequest, writeDataset } from './dataset';
import { type NdjsonCopy, copyNdjson } from './ndjson';
import { Session } from './session';

/** Time that a cancelled call has to end before it is abandoned. */
const LET_GO_MS = 500;

/**
 * The writer of a worker process: one DuckDB instance, with one connection and one thread per call. The number of
 * threads limits concurrent calls; others wait. Several partitions at once, on one thread each, take less time and
 * memory than one after the other on all threads (docs/decisions/008-row-path.md).
 */
export class Writer {
  private readonly gate: Semaphore;
  private readonly alone = new Semaphore(1);
  private readonly running = new Set<Promise<unknown>>();

  /** @internal use `openWriter` */
  constructor(
    private readonly database: Database,
    private readonly threads: number,
  ) {
    this.gate = new Semaphore(threads);
  }

  /**
   * Writes a staged dataset to local Parquet files, in ledger order; an empty dataset gives no file. The bytes are a
   * function of content, schema, settings and versions: threads, memory, attempt and the order of ledgers in the stage
   * don't matter. On failure nothing is left in `outDir`. A cancelled call ends within a second. If DuckDB needs longer
   * (it checks for an interrupt between row groups), its files are removed when it ends.
   * @throws ParquetryError STAGE_LOST, STAGE_FULL, WRITE_FAILED, CODEC_UNSUPPORTED, SCHEMA_CONFLICT, CANCELLED
   */
  async writeDataset(request: WriteRequest): Promise<WrittenFile[]> {
    return this.call(request.signal, (session) => writeDataset(session, request));
  }

  /**
   * Merges Parquet files that this writer wrote into larger files, with all rows and values in the same order.
   * @throws ParquetryError STAGE_FULL, WRITE_FAILED, CODEC_UNSUPPORTED, CANCELLED
   */
  async mergeFiles(request: MergeRequest): Promise<MergedFiles> {
    return this.call(request.signal, (session) => mergeFiles(session, request));
  }

  /**
   * Converts an NDJSON file to one Parquet file, row by row in file order (checkpoints of a Delta log).
   * @throws ParquetryError STAGE_FULL, WRITE_FAILED, CODEC_UNSUPPORTED, CANCELLED
   */
  async copyNdjsonToParquet(copy: NdjsonCopy): Promise<{ rows: number; size: number }> {
    return this.withSession(copy.signal, (session) => copyNdjson(session, copy));
  }

  /** Runs work that needs much memory while no call of the writer runs; later calls wait for it. */
  exclusively<T>(signal: AbortSignal | undefined, use: () => Promise<T>): Promise<T> {
    return this.alone.run(signal, () => this.withSlots(this.threads, signal, use));
  }

  /** Bytes of DuckDB's buffer manager and of its temporary files. */
  async memory(): Promise<{ readonly bytes: number; readonly spillBytes: number }> {
    const connection = await this.database.instance.connect();
    try {
      const sql = 'SELECT sum(memory_usage_bytes), sum(temporary_storage_bytes) FROM duckdb_memory()';
      const [row] = (await connection.runAndReadAll(sql)).getRowsJson();
      return { bytes: Number(row?.[0]), spillBytes: Number(row?.[1]) };
    } finally {
      connection.closeSync();
    }
  }

  /** Waits for cancelled calls to end, then closes the instance and removes its temporary files. */
  async close(): Promise<void> {
    await Promise.allSettled(this.running);
    await this.database.close();
  }

  /**
   * Runs one call when a slot is free; the call keeps its slot until it has really ended. Sorts of concurrent calls can
   * together exceed the memory limit that each of them keeps to, so a call that runs out of memory is repeated alone.
   */
  private async call<T>(signal: AbortSignal | undefined, use: (session: Session) => Promise<T>): Promise<T> {
    const once = (): Promise<T> => this.withSession(signal, use);
    const work = this.gate.run(signal, once).catch((error: unknown) => {
      if (this.threads === 1 || !isOutOfMemory(error)) throw error;
      return this.exclusively(signal, once);
    });
    const ended = work.finally(() => this.running.delete(ended));
    // The caller gets this failure unless it already got the cancellation.
    ended.catch(() => undefined);
    this.running.add(ended);
    return signal === undefined ? work : orCancelled(work, signal);
  }

  /** Runs `use` while it holds `count` slots. Only one call at a time may collect slots, or two would wait for each other. */
  private withSlots<T>(count: number, signal: AbortSignal | undefined, use: () => Promise<T>): Promise<T> {
    return count === 0 ? use() : this.gate.run(signal, () => this.withSlots(count - 1, signal, use));
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

/** The outcome of `work`, or CANCELLED if it does not end soon after an abort. */
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

/** Opens the writer of a process; its settings are locked. `threads`: limit of concurrent calls. */
export async function openWriter(options: DatabaseOptions = {}): Promise<Writer> {
  const threads = options.threads ?? availableParallelism();
  const database = await openDatabase({ ...options, threads: 1 });
  const connection = await database.instance.connect();
  await connection.run('SET GLOBAL lock_configuration = true');
  connection.closeSync();
  return new Writer(database, threads);
}
