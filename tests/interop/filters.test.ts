import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Archive } from '@parquetry/archive';
import { LocalStore } from '@parquetry/storage';
import type { StagedRow } from '../../libs/writer/src/testing/stage';
import { OLD_PYTHON, PYTHON, pythonAsk } from '../support/python';
import { HAS_SPARK, spark } from '../support/spark';
import { History } from './history';

interface Answer {
  readonly version: string;
  /** Predicates that were compared, by reader. */
  readonly counted: Readonly<Record<string, number>>;
  readonly wrong: readonly unknown[];
  readonly refused: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly spark: Readonly<Record<string, readonly (readonly [predicate: string, rows: number])[]>>;
}

const PROPERTY = 'delta.dataSkippingStatsColumns';
const REQUIRED = ['ledger_sequence', 'closed_at'];
const LONG = 'x'.repeat(100);
const EMOJI = `${'y'.repeat(31)}😀${'z'.repeat(68)}`;

/** Values at the edges of every type. */
const EDGES: readonly StagedRow[] = [
  {
    delta: -(2n ** 63n),
    balance: 0n,
    change: -(2n ** 31n),
    price: -0,
    contract_id: '',
    rowid: LONG,
    fee: '0.01',
  },
  {
    delta: 2n ** 63n - 1n,
    balance: 2n ** 64n - 1n,
    change: 2n ** 31n - 1n,
    price: 1.7976931348623157e308,
    contract_id: EMOJI,
    amount: '9999999999999999999999999999999.9999999',
  },
  {
    amount: '-9999999999999999999999999999999.9999999',
    price: 5e-324,
    fee: '-9999999.99',
    rowid: '\u{10ffff}',
  },
  { amount: '-0.0000001', deleted: false, contract_id: `${LONG}${LONG}`, price: -1.7976931348623157e308 },
];
const atEdges = (row: StagedRow, index: number): StagedRow => ({ ...row, ...EDGES[index % EDGES.length] });
const onlyNulls = (row: StagedRow): StagedRow =>
  Object.fromEntries(REQUIRED.map((name) => [name, row[name]]));

const describePython = PYTHON === undefined ? describe.skip : describe;

describePython('filters on every column type', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-filters-'));
  const tables: Record<string, string> = {};
  let history: History;
  let today: Answer;

  beforeAll(async () => {
    history = await History.open(path.join(dir, 'new'));
    await history.commit(0, 2);
    await history.commit(2, 2, { change: atEdges });
    await history.commit(4, 1, { change: onlyNulls });
    tables['made by an earlier version'] = await earlier(history.table, path.join(dir, 'earlier'));
    await history.commit(5, 2, { version: 2 });
    await history.commit(7, 1, { version: 1 }); // has no column `note`
    await history.commit(0, 4, { compaction: true, change: atEdges });
    tables['two schemas'] = copy(history.table, path.join(dir, 'two'));
    await history.archive.dataset('everything').checkpoint({ force: true });
    await history.commit(8, 1, { version: 2, change: atEdges });
    tables['behind a checkpoint'] = history.table;
  }, 120_000);

  afterAll(async () => {
    await history.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('give the same rows as a full read: current delta-rs, polars and DuckDB', () => {
    today = pythonAsk<Answer>('filters.py', { tables });
    expect(today.wrong).toEqual([]);
    expect(today.refused).toEqual({});
    for (const counted of Object.values(today.counted)) expect(counted).toBeGreaterThan(400);
  }, 300_000);

  (OLD_PYTHON === undefined ? it.skip : it)(
    'give the rows that a whole read gives: delta-rs before version 1',
    () => {
      const { version, wrong, counted } = pythonAsk<Answer>('filters.py', { tables }, OLD_PYTHON);
      expect(version).toBe('0.25.5');
      expect(wrong).toEqual([]);
      // This polars refuses files with unsigned integers, unless it reads with pyarrow.
      for (const [reader, count] of Object.entries(counted))
        expect(count).toBeGreaterThan(reader === 'polars' ? 0 : 400);
    },
    300_000,
  );

  (HAS_SPARK ? it : it.skip)(
    'give the same rows as a full read: Spark',
    async () => {
      const [name, folder] = ['behind a checkpoint', tables['behind a checkpoint'] ?? ''];
      // Spark plans each one separately; a few of each column are enough.
      const predicates = (today.spark[name] ?? []).filter((_, at) => at % 8 === 0);
      expect(predicates.length).toBeGreaterThan(15);
      const answer = await spark<{ filters: unknown }>(path.join(dir, 'spark'), {
        filters: { [folder]: predicates },
      });
      expect(answer.filters).toEqual([]);
    },
    300_000,
  );

  it('use only columns with statistics in every file', () => {
    for (const table of Object.values(tables))
      expect(properties(table)[PROPERTY]).toBe('ledger_sequence,closed_at,delta,change');
  });
});

/** The newest metadata's properties. */
function properties(table: string): Record<string, string> {
  const found = commits(table).flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  const metaData = found.filter((line) => line.startsWith('{"metaData"')).at(-1) ?? '{}';
  return (JSON.parse(metaData) as { metaData: { configuration: Record<string, string> } }).metaData
    .configuration;
}

function commits(table: string): string[] {
  const log = path.join(table, '_delta_log');
  return readdirSync(log)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => path.join(log, name));
}

function copy(table: string, root: string): string {
  cpSync(path.dirname(table), root, { recursive: true });
  return path.join(root, path.basename(table));
}

/** The table as earlier versions wrote it, without the property, and one commit of this version. */
async function earlier(table: string, root: string): Promise<string> {
  const old = copy(table, path.join(root, 'archive'));
  for (const file of commits(old))
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(/"delta\.dataSkippingStatsColumns":"[^"]*",?/, ''),
    );
  expect(properties(old)[PROPERTY]).toBeUndefined();
  const next = await History.open(
    path.join(root, 'next'),
    await Archive.open(new LocalStore(path.dirname(old))),
  );
  await next.commit(10, 1, { change: atEdges });
  await next.close();
  return old;
}
