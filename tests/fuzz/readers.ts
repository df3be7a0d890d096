import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { DuckDBInstance, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';
import {
  JsonScanner,
  NODE,
  NULL,
  OBJECT,
  type TableSchema,
  type Tape,
  quoteName,
  quoteText,
} from '@parquetry/schema';
import { difference } from '../../libs/source/src/ndjson/testing/readback';

/** The findings of the Python checker for a chunk. */
export interface Verdict {
  readonly messages: number;
  readonly rows: number;
  readonly codes: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

/** One Python process that reads the files of many chunks with pyarrow and polars. */
export class PythonChecker {
  private readonly child: ChildProcess;
  private readonly waiting: { resolve: (verdict: Verdict) => void; reject: (error: Error) => void }[] = [];
  private stderr = '';

  constructor(python: string) {
    this.child = spawn(python, [path.join(__dirname, 'check.py')], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
      this.waiting.shift()?.resolve(JSON.parse(line) as Verdict),
    );
    this.child.on('close', () => {
      for (const { reject } of this.waiting.splice(0))
        reject(new Error(`the checker ended: ${this.stderr.slice(-2000)}`));
    });
  }

  check(chunk: object): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.child.stdin?.write(`${JSON.stringify(chunk)}\n`);
    });
  }

  close(): void {
    this.child.stdin?.end();
  }
}

/** DuckDB as a reader of the files, in a different instance from the writer's. */
export class DuckReader {
  private readonly scanner = new JsonScanner();

  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
  ) {}

  static async open(): Promise<DuckReader> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    return new DuckReader(instance, await instance.connect());
  }

  /** The differences between the rows of `files` and those of `lines`, in order. */
  async faults(schema: TableSchema, files: readonly string[], lines: readonly Buffer[]): Promise<string[]> {
    const rows: Record<string, DuckDBValue>[] = [];
    const names = schema.fields.map(({ name }) => quoteName(name)).join();
    for (const file of files) {
      const reader = await this.connection.runAndReadAll(
        `SELECT ${names} FROM read_parquet(${quoteText(file)}, hive_partitioning = false)`,
      );
      rows.push(...reader.getRowObjects());
    }
    if (rows.length !== lines.length)
      return [`DuckDB reads ${rows.length} rows for ${lines.length} messages`];
    return rows.flatMap((row, index) => this.rowFaults(schema, row, lines[index] as Buffer));
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }

  private rowFaults(schema: TableSchema, row: Record<string, DuckDBValue>, line: Buffer): string[] {
    const { scanner } = this;
    if (!scanner.scan(line, 0, line.length))
      return [`a row of a line that can't be scanned: ${line.toString()}`];
    const inner = find(scanner.tape, 0, schema.messageType);
    const unwrapped = inner >= 0 && scanner.tape.kind(inner) === OBJECT ? inner : -1;
    return schema.fields.flatMap((field) => {
      if (field.name === schema.ledgerColumn || field.name === schema.closeTimeColumn) return [];
      const apart = schema.fields.some(
        ({ path: keys }) => keys !== undefined && keys[0] === (field.key ?? field.name),
      );
      const node = place(scanner.tape, unwrapped, field.path ?? [field.key ?? field.name]);
      const value = row[field.name] as DuckDBValue;
      if (node < 0 || (apart && field.path === undefined && scanner.tape.kind(node) === OBJECT))
        return value === null ? [] : [`${field.name}: a value from nowhere`];
      const why = difference(value, field.type, scanner.tape, node);
      return why === undefined ? [] : [`${field.name}: ${why}`];
    });
  }
}

function place(tape: Tape, inner: number, keys: readonly string[]): number {
  const [first, ...rest] = keys as [string, ...string[]];
  let node = inner < 0 ? -1 : find(tape, inner, first);
  if (node < 0 || tape.kind(node) === NULL) {
    const outer = find(tape, 0, first);
    if (outer !== inner) node = outer;
  }
  for (const key of rest) node = node >= 0 && tape.kind(node) === OBJECT ? find(tape, node, key) : -1;
  return node;
}

function find(tape: Tape, object: number, wanted: string): number {
  for (let key = object + NODE; key < tape.next(object); key = tape.next(key + NODE))
    if (tape.string(key) === wanted) return key + NODE;
  return -1;
}
