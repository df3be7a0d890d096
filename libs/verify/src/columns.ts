import type { TableSchema } from '@parquetry/schema';
import type { AsyncBuffer } from 'hyparquet';
import { openFile } from './bytes';
import { decodeColumn, withoutDecimals } from './decode';
import { Checker } from './fault';
import { readFooter } from './footer';

/** Options of `readColumns`. */
export interface ColumnsRequest {
  /** A local path, or a source of byte ranges. */
  readonly file: string | AsyncBuffer;
  /** Name of the file in errors. */
  readonly name: string;
  readonly schema: TableSchema;
  /** Top-level columns without nested values. */
  readonly columns: readonly string[];
}

/**
 * Values of some columns of a file, row by row, in the requested order; one row group of these columns is in memory at
 * a time.
 * @throws ParquetryError FILE_CORRUPT
 */
export async function* readColumns(request: ColumnsRequest): AsyncGenerator<readonly unknown[]> {
  const check = new Checker(request.name);
  const opened = typeof request.file === 'string' ? await openFile(request.file) : undefined;
  const buffer = opened?.buffer ?? (request.file as AsyncBuffer);
  try {
    const metadata = withoutDecimals(await readFooter(buffer, check));
    const file = { buffer, metadata, schema: request.schema };
    const groups = request.columns.map((name) => decodeColumn(check, file, name));
    for (;;) {
      const next = await Promise.all(groups.map((group) => group.next()));
      const columns: unknown[][] = [];
      for (const { done, value } of next) {
        if (done === true) return;
        columns.push(value.flatMap((part) => Array.from(part as ArrayLike<unknown>)));
      }
      const rows = columns[0]?.length ?? 0;
      for (let row = 0; row < rows; row++) yield columns.map((column) => column[row]);
    }
  } finally {
    await opened?.close();
  }
}
