import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { LedgerTally, StagedDataset } from '@parquetry/core';
import { type TableSchema, quoteText } from '@parquetry/schema';
import { dictionaryOptions } from './codec';
import { named } from './rows';
import type { RowSource } from './rowsource';
import type { Session } from './session';
import { MAX_GROUP_ROWS, probeRows } from './sizes';
import { copyReport } from './stats';

/** Bytes per row of a partition's first rows: a pure function of the rows, so that a re-run cuts the same files. */
export interface RowSize {
  /** In the file, compressed, without the footer. */
  readonly fileBytesPerRow: number;
  /** Encoded but not compressed. */
  readonly rawBytesPerRow: number;
}

/** Request of `probe`, apart from the rows. */
export interface ProbeRequest {
  readonly schema: TableSchema;
  readonly staged: StagedDataset;
  readonly codec: readonly string[];
  readonly workDir: string;
  /** Row group size of the files, if it does not depend on the probe. */
  readonly groupRows?: number;
}

/** Writes the first rows to a temporary file, with the settings of the real files, measures it and removes it. */
export async function probe(session: Session, rows: RowSource, request: ProbeRequest): Promise<RowSize> {
  const { schema, staged, codec, workDir, groupRows = MAX_GROUP_ROWS } = request;
  const file = path.join(workDir, 'probe.parquet');
  const limit = probeRows(staged.rows);
  const first = { firstRow: 0, rows: staged.rows, ledgers: firstLedgers(staged, limit) };
  const doing = `measure the first rows of ${staged.dataset}`;
  const options = [
    'FORMAT parquet',
    ...codec,
    `ROW_GROUP_SIZE ${groupRows}`,
    ...dictionaryOptions(Math.min(groupRows, limit, staged.rows), staged.negativeZeros === true),
    'RETURN_STATS',
  ];
  try {
    const query = named(schema, await rows.select(first, { limit }));
    const [row] = await session.run(`COPY (${query}) TO ${quoteText(file)} (${options.join(', ')})`, doing);
    const report = copyReport(row);
    const [sizes] = await session.run(
      `SELECT sum(total_uncompressed_size) FROM parquet_metadata(${quoteText(file)})`,
      doing,
    );
    return {
      fileBytesPerRow: (report.size - report.footerSize) / report.rows,
      rawBytesPerRow: Number(sizes?.[0]) / report.rows,
    };
  } finally {
    await rm(file, { force: true });
  }
}

/** The ledgers that contain the first `limit` rows, so that the rest need not be sorted. */
function firstLedgers(staged: StagedDataset, limit: number): readonly LedgerTally[] {
  let rows = 0;
  const last = staged.ledgers.findIndex((tally) => (rows += tally.rows) >= limit);
  return last < 0 ? staged.ledgers : staged.ledgers.slice(0, last + 1);
}
