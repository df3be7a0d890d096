import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync } from 'hyparquet';
import type { Checker } from './fault';
import { parsers } from './parsers';

const MAGIC = 'PAR1';
/** `PAR1`, a footer, its length (4 bytes), `PAR1`. */
const MIN_BYTES = 12;

/**
 * Reads the footer of a Parquet file.
 * @throws ParquetryError FILE_CORRUPT
 */
export async function readFooter(buffer: AsyncBuffer, check: Checker): Promise<FileMetaData> {
  const { byteLength } = buffer;
  if (byteLength < MIN_BYTES) check.corrupt(`it has ${byteLength} bytes`);
  const head = await buffer.slice(0, 4);
  const tail = await buffer.slice(byteLength - 4, byteLength);
  for (const magic of [head, tail])
    if (Buffer.from(magic).toString('latin1') !== MAGIC) check.corrupt('the magic PAR1 is missing');
  try {
    const metadata = await parquetMetadataAsync(buffer, { parsers, geoparquet: false });
    for (const group of metadata.row_groups)
      for (const { meta_data: chunk } of group.columns)
        if (chunk === undefined) throw new Error('a column chunk has no metadata');
    return metadata;
  } catch (error) {
    return check.corrupt(error instanceof Error ? error.message : String(error), error);
  }
}
