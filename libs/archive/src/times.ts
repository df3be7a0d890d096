import {
  type LedgerBlock,
  type LedgerRange,
  type LedgerTimes,
  ParquetryError,
  clipIntervals,
  countLedgers,
  ledgerBlock,
  mergeIntervals,
  subtractIntervals,
} from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Archive } from './archive';
import { closeBounds } from './delta/stats';
import { parquetFile } from './parquetfile';
import type { LiveFile } from './snapshot';

/** A file with its ledgers and its bounds of close times in the commit log, which are rounded to milliseconds. */
interface TimedFile extends LedgerRange {
  readonly key: string;
  readonly size: number;
  readonly first: number;
  readonly last: number;
  readonly schema: TableSchema;
}

/**
 * The committed ledgers of an archive with their close times. The commit log has the bounds of each file; only where a
 * time falls inside of a file its columns of ledgers and close times are read.
 * @param datasets datasets to consider; absent for all
 */
export async function archiveTimes(archive: Archive, datasets?: readonly string[]): Promise<LedgerTimes> {
  const tables = await Promise.all(
    (datasets ?? (await archive.datasets())).map(async (name) => {
      const { coverage, files } = await archive.dataset(name).snapshot();
      return { name, coverage, files, schema: (await archive.registry.latest(name))?.schema };
    }),
  );
  // One file for each ledger is enough: of the table with most ledgers, and of others where it has none.
  tables.sort(
    (a, b) => countLedgers(b.coverage) - countLedgers(a.coverage) || (b.name === 'ledgers' ? 1 : -1),
  );
  const chosen: TimedFile[] = [];
  for (const { files, schema } of tables) {
    if (schema === undefined) continue;
    const known = mergeIntervals(chosen);
    for (const file of timedFiles(files, schema))
      if (clipIntervals(file, known).length === 0) chosen.push(file);
  }
  chosen.sort((a, b) => a.start - b.start);
  const coverage = mergeIntervals(tables.flatMap((table) => table.coverage));
  const block = (file: TimedFile | undefined): LedgerBlock | undefined =>
    file === undefined ? undefined : fileBlock(archive.store, file);
  const [first, last] = [coverage[0], coverage.at(-1)];
  const bounds =
    first === undefined || last === undefined ? undefined : { start: first.start, end: last.end };
  return {
    name: 'the archive',
    bounds: () => Promise.resolve(bounds),
    newest: () => Promise.resolve(block(chosen.at(-1))),
    read: ({ start, end }) =>
      Promise.resolve(block(chosen.find((file) => file.end >= start && file.start <= end))),
    missing: (range) => subtractIntervals(range, coverage)[0],
  };
}

function timedFiles(files: readonly LiveFile[], schema: TableSchema): TimedFile[] {
  return files.flatMap(({ key, size, range, stats }) => {
    const bounds = closeBounds(stats, schema.closeTimeColumn);
    return range === undefined || bounds === undefined ? [] : [{ key, size, schema, ...range, ...bounds }];
  });
}

function fileBlock(store: ObjectStore, file: TimedFile): LedgerBlock {
  const { start, end, first, last } = file;
  let reading: Promise<LedgerBlock> | undefined;
  const read = (): Promise<LedgerBlock> => (reading ??= readCloses(store, file));
  return {
    start,
    end,
    first,
    last,
    timeOf: async (ledger) => (await read()).timeOf(ledger),
    find: async (seconds) => (await read()).find(seconds),
  };
}

/** Reads the ledgers of a file and the first close time of each. */
async function readCloses(
  store: ObjectStore,
  { key, size, start, end, schema }: TimedFile,
): Promise<LedgerBlock> {
  const { ledgerColumn, closeTimeColumn } = schema;
  const closes = new Map<number, number>();
  try {
    const file = parquetFile(store, key, size);
    const metadata = await parquetMetadataAsync(file);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      const columns = [ledgerColumn, closeTimeColumn];
      const parsers = { timestampFromMicroseconds: (micros: bigint) => Number(micros) / 1_000_000 };
      const options = { file, metadata, columns, compressors, parsers, rowStart, rowEnd };
      for (const row of await parquetReadObjects(options)) {
        const ledger = Number(row[ledgerColumn]);
        if (!closes.has(ledger)) closes.set(ledger, Number(row[closeTimeColumn]));
      }
      rowStart = rowEnd;
    }
  } catch (cause) {
    throw new ParquetryError('VERIFY_MISMATCH', `The close times in ${key} can't be read.`, {
      details: { key },
      hint: 'Run `parquetry verify`, or give the ledgers in numbers.',
      cause,
    });
  }
  return ledgerBlock(
    { start, end },
    [...closes].sort(([a], [b]) => a - b),
  );
}
