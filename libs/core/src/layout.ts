import type { LedgerRange } from './range';

/** Layouts by their configured names. */
export const LAYOUTS = ['ledger_day', 'ledger_range', 'hour'] as const satisfies readonly Layout['kind'][];

/** How files are placed below a dataset's folder. `ledger_range` cuts at multiples of `width` ledgers. */
export type Layout =
  | { readonly kind: 'ledger_day' }
  | { readonly kind: 'hour' }
  | { readonly kind: 'ledger_range'; readonly width: number };

/** A folder of the layout and the Delta partition values that go with it. */
export interface LayoutFolder {
  /** Path below the dataset folder, without slashes at its ends: `year=2025/month=07/day=13`. */
  readonly path: string;
  /** Delta `partitionValues`: the strings from the path; empty for `ledger_range`. */
  readonly values: Readonly<Record<string, string>>;
}

/** Names of the Delta partition columns of a layout, in path order. */
export function partitionColumns(layout: Layout): readonly string[] {
  if (layout.kind === 'ledger_range') return [];
  return layout.kind === 'hour' ? ['year', 'month', 'day', 'hour'] : ['year', 'month', 'day'];
}

/**
 * The folder of a ledger. `closeTimeMicros` is the close time of the ledger's first row in Unix microseconds; the
 * calendar is UTC in every time zone.
 */
export function layoutFolder(layout: Layout, ledger: number, closeTimeMicros: number): LayoutFolder {
  if (layout.kind === 'ledger_range') {
    const start = Math.floor(ledger / layout.width) * layout.width;
    return { path: `ledgers/${start}-${start + layout.width}`, values: {} };
  }
  const time = new Date(Math.floor(closeTimeMicros / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const values: Record<string, string> = {
    year: String(time.getUTCFullYear()).padStart(4, '0'),
    month: two(time.getUTCMonth() + 1),
    day: two(time.getUTCDate()),
  };
  if (layout.kind === 'hour') values['hour'] = two(time.getUTCHours());
  return {
    path: partitionColumns(layout)
      .map((name) => `${name}=${values[name]}`)
      .join('/'),
    values,
  };
}

const MICROS_PER_HOUR = 3_600_000_000;

/**
 * Whether two close times (Unix microseconds) of one ledger belong in one folder. The first row of a ledger decides the
 * folder, so a row for which this is false can't be stored with its ledger.
 */
export function sameFolder(layout: Layout, a: number, b: number): boolean {
  if (a === b || layout.kind === 'ledger_range') return true;
  const width = layout.kind === 'hour' ? MICROS_PER_HOUR : 24 * MICROS_PER_HOUR;
  return Math.floor(a / width) === Math.floor(b / width);
}

/**
 * `stellar-data-{start}-{end}-{timestamp}.parquet`: the ledgers the file covers, inclusive, and the greatest close time
 * of its rows in Unix seconds. It depends on no clock: the same input always gives the same name. A replacement of
 * published content gets the suffix `-{h8}`.
 */
export function dataFileName(range: LedgerRange, lastCloseTimeMicros: number, replacement?: string): string {
  const suffix = replacement === undefined ? '' : `-${replacement}`;
  return `stellar-data-${range.start}-${range.end}-${Math.floor(lastCloseTimeMicros / 1_000_000)}${suffix}.parquet`;
}
