import type { DuckDBConnection, Json } from '@duckdb/node-api';
import { type ErrorDetails, ParquetryError } from '@parquetry/core';
import type { Database } from './database';
import { writeFailure } from './failure';

const INTERRUPT_EVERY_MS = 20;

/**
 * One connection for one call: DuckDB runs one query a connection, and temporary tables live and die with it. Queries
 * run on the libuv pool, so the event loop stays free; an abort interrupts the query under way.
 */
export class Session {
  private constructor(
    private readonly connection: DuckDBConnection,
    private readonly signal: AbortSignal | undefined,
  ) {}

  static async open({ instance }: Database, signal?: AbortSignal): Promise<Session> {
    return new Session(await instance.connect(), signal);
  }

  /**
   * Runs one statement and returns its rows as arrays of JSON values, 64-bit numbers as text.
   * @throws ParquetryError CANCELLED, STAGE_FULL, WRITE_FAILED; `doing` completes "DuckDB could not …"
   */
  async run(sql: string, doing: string, details: ErrorDetails = {}): Promise<Json[][]> {
    if (this.aborted()) throw cancelled(doing, details);
    // An interrupt that comes before the query has begun is forgotten, so it is repeated until the query gives up.
    let timer: NodeJS.Timeout | undefined;
    const interrupt = (): void => {
      this.connection.interrupt();
      timer ??= setInterval(() => this.connection.interrupt(), INTERRUPT_EVERY_MS);
    };
    this.signal?.addEventListener('abort', interrupt);
    try {
      return (await this.connection.runAndReadAll(sql)).getRowsJson();
    } catch (error) {
      // Depending on where an interrupt strikes, DuckDB wraps it in other errors.
      throw this.aborted() ? cancelled(doing, details, error) : writeFailure(error, doing, details);
    } finally {
      this.signal?.removeEventListener('abort', interrupt);
      clearInterval(timer);
    }
  }

  private aborted(): boolean {
    return this.signal?.aborted === true;
  }

  /** Drops the connection and its temporary tables. */
  close(): void {
    this.connection.closeSync();
  }
}

function cancelled(doing: string, details: ErrorDetails, cause?: unknown): ParquetryError {
  return new ParquetryError('CANCELLED', `Cancelled: DuckDB was to ${doing}.`, { details, cause });
}
