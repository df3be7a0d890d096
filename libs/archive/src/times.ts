import {
  type LedgerBlock,
  type LedgerRange,
  type LedgerTimes,
  ParquetryError,
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
  const coverage = mergeIntervals(tables.flatMap((table) => table.coverage));
  // A ledger without a row in one table may have rows in another, so all tables count, unless one has them all.
  const ledgers = tables.find(({ name }) => name === 'ledgers');
  const whole = ledgers !== undefined && hasEachLedger(ledgers.files, coverage);
  const files = (whole ? [ledgers] : tables).flatMap((table) =>
    table.schema === undefined ? [] : timedFiles(table.files, table.schema),
  );
  const groups = overlapping(files);
  const block = (group: readonly TimedFile[] | undefined): LedgerBlock | undefined =>
    group === undefined ? undefined : groupBlock(archive.store, group);
  const [first, last] = [coverage[0], coverage.at(-1)];
  const bounds =
    first === undefined || last === undefined ? undefined : { start: first.start, end: last.end };
  return {
    name: 'the archive',
    bounds: () => Promise.resolve(bounds),
    newest: () => Promise.resolve(block(groups.at(-1))),
    read: ({ start, end }) =>
      Promise.resolve(
        block(groups.find((group) => group.some((file) => file.end >= start && file.start <= end))),
      ),
    missing: (range) => subtractIntervals(range, coverage)[0],
  };
}

function timedFiles(files: readonly LiveFile[], schema: TableSchema): TimedFile[] {
  return files.flatMap(({ key, size, range, stats }) => {
    const bounds = closeBounds(stats, schema.closeTimeColumn);
    return range === undefined || bounds === undefined ? [] : [{ key, size, schema, ...range, ...bounds }];
  });
}

/** Whether a table of one row per ledger has a row for each ledger of the archive. */
function hasEachLedger(files: readonly LiveFile[], coverage: readonly LedgerRange[]): boolean {
  return files.reduce((sum, { rows }) => sum + (rows ?? 0), 0) === countLedgers(coverage);
}

/** The files in groups, by ledger: only files of the same group have ledgers in common. */
function overlapping(files: readonly TimedFile[]): TimedFile[][] {
  const groups: TimedFile[][] = [];
  let end = -1;
  for (const file of [...files].sort((a, b) => a.start - b.start)) {
    const group = groups.at(-1);
    if (group === undefined || file.start > end) groups.push([file]);
    else group.push(file);
    end = Math.max(end, file.end);
  }
  return groups;
}

/** One block of files with common ledgers; they are read when a time is inside of them. */
function groupBlock(store: ObjectStore, group: readonly TimedFile[]): LedgerBlock {
  const reading = new Map<TimedFile, Promise<LedgerBlock>>();
  const read = (file: TimedFile): Promise<LedgerBlock> => {
    const block = reading.get(file) ?? readCloses(store, file);
    reading.set(file, block);
    return block;
  };
  return {
    start: Math.min(...group.map(({ start }) => start)),
    end: Math.max(...group.map(({ end }) => end)),
    first: Math.min(...group.map(({ first }) => first)),
    last: Math.max(...group.map(({ last }) => last)),
    async timeOf(ledger) {
      for (const file of group)
        if (file.start <= ledger && ledger <= file.end) {
          const time = await (await read(file)).timeOf(ledger);
          if (time !== undefined) return time;
        }
      return undefined;
    },
    async find(seconds) {
      const found: number[] = [];
      for (const file of group)
        if (file.last >= seconds) found.push((await (await read(file)).find(seconds)) ?? file.end + 1);
      return found.length === 0 ? undefined : Math.min(...found);
    },
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
