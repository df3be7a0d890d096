import type { TableSchema } from '@parquetry/schema';
import { type AsyncBuffer, type DecodedArray, type FileMetaData, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Checker } from './fault';
import { parsers } from './parsers';

/** A file whose pages are decoded, with its footer. */
export interface DecodedFile {
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly schema: TableSchema;
}

/**
 * The footer without DECIMAL annotations: hyparquet converts decimals to doubles, so their stored integers and bytes
 * are read instead.
 */
export function withoutDecimals(metadata: FileMetaData): FileMetaData {
  const schema = metadata.schema.map((element) => {
    if (element.converted_type !== 'DECIMAL') return element;
    const plain = { ...element };
    delete plain.converted_type;
    delete plain.logical_type;
    return plain;
  });
  return { ...metadata, schema };
}

/**
 * Decodes one top-level column, row group by row group; each must have as many values as rows.
 * @throws ParquetryError FILE_CORRUPT
 */
export async function* decodeColumn(
  check: Checker,
  { buffer, metadata }: DecodedFile,
  name: string,
): AsyncGenerator<readonly DecodedArray[]> {
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const parts: DecodedArray[] = [];
    try {
      await parquetRead({
        file: buffer,
        metadata,
        columns: [name],
        rowStart,
        rowEnd: rowStart + rows,
        compressors,
        parsers,
        geoparquet: false,
        onChunk: ({ columnData }) => parts.push(columnData),
      });
    } catch (error) {
      check.corrupt(`column ${name}: ${error instanceof Error ? error.message : String(error)}`, error);
    }
    const values = parts.reduce((total, part) => total + part.length, 0);
    if (values !== rows) check.corrupt(`column ${name} has ${values} values in a row group of ${rows} rows`);
    yield parts;
    rowStart += rows;
  }
}
