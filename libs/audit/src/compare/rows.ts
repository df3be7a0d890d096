import { type Archive, filesIn } from '@parquetry/archive';
import { readLedgerRows } from '@parquetry/verify';
import { fileBytes } from '../bytes';

/** A row of a ledger that the archives hold with other values, or that only one of them has. */
export interface RowDifference {
  readonly dataset: string;
  readonly ledger: number;
  /** Position among the ledger's rows in the first archive, from 1; absent if it does not have the row. */
  readonly rowA?: number;
  readonly rowB?: number;
  /** Values of the columns that identify the row, if the schema names such columns. */
  readonly key: Readonly<Record<string, string>>;
  /** Columns with other values, in both archives; null where there is no value. All columns of a row that one has. */
  readonly columns: readonly {
    readonly column: string;
    readonly a: string | null;
    readonly b: string | null;
  }[];
}

type Values = ReadonlyMap<string, string>;

interface NumberedRow {
  readonly row: number;
  readonly values: Values;
}

/** Rows of which each is compared with all others; more are compared in their order. */
const PAIRED_ROWS = 2000;

/** The rows of a ledger that differ between two archives, in the order of the first. Reads the rows of this ledger. */
export async function ledgerDifferences(
  a: Archive,
  b: Archive,
  dataset: string,
  ledger: number,
): Promise<RowDifference[]> {
  const [one, other] = await Promise.all([a, b].map((archive) => rowsOf(archive, dataset, ledger)));
  if (one === undefined || other === undefined) return [];
  const key = one.key.length > 0 ? one.key : other.key;
  const [left, right] = withoutCommon(one.rows, other.rows);
  const differences: RowDifference[] = [];
  for (const [x, y] of pairs(left, right, key)) {
    const named = x?.values ?? y?.values;
    const columns = [...new Set([...(x?.values.keys() ?? []), ...(y?.values.keys() ?? [])])].sort();
    differences.push({
      dataset,
      ledger,
      ...(x === undefined ? {} : { rowA: x.row }),
      ...(y === undefined ? {} : { rowB: y.row }),
      key: Object.fromEntries(key.map((column) => [column, named?.get(column) ?? 'null'])),
      columns: columns.flatMap((column) => {
        const [valueA, valueB] = [x?.values.get(column) ?? null, y?.values.get(column) ?? null];
        return valueA === valueB ? [] : [{ column, a: valueA, b: valueB }];
      }),
    });
  }
  return differences;
}

async function rowsOf(
  archive: Archive,
  dataset: string,
  ledger: number,
): Promise<{ readonly rows: NumberedRow[]; readonly key: readonly string[] }> {
  const table = archive.dataset(dataset);
  const rows: NumberedRow[] = [];
  let key: readonly string[] = [];
  for (const file of filesIn(await table.snapshot(), [{ start: ledger, end: ledger }])) {
    if (file.segment === undefined) continue;
    const { schema } = (await table.segment(file.segment)).identity;
    const { schema: columns } = await archive.registry.get(schema.subject, schema.version);
    key = columns.uniqueKey ?? [];
    const found = await readLedgerRows({
      file: await fileBytes(archive.store, file),
      name: file.key,
      schema: columns,
      ledger,
    });
    for (const values of found) rows.push({ row: rows.length + 1, values });
  }
  return { rows, key };
}

/** Both sides without the rows that they have in common, one for one. */
function withoutCommon(a: readonly NumberedRow[], b: readonly NumberedRow[]): [NumberedRow[], NumberedRow[]] {
  const text = ({ values }: NumberedRow): string =>
    JSON.stringify([...values].sort(([x], [y]) => (x < y ? -1 : 1)));
  const open = new Map<string, NumberedRow[]>();
  for (const row of b) open.set(text(row), [...(open.get(text(row)) ?? []), row]);
  const left = a.filter((row) => open.get(text(row))?.shift() === undefined);
  return [left, [...open.values()].flat().sort((x, y) => x.row - y.row)];
}

/** Rows that belong together: with the same key, else with the most equal values. */
function* pairs(
  a: readonly NumberedRow[],
  b: readonly NumberedRow[],
  key: readonly string[],
): Generator<[NumberedRow | undefined, NumberedRow | undefined]> {
  const open = new Set(b);
  const ordered = a.length + b.length > PAIRED_ROWS;
  const alone: NumberedRow[] = [];
  const keyOf = ({ values }: NumberedRow): string => JSON.stringify(key.map((column) => values.get(column)));
  const byKey = new Map(key.length === 0 ? [] : b.map((row) => [keyOf(row), row]));
  for (const row of a) {
    const same = key.length === 0 ? undefined : byKey.get(keyOf(row));
    if (same === undefined || !open.delete(same)) alone.push(row);
    else yield [row, same];
  }
  for (const row of alone) {
    const [first] = open;
    const other = ordered ? first : closest(row, open);
    if (other !== undefined) open.delete(other);
    yield [row, other];
  }
  for (const row of open) yield [undefined, row];
}

function closest(row: NumberedRow, others: Iterable<NumberedRow>): NumberedRow | undefined {
  let [found, most]: [NumberedRow | undefined, number] = [undefined, -1];
  for (const other of others) {
    let equal = 0;
    for (const [column, value] of row.values) if (other.values.get(column) === value) equal += 1;
    if (equal > most) [found, most] = [other, equal];
  }
  return found;
}
