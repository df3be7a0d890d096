import type { TableSchema } from '@parquetry/schema';
import type { AsyncBuffer } from 'hyparquet';
import { openFile } from './bytes';
import { decodeColumn, withoutDecimals } from './decode';
import { Checker } from './fault';
import { readFooter } from './footer';
import { signedBigEndian } from './wholenumber';

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
 * a time. Decimals are unscaled bigints. A nullable column that an older file does not have is null.
 * @throws ParquetryError FILE_CORRUPT
 */
export async function* readColumns(request: ColumnsRequest): AsyncGenerator<readonly unknown[]> {
  const check = new Checker(request.name);
  const opened = typeof request.file === 'string' ? await openFile(request.file) : undefined;
  const buffer = opened?.buffer ?? (request.file as AsyncBuffer);
  try {
    const metadata = withoutDecimals(await readFooter(buffer, check));
    const file = { buffer, metadata, schema: request.schema };
    const names = new Set(
      metadata.row_groups[0]?.columns.map(({ meta_data }) => meta_data?.path_in_schema[0]),
    );
    const groups = request.columns.map((name) => {
      const field = request.schema.fields.find((each) => each.name === name);
      const absent = field?.nullable === true && !names.has(name);
      return {
        decimal: field?.type.type === 'decimal128',
        parts: absent ? undefined : decodeColumn(check, file, name),
      };
    });
    for (const { num_rows } of metadata.row_groups) {
      const rows = Number(num_rows);
      const columns: unknown[][] = [];
      for (const { decimal, parts } of groups) {
        const next = await parts?.next();
        const values =
          next?.done === false
            ? next.value.flatMap((part): unknown[] => Array.from(part as ArrayLike<unknown>))
            : [];
        columns.push(decimal ? values.map(wholeNumber) : values);
      }
      for (let row = 0; row < rows; row++) yield columns.map((column) => column[row] ?? null);
    }
  } finally {
    await opened?.close();
  }
}

/** A decimal as it is stored, without its scale. */
function wholeNumber(raw: unknown): unknown {
  return raw instanceof Uint8Array ? signedBigEndian(raw) : raw;
}
