import { isParquetryError, ParquetryError } from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { parquetFile } from '../parquetfile';
import type { Action } from './actions';
import type { CheckpointReader } from './checkpoint';
import { parseAction } from './parse';

const COLUMNS = ['txn', 'add', 'remove', 'metaData', 'protocol', 'domainMetadata'];

/** Reads checkpoints with hyparquet, with one row group in memory at a time. */
export const parquetCheckpointReader: CheckpointReader = {
  async *read(store: ObjectStore, key: string): AsyncGenerator<readonly Action[]> {
    const info = await store.stat(key);
    if (info === undefined) throw new ParquetryError('LOG_CORRUPT', `The checkpoint ${key} is missing.`);
    const file = parquetFile(store, key, info.size);
    const metadata = await damaged(key, () => parquetMetadataAsync(file));
    const columns = COLUMNS.filter((name) => metadata.schema.some((element) => element.name === name));
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      const options = { file, metadata, columns, compressors, rowStart, rowEnd };
      const rows = await damaged(key, () => parquetReadObjects(options));
      yield rows.flatMap((row, index) => parseAction(row, `row ${rowStart + index} of ${key}`) ?? []);
      rowStart = rowEnd;
    }
  },
};

async function damaged<T>(key: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isParquetryError(error)) throw error;
    throw new ParquetryError('LOG_CORRUPT', `The checkpoint ${key} can't be read.`, { cause: error });
  }
}
