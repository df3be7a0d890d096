import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Archive, checkSnapshot, type Snapshot } from '@parquetry/archive';
import { CODECS } from '@parquetry/core';
import { writeSampleLake } from '@parquetry/sample';
import { type TableSchema, portableSchema } from '@parquetry/schema';
import { LocalStore } from '@parquetry/storage';
import { type Outcome, RULES, type Rule } from '../../libs/schema/src/compat/rules';
import {
  type Readings,
  judge,
  openDuck,
  readPython,
  writeFiles,
} from '../../libs/schema/src/compat/testing/readers';
import { SCHEMA } from '../../libs/writer/src/testing/stage';
import { Sandbox } from '../support/cli';
import { PYTHON, pythonAsk } from '../support/python';
import { HAS_SPARK, spark } from '../support/spark';
import { History } from './history';
import { type Summary, readDuckdb, readHyparquet } from './readers';
import { type Names, typeIn } from './types';

type Failure = { readonly error: string };

interface TableReading {
  readonly version: number;
  readonly files: readonly string[];
  readonly history: readonly (readonly [version: number, operation: string])[];
}

interface PythonAnswer {
  readonly files: Readonly<Record<string, { readonly pyarrow: Summary; readonly polars: Summary }>>;
  readonly tables: Readonly<
    Record<string, TableReading & { readonly pyarrow: Summary; readonly polars: Summary }>
  >;
}

interface SparkAnswer {
  readonly version: string;
  readonly files: Readonly<Record<string, Summary | Failure>>;
  readonly rules: Readonly<Record<string, Readings>>;
  readonly tables: Readonly<Record<string, TableReading & { readonly spark: Summary }>>;
  readonly views: Readonly<Record<string, number>> | Failure;
  readonly append: { readonly rows: number } | Failure;
  readonly optimize: string | Failure;
  readonly checkpoint: { readonly version: number } | Failure;
  readonly vacuum: string | Failure;
}

/** A Parquet file of ours and its schema. */
interface Golden {
  readonly name: string;
  readonly file: string;
  readonly schema: TableSchema;
}

const SPARK_READERS = ['spark', 'spark_merge', 'spark_delta'] as const;
const SHOWN = Object.entries<Rule>(RULES).flatMap(([id, { shown }]) =>
  shown === undefined ? [] : [{ id, shown }],
);
const CHANGED = ['append', 'optimize', 'checkpoint', 'vacuum'] as const;
const LEDGERS = 24;

const ready = HAS_SPARK && PYTHON !== undefined;
const describeSpark = ready ? describe : describe.skip;
const why = ready ? '' : ' [skipped: no Spark: PARQUETRY_SPARK_PYTHON or PARQUETRY_PYTHON is not set]';

describeSpark(`Spark, the reference implementation of Delta Lake${why}`, () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-spark-'));
  const sandbox = new Sandbox();
  const goldens: Golden[] = [];
  const tables: Record<string, string> = {};
  const before: Partial<Record<(typeof CHANGED)[number], Snapshot>> = {};
  let history: History;
  let seen: SparkAnswer;
  let others: PythonAnswer;

  beforeAll(async () => {
    history = await History.open(dir);
    await makeHistory(history);
    tables['history'] = history.table;
    tables['checkpoint only'] = withoutCommits(history.table, path.join(dir, 'cut'), 8);
    for (const codec of CODECS)
      for (const integers of ['unsigned', 'signed'] as const)
        for (const { path: file } of await history.files(codec, integers))
          goldens.push({
            name: `${codec}, ${integers} integers`,
            file,
            schema: integers === 'signed' ? portableSchema(SCHEMA) : SCHEMA,
          });
    const dev = await sandbox.dev();
    for (const [archive, ...options] of [['lake-archive'], ['portable-archive', '--portable-integers']])
      goldens.push(...(await lakeFiles(sandbox, String(archive), options)));
    const views = await sandbox.run([
      'views',
      '--archive',
      sandbox.path('lake-archive'),
      '--engine',
      'spark',
    ]);
    // Spark needs the memory and the processors.
    dev.child.kill('SIGINT');
    await dev.ended;
    for (const name of ['ledgers', 'transactions', 'contract_data', 'contract_events'])
      tables[name] = sandbox.path('lake-archive', name);

    for (const name of CHANGED) {
      const root = path.join(dir, name);
      cpSync(path.dirname(history.table), root, { recursive: true });
      before[name] = await (await Archive.open(new LocalStore(root))).dataset('everything').snapshot();
    }
    const { duck, close } = await openDuck();
    const rules: Record<string, string> = {};
    for (const { id, shown } of SHOWN) {
      rules[id] = path.join(dir, 'rules', id);
      await writeFiles(duck, rules[id], shown);
    }
    close();
    await readPython(Object.values(rules)); // makes the Delta tables of the rules
    const files = goldens.map(({ file }) => file);
    others = pythonAsk<PythonAnswer>('values.py', { files, tables });
    const changed = Object.fromEntries(CHANGED.map((name) => [name, path.join(dir, name, 'everything')]));
    seen = await spark<SparkAnswer>(path.join(dir, 'spark'), {
      ...{ files, rules, tables, ...changed },
      views: views.stdout,
    });
  }, 900_000);

  afterAll(async () => {
    await history.close();
    await sandbox.dispose();
    rmSync(dir, { recursive: true, force: true });
  });

  it('has the expected version', () => expect(seen.version).toBe('4.0.1'));

  describe('reads the tables', () => {
    it('with the same files, versions, history and rows as delta-rs, pyarrow and polars', () => {
      for (const name of Object.keys(tables)) {
        const [theirs, own] = [others.tables[name], seen.tables[name]];
        expect({ name, ...own }).toMatchObject({
          name,
          version: theirs?.version,
          files: theirs?.files,
          history: theirs?.history,
        });
        expect(own?.spark).toMatchObject({ rows: theirs?.pyarrow.rows, digest: theirs?.pyarrow.digest });
        expect(theirs?.polars).toEqual(theirs?.pyarrow);
      }
      expect(others.tables['history']).toMatchObject({ version: 10, pyarrow: { rows: 300 } });
      expect(others.tables['ledgers']?.pyarrow.rows).toBe(LEDGERS);
    });

    it('that the statements of `parquetry views` register', () => {
      const rows = (name: string): number | undefined => others.tables[name]?.pyarrow.rows;
      expect(seen.views).toEqual({
        contract_data: rows('contract_data'),
        contract_events: rows('contract_events'),
        ledgers: rows('ledgers'),
        transactions: rows('transactions'),
      });
    });

    it('from the checkpoint alone, without the commits before it', () => {
      const log = readdirSync(path.join(dir, 'cut', '_delta_log'));
      expect(log.filter((name) => name.endsWith('.json'))).toEqual([
        '00000000000000000009.json',
        '00000000000000000010.json',
      ]);
      expect(seen.tables['checkpoint only']?.spark).toEqual(seen.tables['history']?.spark);
      expect(seen.tables['checkpoint only']?.files).toEqual(seen.tables['history']?.files);
    });
  });

  describe('as a second writer', () => {
    const archiveOf = async (name: (typeof CHANGED)[number]): Promise<Archive> =>
      Archive.open(new LocalStore(path.join(dir, name)));
    const faults = async (archive: Archive): Promise<string[]> => {
      const codes: string[] = [];
      const snapshot = await archive.dataset('everything').snapshot();
      for await (const { code, fault } of checkSnapshot(archive.store, snapshot)) if (fault) codes.push(code);
      return codes;
    };
    const commitNext = async (archive: Archive): Promise<unknown> => {
      const next = await History.open(path.join(dir, 'next'), archive);
      return next.commit(70, 10, { version: 2 }).finally(() => next.close());
    };

    it('appends; its readers see the rows, and our next commit is refused with the reason', async () => {
      expect(seen.append).toEqual({ rows: 303 });
      const archive = await archiveOf('append');
      const after = await archive.dataset('everything').snapshot();
      expect(after.coverage).toEqual(before.append?.coverage);
      expect(after.files.filter(({ segment }) => segment === undefined)).toHaveLength(1);
      expect(await faults(archive)).toEqual(['FOREIGN_FILE']);
      await expect(commitNext(archive)).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' });
    });

    it('rewrites our files (OPTIMIZE): audit reports them as foreign, and our next commit is refused', async () => {
      expect(seen.optimize).not.toHaveProperty('error');
      const archive = await archiveOf('optimize');
      expect(await faults(archive)).toContain('FOREIGN_FILE');
      await expect(commitNext(archive)).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' });
    });

    it('writes a checkpoint that we read, with coverage and segments', async () => {
      expect(seen.checkpoint).toEqual({ version: 10 });
      const root = path.join(dir, 'checkpoint');
      withoutCommits(path.join(root, 'everything'), undefined, 10);
      const archive = await archiveOf('checkpoint');
      expect(await archive.dataset('everything').snapshot()).toEqual(before.checkpoint);
      expect(await faults(archive)).toEqual([]);
      await expect(commitNext(archive)).resolves.toMatchObject({ outcome: 'committed', version: 11 });
    });

    it('vacuums unreferenced files; no committed file is missing, and we continue', async () => {
      expect(seen.vacuum).not.toHaveProperty('error');
      const archive = await archiveOf('vacuum');
      const after = await archive.dataset('everything').snapshot();
      expect(after.files).toEqual(before.vacuum?.files);
      for (const key of before.vacuum?.removed ?? []) expect(await archive.store.stat(key)).toBeUndefined();
      expect(before.vacuum?.removed).not.toEqual([]);
      expect(await faults(archive)).toEqual([]);
      await expect(commitNext(archive)).resolves.toMatchObject({ outcome: 'committed' });
    });
  });

  describe('and the other readers, on files of every codec, type and message type', () => {
    it('find the same rows and values', async () => {
      expect(new Set(goldens.map(({ schema }) => schema.messageType)).size).toBe(5);
      for (const { name, file, schema } of goldens) {
        const { pyarrow, polars } = others.files[file] as PythonAnswer['files'][string];
        const { rows, digest, first } = pyarrow;
        expect({ name, rows }).not.toEqual({ name, rows: 0 });
        const readings = {
          polars,
          hyparquet: await readHyparquet(file, schema),
          duckdb: await readDuckdb(file, schema),
        };
        for (const [reader, reading] of Object.entries(readings))
          expect({ name, reader, ...reading }).toMatchObject({ name, reader, rows, digest, first });
        // Spark has no brotli codec unless one is added.
        if (name.startsWith('brotli')) expect(seen.files[file]).toHaveProperty('error');
        else expect({ name, ...seen.files[file] }).toMatchObject({ name, rows, digest, first });
      }
    });

    it.each(['unsigned', 'signed'] as const)(
      'see the types of docs/schemas.md, %s integers',
      async (integers) => {
        const golden = goldens.find(({ name }) => name === `zstd, ${integers} integers`);
        if (golden === undefined) throw new Error('no such file');
        const { pyarrow, polars } = others.files[golden.file] as PythonAnswer['files'][string];
        const readings: Readonly<Record<string, Summary>> = {
          duckdb: await readDuckdb(golden.file, golden.schema),
          hyparquet: await readHyparquet(golden.file, golden.schema),
          pyarrow,
          polars,
          spark: seen.files[golden.file] as Summary,
        };
        for (const [reader, { types }] of Object.entries(readings))
          expect({ reader, types }).toEqual({
            reader,
            types: golden.schema.fields.map(({ name, type }) => [name, typeIn(reader as keyof Names, type)]),
          });
      },
    );
  });

  it.each(SHOWN.map(({ id }) => id))('reads two versions as the rule table states: %s', (id) => {
    const shown = (RULES[id as keyof typeof RULES] as Rule).shown;
    const of = (outcome: (reader: (typeof SPARK_READERS)[number]) => Outcome | undefined): object =>
      Object.fromEntries(SPARK_READERS.map((reader) => [reader, outcome(reader)]));
    expect(of((reader) => judge(reader, seen.rules[id] ?? {}, shown?.same))).toEqual(
      of((reader) => shown?.readers[reader]),
    );
  });
});

/** Four commits, a second schema version, an empty segment, a replacement, a compaction, a checkpoint, two commits. */
async function makeHistory(history: History): Promise<void> {
  for (const from of [0, 10, 20, 30]) await history.commit(from, 10);
  await history.commit(40, 10, { version: 2 });
  await history.commit(50, 10, { version: 2, empty: true });
  const replaced = await history.commit(10, 10, { compression: 'gzip', replace: true });
  const dataset = history.archive.dataset('everything');
  expect(await dataset.retire(replaced.replaced)).toHaveLength(1);
  // What the compaction replaced stays on storage, for the vacuum.
  expect((await history.commit(20, 20, { compaction: true })).replaced).toHaveLength(2);
  await history.commit(60, 1, { version: 2 });
  expect(await dataset.checkpoint({ force: true })).toBe(8);
  await history.commit(61, 4, { version: 2 });
  await history.commit(65, 5, { version: 1 });
}

/** Removes the commits up to `version`, in the folder or in a copy of it; returns the folder. */
function withoutCommits(table: string, copy: string | undefined, version: number): string {
  if (copy !== undefined) cpSync(table, copy, { recursive: true });
  const log = path.join(copy ?? table, '_delta_log');
  for (const name of readdirSync(log))
    if (/^\d{20}\.(json|crc)$/.test(name) && Number(name.slice(0, 20)) <= version)
      rmSync(path.join(log, name));
  return copy ?? table;
}

/** Backfills a sample lake with the default message types, replaces and compacts some of it, and returns its live files. */
async function lakeFiles(sandbox: Sandbox, name: string, options: readonly string[]): Promise<Golden[]> {
  const { ledgers } = await writeSampleLake({ dir: sandbox.path('lake'), ledgers: LEDGERS });
  const archive = sandbox.path(name);
  const backfill = async (start: number, end: number, ...more: string[]): Promise<void> => {
    const { code, stderr } = await sandbox.run([
      ...['backfill', '--source', `galexie:${sandbox.path('lake')}`, '--archive', archive],
      ...['--ledgers', `${start}-${end}`, '--partition-size', '8', ...options, ...more],
    ]);
    if (code !== 0) throw new Error(stderr);
  };
  await backfill(ledgers.start, ledgers.end);
  if (options.length === 0) {
    await backfill(ledgers.start, ledgers.end, '--mode', 'replace', '--compression', 'zstd');
    const compacted = await sandbox.run(['compact', '--archive', archive, '--partition-size', '1000']);
    if (compacted.code !== 0) throw new Error(compacted.stderr);
  }
  const opened = await Archive.open(new LocalStore(archive));
  const goldens: Golden[] = [];
  for (const dataset of await opened.datasets()) {
    const { schema } = await opened.registry.get(dataset, 1);
    for (const { key } of await opened.dataset(dataset).files())
      goldens.push({ name: `${name} ${dataset}`, file: path.join(archive, key), schema });
  }
  return goldens;
}
