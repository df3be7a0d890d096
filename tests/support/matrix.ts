import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');
/** What tests proved, by test and row; `tools/engines.mjs` makes the table of docs/engines.md from it. */
const FILE = path.join(ROOT, 'tests/interop/proved.json');

type Format = 'Delta' | 'Iceberg';
type StoreName = 'local' | 'S3' | 'GCS';
type Feature = 'types' | 'evolution' | 'compaction' | 'replacement' | 'majors' | 'time travel' | 'pruning';

const FEATURES: readonly Feature[] = [
  'types',
  'evolution',
  'compaction',
  'replacement',
  'majors',
  'time travel',
  'pruning',
];

/** Features of a row, in one text: a line of the file for each row. */
type Proved = Record<string, Record<string, string>>;

/**
 * Records what a test file proved about query engines, and compares it with what docs/engines.md claims. With
 * PARQUETRY_UPDATE_DOCS=1 it writes the claims instead.
 */
export class Matrix {
  private readonly rows = new Map<string, Set<Feature>>();
  private readonly test: string;

  constructor(file: string) {
    this.test = path.relative(ROOT, file);
  }

  /** Call it after the assertions. */
  proved(format: Format, engine: string, store: StoreName, ...features: readonly Feature[]): void {
    const row = `${format} | ${engine} | ${store}`;
    const known = this.rows.get(row) ?? new Set();
    for (const feature of features) known.add(feature);
    this.rows.set(row, known);
  }

  /** What was recorded, and what docs/engines.md claims of the rows whose engine and store are here. */
  compare(isHere: (row: string) => boolean): { readonly proved: object; readonly claimed: object } {
    const file = JSON.parse(readFileSync(FILE, 'utf8')) as Proved;
    const proved = Object.fromEntries(
      [...this.rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([row, known]) => [row, order(known)]),
    );
    const others = Object.entries(file[this.test] ?? {}).filter(([row]) => !isHere(row));
    if (process.env['PARQUETRY_UPDATE_DOCS'] === '1') {
      file[this.test] = { ...Object.fromEntries(others), ...proved };
      writeFileSync(FILE, `${JSON.stringify(sorted(file), undefined, 2)}\n`);
      return { proved, claimed: proved };
    }
    const claimed = Object.entries(file[this.test] ?? {}).filter(([row]) => isHere(row));
    return { proved, claimed: Object.fromEntries(claimed) };
  }
}

const order = (known: ReadonlySet<Feature>): string =>
  FEATURES.filter((feature) => known.has(feature)).join(', ');

function sorted(file: Proved): Proved {
  const byName = <T>(record: Record<string, T>): [string, T][] =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(byName(file).map(([test, rows]) => [test, Object.fromEntries(byName(rows))]));
}
