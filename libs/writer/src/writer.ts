import { availableParallelism } from 'node:os';
import { Gate } from '@parquetry/core';
import { type MergedFiles, type MergeRequest, mergeFiles } from './compact';
import type { WrittenFile } from './cut';
import { type Database, type DatabaseOptions, openDatabase } from './database';
import { type WriteRequest, writeDataset } from './dataset';
import { type NdjsonCopy, copyNdjson } from './ndjson';
import { Session } from './session';

/**
 * A worker process's writer: one DuckDB instance, one connection and one thread for each call. As many calls as the
 * writer has threads run side by side, the others wait: several partitions at once on a thread each take less time and
 * memory than one after the other on all threads (measured, docs/decisions/008-row-path.md).
 */
export class Writer {
  private readonly gate: Gate;

  /** @internal use `openWriter` */
  constructor(
    private readonly database: Database,
    threads: number,
  ) {
    this.gate = new Gate(threads);
  }

  /**
   * Writes a staged dataset to local Parquet files, in ledger order; an empty dataset gives no file. The bytes are a
   * function of content, schema, settings and versions: threads, memory, attempt and the order of ledgers in the stage
   * don't matter. On failure nothing is left in `outDir`.
   * @throws ParquetryError STAGE_LOST, STAGE_FULL, WRITE_FAILED, CODEC_UNSUPPORTED, SCHEMA_CONFLICT, CANCELLED
   */
  async writeDataset(request: WriteRequest): Promise<WrittenFile[]> {
    return this.gate.run(request.signal, () =>
      this.withSession(request.signal, (session) => writeDataset(session, request)),
    );
  }

  /**
   * Writes the rows of Parquet files that this writer wrote before anew, in their order and with all their values, into
   * larger files.
   * @throws ParquetryError STAGE_FULL, WRITE_FAILED, CODEC_UNSUPPORTED, CANCELLED
   */
  async mergeFiles(request: MergeRequest): Promise<MergedFiles> {
    return this.gate.run(request.signal, () =>
      this.withSession(request.signal, (session) => mergeFiles(session, request)),
    );
  }

  /**
   * Turns an NDJSON file into one Parquet file, row for row in file order (checkpoints of a Delta log).
   * @throws ParquetryError STAGE_FULL, WRITE_FAILED, CODEC_UNSUPPORTED, CANCELLED
   */
  async copyNdjsonToParquet(copy: NdjsonCopy): Promise<{ rows: number; size: number }> {
    return this.withSession(copy.signal, (session) => copyNdjson(session, copy));
  }

  /** Closes the instance and removes its temporary files. Calls under way must have ended. */
  async close(): Promise<void> {
    await this.database.close();
  }

  private async withSession<T>(
    signal: AbortSignal | undefined,
    use: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = await Session.open(this.database.instance, signal);
    try {
      return await use(session);
    } finally {
      session.close();
    }
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
