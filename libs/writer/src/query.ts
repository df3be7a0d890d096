import {
  type DuckDBConnection,
  type DuckDBPreparedStatement,
  DuckDBTimestampTZValue,
  type Json,
  StatementType,
} from '@duckdb/node-api';
import * as accessors from '@duckdb/node-api/lib/vectors/dataAccessors';
import { type Codec, type LedgerRange, ParquetryError } from '@parquetry/core';
import { type ColumnValue, type TableSchema, duckdbColumns, quoteName, quoteText } from '@parquetry/schema';
import { codecOptions } from './codec';
import { type Database, type DatabaseOptions, openDatabase } from './database';
import { firstLine } from './failure';
import { plainValue } from './plainvalue';
import { resultArrow } from './results/arrow';
import { type TextFormat, resultText } from './results/text';

/** Time between interrupts of a statement: one has no effect while the statement is prepared. */
const INTERRUPT_MS = 20;

/** Name of the view of a result. */
const RESULT = '"parquetry result"';

/** The result of a query. */
export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** JSON values; 64-bit numbers, decimals and times as text. */
  readonly rows: readonly (readonly Json[])[];
  /** True if there are more rows than requested. */
  readonly truncated: boolean;
}

/**
 * SQL over lists of local Parquet files. Create views first. The first `run` restricts the engine: it can only read the
 * files of its views, can't write, and its settings are locked.
 */
export class Query {
  private readonly files: string[] = [];
  private locked = false;
  private closing = false;
  /** Statements at work, and the timer that repeats an interrupt until they have ended. */
  private running = 0;
  private interrupts: NodeJS.Timeout | undefined;
  /** Steps of streams that are at work in DuckDB's threads. */
  private readonly steps = new Set<Promise<unknown>>();

  /** @internal use `openQuery` */
  constructor(
    private readonly database: Database,
    private readonly connection: DuckDBConnection,
  ) {}

  /**
   * Creates the view `name` over exactly these files; columns are matched by name. Without files the view is empty and
   * has the columns of `schema`; columns of `schema` that a file lacks are null. With `ranges` it has only the rows of
   * these ledgers.
   * @throws ParquetryError QUERY_INVALID
   */
  async createView(
    name: string,
    files: readonly string[],
    schema: TableSchema,
    ranges?: readonly LedgerRange[],
  ): Promise<void> {
    if (this.locked) throw new ParquetryError('INTERNAL', 'Views are made before the first query.');
    const empty = duckdbColumns(schema)
      .map(([column, type]) => `CAST(NULL AS ${type}) AS ${quoteName(column)}`)
      .join(', ');
    const none = `SELECT ${empty} WHERE false`;
    const list = files.map(quoteText).join(', ');
    const source =
      files.length === 0
        ? none
        : `${none} UNION ALL BY NAME
           SELECT * FROM read_parquet([${list}], union_by_name = true, hive_partitioning = false)`;
    const wanted =
      ranges === undefined
        ? source
        : `SELECT * FROM (${source}) WHERE ${ranges
            .map(({ start, end }) => `${quoteName(schema.ledgerColumn)} BETWEEN ${start} AND ${end}`)
            .join(' OR ')}`;
    await this.execute(`CREATE VIEW ${quoteName(name)} AS ${wanted}`);
    // Not in one call: there may be more files than a call can have arguments.
    for (const file of files) this.files.push(file);
  }

  /**
   * Runs one SELECT (also DESCRIBE, SUMMARIZE, FROM …) and returns at most `maxRows` rows.
   * @throws ParquetryError QUERY_INVALID with DuckDB's reason
   */
  async run(sql: string, { maxRows = 100_000 }: { maxRows?: number } = {}): Promise<QueryResult> {
    this.running += 1;
    try {
      const reader = await (await this.prepare(sql)).streamAndReadUntil(maxRows + 1);
      const rows = reader.getRowsJson();
      const types = reader.columnTypes();
      const columns = reader
        .columnNames()
        .map((name, index) => ({ name, type: types[index]?.toString() ?? '' }));
      return { columns, rows: rows.slice(0, maxRows), truncated: rows.length > maxRows };
    } catch (error) {
      throw queryError(error);
    } finally {
      this.ended();
    }
  }

  /**
   * Runs one SELECT as `run`, and passes its whole result on in a format, some thousand rows at a time. `onRows` gets
   * the number of rows of each part. `close` ends a stream that is still read.
   * @throws ParquetryError QUERY_INVALID
   */
  async *stream(
    sql: string,
    format: TextFormat | 'arrow',
    onRows: (rows: number) => void = () => undefined,
  ): AsyncGenerator<string | Uint8Array> {
    const parts = this.parts(sql, format, onRows);
    try {
      while (!this.closing) {
        const step = parts.next();
        this.steps.add(step);
        const { done, value } = await step.finally(() => this.steps.delete(step));
        if (done === true) return;
        yield value;
      }
    } finally {
      await parts.return();
    }
  }

  private async *parts(
    sql: string,
    format: TextFormat | 'arrow',
    onRows: (rows: number) => void,
  ): AsyncGenerator<string | Uint8Array, void> {
    this.running += 1;
    try {
      const statement = await this.prepare(sql);
      if (this.closing) refuse('the engine is being closed');
      const result = await statement.stream();
      const names = result.columnNames();
      if (format === 'json' || format === 'ndjson') assertDistinct(names);
      if (format === 'arrow')
        yield* resultArrow(
          names,
          result.columnTypes(),
          counted(result, ({ rowCount }) => onRows(rowCount)),
        );
      else
        yield* resultText(
          format,
          names,
          counted(result.yieldRowsJson(), ({ length }) => onRows(length)),
        );
    } catch (error) {
      throw queryError(error);
    } finally {
      this.ended();
    }
  }

  /**
   * Runs one SELECT and writes its whole result to a new Parquet file, as DuckDB's COPY does; returns its number of
   * rows. It must be the first statement: the engine can write no other file.
   * @throws ParquetryError QUERY_INVALID
   */
  async copyParquet(sql: string, file: string, codec: Codec = 'zstd'): Promise<number> {
    if (this.locked) throw new ParquetryError('INTERNAL', 'A Parquet result is the first statement.');
    this.files.push(file);
    this.running += 1;
    try {
      const statement = await this.prepare(sql);
      const names = Array.from({ length: statement.columnCount }, (_, index) => statement.columnName(index));
      assertDistinct(names);
      await this.connection.run(`CREATE TEMP VIEW ${RESULT} AS ${sql}`);
      const options = ['FORMAT parquet', ...codecOptions(codec), 'USE_TMP_FILE false'].join(', ');
      const copied = await this.connection.runAndReadAll(
        `COPY (FROM ${RESULT}) TO ${quoteText(file)} (${options})`,
      );
      return Number(copied.getRows()[0]?.[0]);
    } catch (error) {
      throw queryError(error);
    } finally {
      this.ended();
    }
  }

  /** Checks that it is one SELECT. @throws ParquetryError QUERY_INVALID */
  private async prepare(sql: string): Promise<DuckDBPreparedStatement> {
    await this.lock();
    const statements = await this.connection.extractStatements(sql);
    if (statements.count !== 1) refuse(`expected one statement, found ${statements.count}`);
    const statement = await statements.prepare(0);
    // COPY, also inside EXPLAIN ANALYZE, could write over a file that may be read.
    if (statement.statementType !== StatementType.SELECT) refuse('only SELECT is run here');
    return statement;
  }

  /**
   * The rows of a view in the order of its files, some thousand at a time: the values of each column, in the order of
   * `columns`.
   * @throws ParquetryError QUERY_INVALID
   */
  async *read(view: string, columns: readonly string[]): AsyncGenerator<ColumnValue[][]> {
    await this.lock();
    try {
      const sql = `SELECT ${columns.map(quoteName).join(', ')} FROM ${quoteName(view)}`;
      for await (const chunk of await this.connection.stream(sql))
        yield columns.map((_, column) => chunk.getColumnValues(column).map(plainValue));
    } catch (error) {
      throw queryError(error);
    }
  }

  /** Ends the running statement with an error, also one that is still prepared. */
  interrupt(): void {
    this.connection.interrupt();
    if (this.running > 0) this.interrupts ??= setInterval(() => this.connection.interrupt(), INTERRUPT_MS);
  }

  private ended(): void {
    this.running -= 1;
    if (this.running > 0) return;
    clearInterval(this.interrupts);
    this.interrupts = undefined;
  }

  /**
   * Closes the engine and removes its temporary files. A stream may still be at work: a pipeline whose output failed does
   * not wait for it, and DuckDB must not lose its memory meanwhile.
   */
  async close(): Promise<void> {
    this.closing = true;
    if (this.steps.size > 0) this.interrupt();
    await Promise.allSettled(this.steps);
    clearInterval(this.interrupts);
    this.connection.closeSync();
    await this.database.close();
  }

  private async lock(): Promise<void> {
    if (this.locked) return;
    await this.execute(`SET allowed_paths = [${this.files.map(quoteText).join(', ')}]`);
    await this.execute('SET enable_external_access = false');
    await this.execute('SET lock_configuration = true');
    this.locked = true;
  }

  private async execute(sql: string): Promise<void> {
    try {
      await this.connection.run(sql);
    } catch (error) {
      throw queryError(error);
    }
  }
}

/** Opens an engine for queries. */
export async function openQuery(options: DatabaseOptions = {}): Promise<Query> {
  // Times in UTC, as the engine computes them; the default is the time zone of this process.
  DuckDBTimestampTZValue.timezoneOffsetInMinutes = 0;
  // The binding's decoder drops a byte order mark at the start of a text.
  Object.assign(accessors, { textDecoder: new TextDecoder('utf-8', { ignoreBOM: true }) });
  const database = await openDatabase(options);
  return new Query(database, await database.instance.connect());
}

/** Objects and Parquet files have one value for each name. @throws ParquetryError QUERY_INVALID */
function assertDistinct(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) refuse(`two columns are named ${twice}; name one of them with AS`);
}

async function* counted<T>(parts: AsyncIterable<T>, count: (part: T) => void): AsyncGenerator<T> {
  for await (const part of parts) {
    count(part);
    yield part;
  }
}

function refuse(why: string): never {
  throw new ParquetryError('QUERY_INVALID', `The query can't be run: ${why}.`, {
    hint: 'Give one SELECT; each dataset is a view.',
  });
}

function queryError(error: unknown): ParquetryError {
  if (error instanceof ParquetryError) return error;
  const reason = firstLine(error instanceof Error ? error.message : String(error));
  return new ParquetryError('QUERY_INVALID', `The query can't be run: ${reason}`, { cause: error });
}
