import { type DuckDBConnection, type Json, StatementType } from '@duckdb/node-api';
import { type LedgerRange, ParquetryError } from '@parquetry/core';
import { type ColumnValue, type TableSchema, duckdbColumns, quoteName, quoteText } from '@parquetry/schema';
import { type Database, type DatabaseOptions, openDatabase } from './database';
import { firstLine } from './failure';
import { plainValue } from './plainvalue';

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

  /** @internal use `openQuery` */
  constructor(
    private readonly database: Database,
    private readonly connection: DuckDBConnection,
  ) {}

  /**
   * Creates the view `name` over exactly these files; columns are matched by name. Without files the view is empty and
   * has the columns of `schema`; columns of `schema` that a file lacks are null. With `range` it has only the rows of
   * these ledgers.
   * @throws ParquetryError QUERY_INVALID
   */
  async createView(
    name: string,
    files: readonly string[],
    schema: TableSchema,
    range?: LedgerRange,
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
      range === undefined
        ? source
        : `SELECT * FROM (${source}) WHERE ${quoteName(schema.ledgerColumn)} BETWEEN ${range.start} AND ${range.end}`;
    await this.execute(`CREATE VIEW ${quoteName(name)} AS ${wanted}`);
    // Not in one call: there may be more files than a call can have arguments.
    for (const file of files) this.files.push(file);
  }

  /**
   * Runs one SELECT (also DESCRIBE, SUMMARIZE, FROM …) and returns at most `maxRows` rows.
   * @throws ParquetryError QUERY_INVALID with DuckDB's reason
   */
  async run(sql: string, { maxRows = 100_000 }: { maxRows?: number } = {}): Promise<QueryResult> {
    await this.lock();
    try {
      const statements = await this.connection.extractStatements(sql);
      if (statements.count !== 1) refuse(`expected one statement, found ${statements.count}`);
      const statement = await statements.prepare(0);
      // COPY, also inside EXPLAIN ANALYZE, could write over a file that may be read.
      if (statement.statementType !== StatementType.SELECT) refuse('only SELECT is run here');
      const reader = await statement.streamAndReadUntil(maxRows + 1);
      const rows = reader.getRowsJson();
      const types = reader.columnTypes();
      const columns = reader
        .columnNames()
        .map((name, index) => ({ name, type: types[index]?.toString() ?? '' }));
      return { columns, rows: rows.slice(0, maxRows), truncated: rows.length > maxRows };
    } catch (error) {
      throw queryError(error);
    }
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

  /** Closes the engine and removes its temporary files. */
  async close(): Promise<void> {
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
  const database = await openDatabase(options);
  return new Query(database, await database.instance.connect());
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
