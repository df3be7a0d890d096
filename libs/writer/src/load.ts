import { stat } from 'node:fs/promises';
import { ParquetryError, type StagedDataset, isParquetryError } from '@parquetry/core';
import { type TableSchema, duckdbColumns, quoteName, quoteText } from '@parquetry/schema';
import type { Session } from './session';

/** Largest JSON object that is first allowed; DuckDB buffers about twice that a thread. */
const OBJECT_BYTES = 16 << 20;
const OBJECT_BYTES_LIMIT = 1 << 30;

/**
 * Loads NDJSON into the temporary table `rows` in file order. Columns are renamed c0, c1, … so that no name of a message
 * can meet one of DuckDB's own (`rowid`, `filename`): `rows.rowid` is the number of the line.
 */
export async function loadNdjson(
  session: Session,
  file: string,
  columns: readonly (readonly [name: string, type: string])[],
): Promise<number> {
  const names = columns.map(([name], index) => `${quoteName(name)} AS c${index}`).join(', ');
  const types = columns.map(([name, type]) => `${quoteText(name)}: ${quoteText(type)}`).join(', ');
  for (let bytes = OBJECT_BYTES; ; bytes *= 4) {
    const reader = `read_json(${quoteText(file)}, format = 'newline_delimited', records = 'true',
      compression = 'uncompressed', hive_partitioning = false, union_by_name = false, ignore_errors = false,
      maximum_object_size = ${bytes}, columns = {${types}})`;
    try {
      await session.run(`CREATE TEMP TABLE rows AS SELECT ${names} FROM ${reader}`, 'read the staged rows');
      break;
    } catch (error) {
      const tooLong = isParquetryError(error) && /maximum_object_size/.test(error.message);
      if (!tooLong || bytes >= OBJECT_BYTES_LIMIT) throw error;
    }
  }
  const [row] = await session.run('SELECT count(*) FROM rows', 'count the staged rows');
  return Number(row?.[0]);
}

/**
 * Loads the rows of a staged dataset and checks that they are those that the pull counted.
 * @throws ParquetryError STAGE_LOST when the file is gone or not the one the pull wrote; WRITE_FAILED
 */
export async function loadStage(
  session: Session,
  file: string,
  staged: StagedDataset,
  schema: TableSchema,
): Promise<void> {
  const { dataset } = staged;
  const size = await stat(file).then(
    (found) => found.size,
    () => undefined,
  );
  if (size !== staged.bytes)
    throw new ParquetryError(
      'STAGE_LOST',
      size === undefined
        ? `The staged rows of ${dataset} are not on this worker.`
        : `The staged rows of ${dataset} hold ${size} bytes, the pull wrote ${staged.bytes}.`,
      {
        details: { dataset, expected: staged.bytes, found: size ?? null },
        hint: 'Pull the partition again.',
      },
    );
  const rows = await loadNdjson(session, file, duckdbColumns(schema));
  if (rows !== staged.rows)
    throw new ParquetryError(
      'WRITE_FAILED',
      `DuckDB read ${rows} rows of ${dataset} from the stage, the pull staged ${staged.rows}.`,
      { details: { dataset, expected: staged.rows, found: rows } },
    );
}
