import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { StagedDataset } from '@parquetry/core';
import { type TableSchema, quoteText } from '@parquetry/schema';
import { orderedRows } from './select';
import type { Session } from './session';
import { probeRows } from './sizes';
import { copyReport } from './stats';

/** Bytes per row of a partition's first rows: a pure function of the rows, so that a re-run cuts the same files. */
export interface RowSize {
  /** In the file, compressed, without the footer. */
  readonly fileBytesPerRow: number;
  /** Encoded but not compressed. */
  readonly rawBytesPerRow: number;
}

/** Writes the first rows of the loaded table to a file of their own, measures it and removes it. */
export async function probe(
  session: Session,
  options: { schema: TableSchema; staged: StagedDataset; codec: readonly string[]; outDir: string },
): Promise<RowSize> {
  const { schema, staged, codec, outDir } = options;
  const file = path.join(outDir, `.probe-${randomUUID()}`);
  const limit = probeRows(staged.rows);
  const query = orderedRows(schema, { start: 0, end: probeEnd(staged, limit) }, limit);
  const doing = `measure the first rows of ${staged.dataset}`;
  try {
    const [row] = await session.run(
      `COPY (${query}) TO ${quoteText(file)} (FORMAT parquet, ${codec.join(', ')}, RETURN_STATS)`,
      doing,
    );
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

/** The ledger by which the first `limit` rows are reached: spares sorting the rest. */
function probeEnd(staged: StagedDataset, limit: number): number {
  let rows = 0;
  for (const tally of staged.ledgers) {
    rows += tally.rows;
    if (rows >= limit) return tally.ledger;
  }
  return staged.ledgers.at(-1)?.ledger ?? 0;
}
