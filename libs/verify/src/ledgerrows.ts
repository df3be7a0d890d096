import { canonicalText, type TableSchema } from '@parquetry/schema';
import { type AsyncBuffer, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { openFile } from './bytes';
import { decodeColumn, withoutDecimals } from './decode';
import { Checker } from './fault';
import { readFooter } from './footer';
import { parsers } from './parsers';
import { unscaled } from './rowhashes';

/** Options of `readLedgerRows`. */
export interface LedgerRowsRequest {
  /** A local path, or a source of byte ranges. */
  readonly file: string | AsyncBuffer;
  /** Name of the file in errors. */
  readonly name: string;
  readonly schema: TableSchema;
  readonly ledger: number;
}

/**
 * The rows of one ledger in the order of the file: canonical texts by column (`canonicalText`), without nulls. Only
 * their pages are decoded, and the ledger column.
 * @throws ParquetryError FILE_CORRUPT
 */
export async function readLedgerRows(request: LedgerRowsRequest): Promise<Map<string, string>[]> {
  const { schema, ledger } = request;
  const check = new Checker(request.name);
  const opened = typeof request.file === 'string' ? await openFile(request.file) : undefined;
  const buffer = opened?.buffer ?? (request.file as AsyncBuffer);
  try {
    const metadata = withoutDecimals(await readFooter(buffer, check));
    let [start, end, row] = [-1, -1, 0];
    for await (const parts of decodeColumn(check, { buffer, metadata, schema }, schema.ledgerColumn))
      for (const part of parts)
        for (const value of part as ArrayLike<unknown> & Iterable<unknown>) {
          if (Number(value) === ledger) {
            if (start < 0) start = row;
            end = row + 1;
          }
          row += 1;
        }
    const rows = Array.from({ length: end - start }, () => new Map<string, string>());
    if (start < 0) return [];
    for (const { name, type } of schema.fields)
      await parquetRead({
        file: buffer,
        metadata,
        columns: [name],
        rowStart: start,
        rowEnd: end,
        compressors,
        parsers,
        geoparquet: false,
        onChunk: ({ columnData, rowStart }) => {
          for (let index = 0; index < columnData.length; index += 1) {
            const value = columnData[index] as unknown;
            const own = rows[rowStart + index - start];
            if (own !== undefined && value !== null && value !== undefined)
              own.set(name, canonicalText(type, value, unscaled));
          }
        },
      });
    return rows;
  } finally {
    await opened?.close();
  }
}
