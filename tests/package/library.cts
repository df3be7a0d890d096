// Compiled, not run: the types of the library are what its documentation says.
import { type Row, isParquetryError, openArchive, startRun } from 'parquetry';

async function sum(folder: string): Promise<bigint> {
  const archive = await openArchive(folder);
  let total = 0n;
  for await (const row of archive.rows('transactions', { columns: ['fee_charged'] })) total += fee(row);
  for await (const batch of archive.batches('transactions')) total += BigInt(batch.numRows);
  const [first] = await archive.files('transactions', { start: 1, end: 2 });
  return total + BigInt(first?.rows ?? 0);
}

function fee(row: Row): bigint {
  const value = row['fee_charged'];
  return typeof value === 'bigint' ? value : 0n;
}

async function backfill(): Promise<number> {
  // @ts-expect-error: `ledgers` is missing.
  await startRun({ source: 'galexie:lake', archive: 'archive' });
  // @ts-expect-error: there is no such layout.
  await startRun({ source: 'galexie:lake', archive: 'archive', ledgers: '1-2', layout: 'week' });
  const run = await startRun({ source: 'galexie:lake', archive: 'archive', ledgers: '1-2' });
  try {
    const { rows } = await run.finished(({ done, total }) => console.log(`${done} of ${total}`));
    return rows;
  } catch (error) {
    if (isParquetryError(error)) console.error(error.code, error.hint);
    throw error;
  } finally {
    await run.close();
  }
}

void [backfill, sum];
