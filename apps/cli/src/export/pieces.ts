import type { LiveFile } from '@parquetry/archive';
import { type Codec, type Intervals, type LedgerRange, clipIntervals, formatRange } from '@parquetry/core';
import type { Partitioning } from './request';

/** A committed file with what its segment's record says about it. */
export interface SourceFile {
  readonly file: LiveFile;
  readonly range: LedgerRange;
  readonly sha256: string;
  /** Its rows in the exported ledgers. */
  readonly rows: number;
  /** True if all of its rows are exported. */
  readonly whole: boolean;
  readonly codec: Codec;
  readonly schemaVersion: number;
  /** First and last close time, Unix microseconds. */
  readonly closed: readonly [bigint, bigint];
}

/** One file to write. */
export interface Piece {
  /** Its name below the dataset's folder, without the extension. */
  readonly name: string;
  /** Committed files that may contain its rows, in ledger order. */
  readonly files: readonly SourceFile[];
  /** Its ledgers; absent for all that are exported. */
  readonly ledgers?: Intervals;
  /** Its close times as `[from, until)`, Unix microseconds. */
  readonly closed?: readonly [bigint, bigint];
  /** The number of its rows by the segments' records; absent where they count only the rows of whole ledgers. */
  readonly rows?: number;
}

/**
 * The files of a dataset's export. Together they have each exported row once.
 * @param rowsIn rows of each window of ledgers, by its first ledger; only for windows of ledgers
 */
export function piecesOf(
  files: readonly SourceFile[],
  ranges: Intervals | undefined,
  by: Partitioning,
  rowsIn: ReadonlyMap<number, number>,
): Piece[] {
  if (by.by === 'dataset') return [{ name: '', files, rows: files.reduce((sum, { rows }) => sum + rows, 0) }];
  if (by.by === 'file')
    return files.map((file) => ({
      name: formatRange(hull(ranges === undefined ? [file.range] : clipIntervals(file.range, ranges))),
      files: [file],
      rows: file.rows,
    }));
  if (by.by !== 'ledgers') return calendar(files, by.by);
  return [...rowsIn.keys()]
    .sort((a, b) => a - b)
    .map((start) => {
      const window = { start: Math.max(1, start), end: start + by.width - 1 };
      return {
        name: `ledgers=${formatRange(window)}/data`,
        files: files.filter(({ range }) => range.start <= window.end && range.end >= window.start),
        ledgers: ranges === undefined ? [window] : clipIntervals(window, ranges),
        rows: rowsIn.get(start) ?? 0,
      };
    });
}

/** The window of a ledger, by its first ledger. */
export function windowOf(ledger: number, width: number): number {
  return Math.floor(ledger / width) * width;
}

function hull(parts: Intervals): LedgerRange {
  return { start: parts[0]?.start ?? 0, end: parts.at(-1)?.end ?? 0 };
}

function calendar(files: readonly SourceFile[], unit: 'month' | 'day' | 'hour'): Piece[] {
  const pieces = new Map<string, { closed: [bigint, bigint]; files: SourceFile[] }>();
  for (const file of files) {
    const [first, last] = file.closed;
    for (let at = first; at <= last;) {
      const { name, from, until } = unitOf(at, unit);
      const found = pieces.get(name);
      if (found === undefined) pieces.set(name, { closed: [from, until], files: [file] });
      else found.files.push(file);
      at = until;
    }
  }
  return [...pieces]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, piece]) => ({ name: `${unit}=${name}/data`, ...piece }));
}

/** The calendar unit of a time in Unix microseconds, in UTC. */
function unitOf(
  micros: bigint,
  unit: 'month' | 'day' | 'hour',
): { readonly name: string; readonly from: bigint; readonly until: bigint } {
  const millis = micros / 1000n - (micros % 1000n < 0n ? 1n : 0n);
  const time = new Date(Number(millis));
  const [year, month, day] = [time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate()];
  const at = (count: number): bigint =>
    BigInt(
      unit === 'month'
        ? Date.UTC(year, month + count)
        : unit === 'day'
          ? Date.UTC(year, month, day + count)
          : Date.UTC(year, month, day, time.getUTCHours() + count),
    ) * 1000n;
  const length = { month: 7, day: 10, hour: 13 }[unit];
  return { name: time.toISOString().slice(0, length), from: at(0), until: at(1) };
}
