import { promote } from '@parquetry/archive';
import { rebuildIceberg, syncIceberg } from '@parquetry/iceberg';
import type { StagedRow } from '../../libs/writer/src/testing/stage';
import type { History } from './history';

/** First ledger of the histories. */
const FIRST = 420_000;

/** Histories of archives whose Iceberg tables readers compare with the Delta tables. */
export const HISTORIES: Readonly<
  Record<string, { readonly dataset: string; readonly make: (history: History) => Promise<void> }>
> = {
  appended: { dataset: 'everything', make: appends },
  rewritten: { dataset: 'everything', make: rewrites },
  majors: { dataset: 'everything.v2', make: majors },
};

/** Rows of each version that has an Iceberg snapshot. */
export const ROWS: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  appended: { 0: 50, 1: 100, 2: 150, 3: 200, 4: 250, 5: 250, 6: 255 },
  rewritten: { 7: 250, 8: 255, 9: 275, 10: 300 },
  majors: { 2: 100, 3: 150 },
};

/** One of its ledgers. */
export const LEDGER = FIRST + 5;

/** Row filters on each of the tables, with the files that are left of `rewritten` and the rows that pass. */
export const FILTERS = [
  { filter: `ledger_sequence >= ${FIRST + 61}`, files: 2, rows: 45 },
  { filter: `ledger_sequence = ${LEDGER}`, files: 1, rows: 5 },
  { filter: `closed_at < '2025-07-12T23:47:30+00:00'`, files: 1, rows: 50 },
  { filter: 'ledger_sequence < 1', files: 0, rows: 0 },
] as const;

/** In the rows that the replacement of `majors` changed. */
export const CHANGED = 7_654_321;

/** Four commits, a second schema version, a segment without rows, an older schema version again. */
async function appends(history: History): Promise<void> {
  for (const from of [0, 10, 20, 30]) await history.commit(from, 10);
  await history.commit(40, 10, { version: 2 });
  await syncIceberg(history.archive, 'everything');
  await history.commit(50, 10, { version: 2, empty: true });
  await history.commit(60, 1, { version: 1 });
  await syncIceberg(history.archive, 'everything');
}

/** The history of the test with Spark, synced in different ways. */
async function rewrites(history: History): Promise<void> {
  const dataset = history.archive.dataset('everything');
  const sync = (): Promise<unknown> => syncIceberg(history.archive, 'everything');
  for (const from of [0, 10, 20, 30]) await history.commit(from, 10);
  await sync();
  await history.commit(40, 10, { version: 2 });
  await history.commit(50, 10, { version: 2, empty: true });
  const { replaced } = await history.commit(10, 10, { compression: 'gzip', replace: true });
  await sync();
  await dataset.retire(replaced);
  const compacted = await history.commit(20, 20, { compaction: true });
  await sync();
  await dataset.retire(compacted.replaced);
  for (const [from, count] of [
    [60, 1],
    [61, 4],
  ] as const)
    await history.commit(from, count, { version: 2 });
  await rebuildIceberg(history.archive, 'everything');
  await history.commit(65, 5, { version: 1 });
  await sync();
}

/** A second major: two commits, a replacement of the second one's rows, another commit. */
async function majors(history: History): Promise<void> {
  const sync = (): Promise<unknown> => syncIceberg(history.archive, 'everything.v2');
  await history.commit(0, 10);
  await syncIceberg(history.archive, 'everything');
  await promote(history.archive, 'everything', FIRST + 10);
  for (const from of [10, 20]) await history.commit(from, 10, { major: true });
  await sync();
  const change = (row: StagedRow): StagedRow => ({ ...row, change: CHANGED });
  const { replaced } = await history.commit(20, 10, { major: true, replace: true, change });
  await sync();
  await history.archive.dataset('everything.v2').retire(replaced);
  await history.commit(30, 10, { major: true });
  await sync();
}
