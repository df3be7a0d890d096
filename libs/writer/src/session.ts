import type { DuckDBConnection, Json } from '@duckdb/node-api';
import { type ErrorDetails, ParquetryError } from '@parquetry/core';
import { observed } from '@parquetry/system';
import type { Database } from './database';
import { writeFailure } from './failure';

const INTERRUPT_EVERY_MS = 20;

/**
 * One connection per call: DuckDB runs one query per connection, and temporary tables belong to their connection.
 * Queries run on the libuv pool, so the event loop stays free. An abort interrupts the running query.
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
  run(sql: string, doing: string, details: ErrorDetails = {}): Promise<Json[][]> {
    // The statement has paths and values; its first word and purpose are enough.
    const operation = {
      kind: 'duckdb',
      name: /^\w+/.exec(sql)?.[0] ?? 'statement',
      facts: { doing },
    } as const;
    return observed(operation, () => this.execute(sql, doing, details));
  }

  private async execute(sql: string, doing: string, details: ErrorDetails): Promise<Json[][]> {
    if (this.aborted()) throw cancelled(doing, details);
    // DuckDB ignores an interrupt before the query starts, so it is repeated until the query ends.
    let timer: NodeJS.Timeout | undefined;
    const interrupt = (): void => {
      this.connection.interrupt();
      timer ??= setInterval(() => this.connection.interrupt(), INTERRUPT_EVERY_MS);
    };
    this.signal?.addEventListener('abort', interrupt);
    try {
      return (await this.connection.runAndReadAll(sql)).getRowsJson();
    } catch (error) {
      // Depending on its time, DuckDB wraps an interrupt in other errors.
      throw this.aborted() ? cancelled(doing, details, error) : writeFailure(error, doing, details);
    } finally {
      this.signal?.removeEventListener('abort', interrupt);
      clearInterval(timer);
    }
  }

  private aborted(): boolean {
    return this.signal?.aborted === true;
  }

  /** Closes the connection and drops its temporary tables. */
  close(): void {
    this.connection.closeSync();
  }
}

function cancelled(doing: string, details: ErrorDetails, cause?: unknown): ParquetryError {
  return new ParquetryError('CANCELLED', `Cancelled: DuckDB was to ${doing}.`, { details, cause });
}
