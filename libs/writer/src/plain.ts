import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { PART_ROWS, type StagedDataset } from '@parquetry/core';
import { type TableSchema, duckdbCast, quoteText } from '@parquetry/schema';
import { dictionaryOptions } from './codec';
import type { Part } from './parts';
import type { RowRun, RowSource } from './rowsource';
import type { Session } from './session';
import { rowGroupRows } from './sizes';

/** Whether all parts except the last are whole vectors, so that they can be read without a copy. */
export function wholeVectors(parts: readonly Part[]): boolean {
  return parts.slice(0, -1).every(({ rows }) => rows % PART_ROWS === 0);
}

/** Rows that stay in the Parquet parts of the stage. */
export class PlainRows implements RowSource {
  private slice: { readonly firstRow: number; readonly rows: number } | undefined;

  constructor(
    private readonly session: Session,
    private readonly schema: TableSchema,
    private readonly staged: StagedDataset,
    private readonly parts: readonly Part[],
    private readonly sliceDir: string,
  ) {}

  async select(run: RowRun, options: { unordered?: true; limit?: number } = {}): Promise<string> {
    const limit = options.limit === undefined ? '' : ` LIMIT ${options.limit}`;
    const typed = this.staged.typed === true;
    const columns = this.schema.fields.map(({ type }, index) => {
      const column = `c${index}`;
      // The cast changes no null, and takes most of the time for a wide struct.
      return options.unordered === true ? column : `${duckdbCast(column, type, typed)} AS ${column}`;
    });
    return `SELECT ${columns.join(', ')} FROM ${parquet(await this.filesOf(run))}${limit}`;
  }

  async close(): Promise<void> {
    this.slice = undefined;
    await rm(this.sliceDir, { recursive: true, force: true });
  }

  /**
   * Files that contain exactly the requested rows: the stage's own files for all rows, else a copy that starts with
   * them.
   */
  private async filesOf({ firstRow, rows }: RowRun): Promise<readonly string[]> {
    if (firstRow === 0 && rows === this.staged.rows) return this.parts.map((part) => part.path);
    // A new name for each copy, because DuckDB caches files in memory by name.
    const file = path.join(this.sliceDir, `slice.${firstRow}.${rows}.parquet`);
    if (this.slice?.firstRow === firstRow && this.slice.rows === rows) return [file];
    await this.close();
    await mkdir(this.sliceDir, { recursive: true });
    const options = [
      'FORMAT parquet',
      'COMPRESSION uncompressed',
      `ROW_GROUP_SIZE ${rowGroupRows(this.staged.bytes / this.staged.rows)}`,
      ...dictionaryOptions(PART_ROWS, true),
    ];
    await this.session.run(
      `COPY (${this.pieces(firstRow, firstRow + rows)}) TO ${quoteText(file)} (${options.join(', ')})`,
      'copy the staged rows of a file',
    );
    this.slice = { firstRow, rows };
    return [file];
  }

  /** The staged columns of rows `[first, end)`, as they are. */
  private pieces(first: number, end: number): string {
    const columns = this.schema.fields.map((_, index) => `c${index}`).join(', ');
    const pieces: string[] = [];
    let start = 0;
    for (const part of this.parts) {
      const next = start + part.rows;
      if (next > first && start < end)
        pieces.push(
          `SELECT ${columns} FROM ${parquet([part.path], 'file_row_number = true')}` +
            ` WHERE file_row_number >= ${first - start} AND file_row_number < ${end - start}`,
        );
      start = next;
    }
    return pieces.join(' UNION ALL ');
  }
}

function parquet(files: readonly string[], ...options: readonly string[]): string {
  const asked = ['hive_partitioning = false', 'union_by_name = false', ...options].join(', ');
  return `read_parquet([${files.map(quoteText).join(', ')}], ${asked})`;
}
