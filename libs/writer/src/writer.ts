import type { WrittenFile } from './cut';
import { type Database, type DatabaseOptions, openDatabase } from './database';
import { type WriteRequest, writeDataset } from './dataset';
import { type NdjsonCopy, copyNdjson } from './ndjson';
import { Session } from './session';

/** A worker process's writer: one DuckDB instance, one connection for each call; calls may run side by side. */
export class Writer {
  /** @internal use `openWriter` */
  constructor(private readonly database: Database) {}

  /**
   * Writes a staged dataset to local Parquet files, in ledger order; an empty dataset gives no file. The bytes are a
   * function of content, schema, settings and versions: threads, memory, attempt and the order of ledgers in the stage
   * don't matter. On failure nothing is left in `outDir`.
   * @throws ParquetryError STAGE_LOST, STAGE_FULL, WRITE_FAILED, CODEC_UNSUPPORTED, SCHEMA_CONFLICT, CANCELLED
   */
  async writeDataset(request: WriteRequest): Promise<WrittenFile[]> {
    return this.withSession(request.signal, (session) => writeDataset(session, request));
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

/** Opens the writer of a process; its settings are locked. */
export async function openWriter(options: DatabaseOptions = {}): Promise<Writer> {
  const database = await openDatabase(options);
  const connection = await database.instance.connect();
  await connection.run('SET GLOBAL lock_configuration = true');
  connection.closeSync();
  return new Writer(database);
}
