import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Outcome, READERS, type Reader, RULES, type Rule } from './rules';
import { PYTHON, type Readings, judge, openDuck, readDuck, readPython, writeFiles } from './testing/readers';

const SHOWN = Object.entries<Rule>(RULES).flatMap(([id, { shown }]) =>
  shown === undefined ? [] : [{ id, shown }],
);
const DUCKDB: readonly Reader[] = ['duckdb', 'duckdb_by_name'];
/** tests/interop/spark.test.ts compares Spark's results with the table; it starts Spark once for all rows. */
const OTHERS = (Object.keys(READERS) as Reader[]).filter(
  (reader) => !DUCKDB.includes(reader) && !reader.startsWith('spark'),
);

let root: string;
const folders = new Map<string, string>();
const duckdb = new Map<string, Readings>();
let python: Readonly<Record<string, Readings>> = {};

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'parquetry-rules-'));
  const { duck, close } = await openDuck();
  for (const { id, shown } of SHOWN) {
    const folder = path.join(root, id);
    folders.set(id, folder);
    duckdb.set(id, await readDuck(duck, await writeFiles(duck, folder, shown)));
  }
  close();
  if (PYTHON !== undefined) python = await readPython([...folders.values()]);
}, 120_000);

afterAll(() => rm(root, { recursive: true, force: true }));

describe('the rule table states what readers do with real files', () => {
  const found = (readers: readonly Reader[], readings: Readings, rule: Rule): Record<string, Outcome> =>
    Object.fromEntries(readers.map((reader) => [reader, judge(reader, readings, rule.shown?.same)]));
  const written = (readers: readonly Reader[], rule: Rule): Record<string, Outcome | undefined> =>
    Object.fromEntries(readers.map((reader) => [reader, rule.shown?.readers[reader]]));

  it.each(SHOWN.map(({ id }) => id))('DuckDB: %s', (id) => {
    const rule: Rule = RULES[id as keyof typeof RULES];
    expect(found(DUCKDB, duckdb.get(id) ?? {}, rule)).toEqual(written(DUCKDB, rule));
  });

  const withPython = PYTHON === undefined ? it.skip : it;
  const why = PYTHON === undefined ? ' (skipped: PARQUETRY_PYTHON is not set)' : '';
  withPython.each(SHOWN.map(({ id }) => id))(`pyarrow, polars, Delta: %s${why}`, (id) => {
    const rule: Rule = RULES[id as keyof typeof RULES];
    const readings = python[folders.get(id) ?? ''] ?? {};
    expect(found(OTHERS, readings, rule)).toEqual(written(OTHERS, rule));
  });
});

describe('the verdicts follow from what readers do', () => {
  const BY_NAME: readonly Reader[] = ['duckdb_by_name', 'pyarrow_newer', 'polars_newer', 'delta'];
  const OLDER: readonly Reader[] = ['pyarrow_older', 'polars_older'];

  it.each(Object.entries<Rule>(RULES).filter(([, { backward }]) => backward !== 'breaking'))(
    '%s may be made backward: readers by name are exact',
    (_, rule) => {
      for (const reader of BY_NAME) expect(rule.shown?.readers[reader] ?? 'exact').toBe('exact');
    },
  );

  it.each(Object.entries<Rule>(RULES).filter(([, { backward }]) => backward === 'ok'))(
    '%s may be made backward in Delta tables: Spark is exact, with mergeSchema and through the log',
    (_, rule) => {
      for (const reader of ['spark_merge', 'spark_delta'] as const)
        expect(rule.shown?.readers[reader] ?? 'exact').toBe('exact');
    },
  );

  it.each(Object.entries<Rule>(RULES).filter(([, { forward }]) => forward !== 'breaking'))(
    '%s may be made forward: readers with the older schema are exact',
    (_, rule) => {
      for (const reader of OLDER) expect(rule.shown?.readers[reader] ?? 'exact').toBe('exact');
    },
  );

  it('forbids what makes a reader by name fail or return wrong values', () => {
    for (const rule of Object.values<Rule>(RULES))
      if (BY_NAME.some((reader) => !['exact', undefined].includes(rule.shown?.readers[reader])))
        expect(rule.backward).toBe('breaking');
  });
});
