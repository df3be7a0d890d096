import type { LiveFile } from '@parquetry/archive';
import type { DatasetData, DayAxis, SizeAxis } from './data';

const SECONDS_PER_DAY = 86_400;

/** Buckets of time at most. */
const MAX_DAYS = 400;

/** Points of the clock at most. */
const MAX_CLOCK = 64;

/** The greatest close time in a file, Unix seconds, from its name; undefined for files of other programs. */
function closeTimeOf({ path }: LiveFile): number | undefined {
  const match = /-(-?\d{1,12})(?:-[0-9a-f]{8})?\.parquet$/.exec(path);
  return match === null ? undefined : Number(match[1]);
}

/** The buckets of time that hold all files: days, or several days each. */
export function dayAxis(files: Iterable<LiveFile>): DayAxis {
  let first = Infinity;
  let last = -Infinity;
  for (const file of files) {
    const seconds = closeTimeOf(file);
    if (seconds === undefined) continue;
    const day = Math.floor(seconds / SECONDS_PER_DAY);
    first = Math.min(first, day);
    last = Math.max(last, day);
  }
  if (last < first) return { first: 0, step: 1, count: 0 };
  const days = last - first + 1;
  const step = [1, 7, 30, 90, 365].find((one) => days / one <= MAX_DAYS) ?? Math.ceil(days / MAX_DAYS);
  return { first, step, count: Math.ceil(days / step) };
}

/** The sizes in powers of two around those that files usually have. */
export function sizeAxis(target: number): SizeAxis {
  const bounds = Array.from({ length: 15 }, (_, power) => 2 ** (power + 16));
  return { bounds, target };
}

/** Rows and bytes per day, and files and bytes per size. */
export function tallyFiles(
  files: readonly LiveFile[],
  days: DayAxis,
  { bounds }: SizeAxis,
): Pick<DatasetData, 'rowsPerDay' | 'bytesPerDay' | 'filesPerSize' | 'bytesPerSize'> {
  const zeros = (count: number): number[] => new Array<number>(count).fill(0);
  const [rowsPerDay, bytesPerDay] = [zeros(days.count), zeros(days.count)];
  const [filesPerSize, bytesPerSize] = [zeros(bounds.length + 1), zeros(bounds.length + 1)];
  for (const file of files) {
    const seconds = closeTimeOf(file);
    if (seconds !== undefined) {
      const day = Math.floor((Math.floor(seconds / SECONDS_PER_DAY) - days.first) / days.step);
      add(rowsPerDay, day, file.rows ?? 0);
      add(bytesPerDay, day, file.size);
    }
    const bucket = bounds.findIndex((bound) => file.size < bound);
    const size = bucket === -1 ? bounds.length : bucket;
    add(filesPerSize, size, 1);
    add(bytesPerSize, size, file.size);
  }
  return { rowsPerDay, bytesPerDay, filesPerSize, bytesPerSize };
}

/** Ledgers with close times, ascending in both, from files: their last ledger closed about then. */
export function clockOf(files: Iterable<LiveFile>): (readonly [number, number])[] {
  const points = new Map<number, number>();
  for (const file of files) {
    const seconds = closeTimeOf(file);
    if (seconds === undefined || file.range === undefined) continue;
    points.set(file.range.end, Math.max(points.get(file.range.end) ?? -Infinity, seconds));
  }
  let latest = -Infinity;
  const ascending = [...points]
    .sort(([a], [b]) => a - b)
    .filter(([, seconds]) => {
      if (seconds < latest) return false;
      latest = seconds;
      return true;
    });
  const step = (ascending.length - 1) / (MAX_CLOCK - 1);
  if (step <= 1) return ascending;
  return Array.from(
    { length: MAX_CLOCK },
    (_, index) => ascending[Math.round(index * step)] as [number, number],
  );
}

function add(list: number[], index: number, value: number): void {
  list[index] = (list[index] ?? 0) + value;
}
