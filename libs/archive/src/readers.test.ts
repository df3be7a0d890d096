import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { LocalStore } from '@parquetry/storage';
import { Archive } from './archive';
import { duckCheckpointWriter, WIDE_SCHEMA, wideFile } from './testing/duck';
import { IDENTITY, inFolder, plainDraft, registered, sha256 } from './testing/fixture';
import { PYTHON, runPython } from './testing/python';

const withPython = PYTHON === undefined ? it.skip : it;
const why = PYTHON === undefined ? ' (skipped: PARQUETRY_PYTHON is not set)' : '';

const READ = `
import sys, json
from deltalake import DeltaTable
import polars as pl, pyarrow.parquet as pq
from datetime import datetime, timezone
path = sys.argv[1]
table = DeltaTable(path)
def plain(rows):
    return sorted(json.dumps(row, default=str, sort_keys=True) for row in rows)
arrow = table.to_pyarrow_table() if hasattr(table, 'to_pyarrow_table') else None
frame = pl.read_delta(path)
lazy = pl.scan_delta(path).filter((pl.col('ledger_sequence') > 14) & (pl.col('i64') <= 9223372036854775807 - 21)).collect()
ts = datetime(2025, 7, 13, 0, 1, 45, 123, tzinfo=timezone.utc)
at = pl.scan_delta(path).filter(pl.col('closed_at') == ts).collect()
print(json.dumps({
  'version': table.version(),
  'files': len(table.file_uris()),
  'schema': json.loads(table.schema().to_json()),
  'adds': [str(v) for v in __import__('pyarrow').table(table.get_add_actions(flatten=True)).column('num_records').to_pylist()],
  'arrow': plain(arrow.to_pylist()) if arrow is not None else None,
  'polars': plain(frame.to_dicts()),
  'filtered': sorted(lazy['ledger_sequence'].to_list()),
  'exact': at['ledger_sequence'].to_list(),
  'history': [h.get('operation') for h in table.history()],
  'protocol': [table.protocol().min_reader_version, table.protocol().min_writer_version],
}))
`;

interface Read {
  version: number;
  files: number;
  schema: { fields: { name: string; type: unknown }[] };
  adds: string[];
  arrow: string[];
  polars: string[];
  filtered: number[];
  exact: number[];
  history: string[];
  protocol: number[];
}

async function wideArchive(folder: string, commits = 3): Promise<Archive> {
  const archive = await Archive.open(new LocalStore(path.join(folder, 'archive')), {
    create: IDENTITY,
    checkpointWriter: duckCheckpointWriter,
  });
  for (let index = 0; index < commits; index++) await commitWide(folder, archive, 10 + index * 10);
  return archive;
}

async function commitWide(folder: string, archive: Archive, start: number, mode?: 'replace'): Promise<void> {
  const range = { start, end: start + 9 };
  const file = await wideFile(folder, start, range.end);
  const base = await plainDraft(folder, range);
  await archive.dataset('wide').publish({
    ...base,
    ...(mode === undefined ? {} : { mode }),
    schema: registered(WIDE_SCHEMA),
    files: [file],
    contentHash: sha256(`${start} ${mode ?? ''}`),
    ...(mode === undefined ? {} : { settings: { ...base.settings, compression: 'gzip' as const } }),
  });
}

function expectRows(read: Read, from: number, to: number): void {
  expect(read.arrow).toHaveLength(to - from + 1);
  expect(read.polars).toHaveLength(to - from + 1);
  for (const rows of [read.arrow, read.polars]) {
    const parsed = rows.map((row) => JSON.parse(row) as Record<string, unknown>);
    parsed.sort((a, b) => (a['ledger_sequence'] as number) - (b['ledger_sequence'] as number));
    parsed.forEach((row, index) => {
      const ledger = from + index;
      expect(row).toMatchObject({
        ledger_sequence: ledger,
        i32: -ledger,
        u64: String(18446744073709551615n - BigInt(ledger)),
        f64: ledger / 7,
        dec: '1234567890123456789012345678901.7654321',
        text: ledger % 3 === 0 ? null : `text é ${ledger}`,
        flag: ledger % 2 === 0,
        tags: ['x', `y${ledger}`],
        pair: { a: ledger, b: '{"n":1}' },
        year: '2025',
        month: '07',
        day: '13',
      });
      expect(row['closed_at']).toMatch(/^2025-07-13 00:0\d:\d\d\.000123\+00:00$/);
    });
    expect(
      rows.every((row, index) =>
        row.includes(`"i64": ${9223372036854775807n - BigInt(ledgerOf(rows[index]!))}`),
      ),
    ).toBe(true);
  }
}

function ledgerOf(row: string): number {
  return Number(/"ledger_sequence": (\d+)/.exec(row)?.[1]);
}

describe('other readers', () => {
  withPython(`delta-rs and polars read every type and value${why}`, () =>
    inFolder(async (folder) => {
      const archive = await wideArchive(folder);
      await commitWide(folder, archive, 20, 'replace');
      const read = (await runPython(READ, path.join(folder, 'archive/wide'))) as Read;
      expect(read).toMatchObject({ version: 3, files: 3, adds: ['10', '10', '10'], protocol: [1, 7] });
      expect(read.history).toEqual(['WRITE', 'WRITE', 'WRITE', 'WRITE']);
      expect(read.schema.fields.map(({ name, type }) => [name, type])).toEqual([
        ['ledger_sequence', 'long'],
        ['closed_at', 'timestamp'],
        ['i32', 'integer'],
        ['i64', 'long'],
        ['u64', 'decimal(20,0)'],
        ['f64', 'double'],
        ['dec', 'decimal(38,7)'],
        ['text', 'string'],
        ['flag', 'boolean'],
        ['tags', { type: 'array', elementType: 'string', containsNull: true }],
        ['pair', expect.objectContaining({ type: 'struct' })],
        ['year', 'string'],
        ['month', 'string'],
        ['day', 'string'],
      ]);
      expectRows(read, 10, 39);
      expect(read.filtered).toEqual(Array.from({ length: 19 }, (_, index) => 21 + index));
      expect(read.exact).toEqual([21]);
    }),
  );

  withPython(`files without the columns of a grown schema have nulls there${why}`, () =>
    inFolder(async (folder) => {
      const layout = { kind: 'ledger_range' as const, width: 100 };
      const archive = await Archive.open(new LocalStore(path.join(folder, 'archive')), {
        create: { ...IDENTITY, layout },
      });
      const note = { id: 20, name: 'note', type: { type: 'utf8' as const }, nullable: true };
      const grown = { ...WIDE_SCHEMA, fields: [...WIDE_SCHEMA.fields, note] };
      for (const [start, schema] of [
        [10, registered(WIDE_SCHEMA)],
        [20, registered(grown, 2)],
        [30, registered(WIDE_SCHEMA)],
      ] as const) {
        const base = await plainDraft(folder, { start, end: start + 9 });
        const file = await wideFile(folder, start, start + 9);
        const target = { path: 'ledgers/0-100', values: {} };
        await archive.dataset('wide').publish({
          ...base,
          schema,
          settings: { ...base.settings, layout },
          files: [{ ...file, folder: target }],
        });
      }
      const read = (await runPython(READ, path.join(folder, 'archive/wide'))) as Read;
      expect(read).toMatchObject({ version: 2, files: 3, exact: [21] });
      expect(read.schema.fields.map(({ name }) => name)).toEqual(grown.fields.map(({ name }) => name));
      expect(read.polars).toHaveLength(30);
      expect(read.polars.every((row) => row.includes('"note": null'))).toBe(true);
      expect(read.arrow).toEqual(read.polars);
    }),
  );

  withPython(`a checkpoint replaces the commits before it${why}`, () =>
    inFolder(async (folder) => {
      const archive = await wideArchive(folder, 3);
      const store = archive.store as LocalStore;
      const empty = await plainDraft(
        folder,
        { start: 40, end: 44 },
        { count: 0, schema: registered(WIDE_SCHEMA) },
      );
      await archive.dataset('wide').publish(empty);
      await commitWide(folder, archive, 20, 'replace');
      const before = await archive.dataset('wide').snapshot();
      expect(await archive.dataset('wide').checkpoint({ force: true })).toBe(4);
      const inAYear = Date.now() + 365 * 86_400_000;
      const later = await Archive.open(store, { clock: () => inAYear });
      const cleaned = await later.dataset('wide').cleanLog(inAYear - 30 * 86_400_000);
      expect(cleaned).toMatchObject({ commits: 4, checkpoints: 0, oldest: 4 });
      const kept = (await runPython(READ, path.join(folder, 'archive/wide'))) as Read;
      expect(kept).toMatchObject({ version: 4, files: 3, history: ['WRITE'] });
      expectRows(kept, 10, 39);
      // Another program may even remove the commit of the checkpoint's own version.
      await rm(store.localPath('wide/_delta_log/00000000000000000004.json'));
      const fresh = (await Archive.open(store)).dataset('wide');
      expect(await fresh.snapshot()).toEqual(before);
      await commitWide(folder, await Archive.open(store), 50);
      const read = (await runPython(READ, path.join(folder, 'archive/wide'))) as Read;
      expect(read).toMatchObject({ version: 5, files: 4 });
      expect(read.polars).toHaveLength(40);
      expect(read.arrow).toEqual(read.polars);
      const after = await fresh.snapshot();
      expect(after.coverage).toEqual([
        { start: 10, end: 44 },
        { start: 50, end: 59 },
      ]);
    }),
  );

  withPython(`a checkpoint by delta-rs is read, coverage and segments included${why}`, () =>
    inFolder(async (folder) => {
      const archive = await wideArchive(folder, 2);
      const store = archive.store as LocalStore;
      await archive
        .dataset('wide')
        .publish(
          await plainDraft(folder, { start: 1, end: 9 }, { count: 0, schema: registered(WIDE_SCHEMA) }),
        );
      const before = await archive.dataset('wide').snapshot();
      await runPython(
        'import sys\nfrom deltalake import DeltaTable\nDeltaTable(sys.argv[1]).create_checkpoint()\nprint("{}")',
        path.join(folder, 'archive/wide'),
      );
      for (let version = 0; version <= 2; version++)
        await rm(store.localPath(`wide/_delta_log/${String(version).padStart(20, '0')}.json`));
      expect(await (await Archive.open(store)).dataset('wide').snapshot()).toEqual(before);
    }),
  );

  withPython(`delta-rs refuses to write our tables, whose coverage it would not keep${why}`, () =>
    inFolder(async (folder) => {
      await wideArchive(folder, 1);
      const outcome = await runPython(
        `
import sys, json
from deltalake import DeltaTable, write_deltalake
table = DeltaTable(sys.argv[1])
try:
    write_deltalake(table, table.to_pyarrow_table().slice(0, 1), mode='append')
    print(json.dumps({'error': None}))
except Exception as error:
    print(json.dumps({'error': str(error)}))
`,
        path.join(folder, 'archive/wide'),
      );
      expect(outcome).toEqual({ error: expect.stringContaining('DomainMetadata') });
    }),
  );
});

describe('checkpoints', () => {
  it('are written when due, shorten reads, and are skipped when damaged', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'archive'));
      const archive = await Archive.open(store, { create: IDENTITY, checkpointWriter: duckCheckpointWriter });
      const events = archive.dataset('events');
      for (let index = 0; index < 25; index++) {
        await events.publish(await plainDraft(folder, { start: 1 + index * 10, end: 10 + index * 10 }));
        await events.checkpoint();
      }
      const log = await readdir(path.join(store.uri, 'events/_delta_log'));
      expect(log.filter((name) => !name.endsWith('.json'))).toEqual([
        '00000000000000000019.checkpoint.parquet',
        '_last_checkpoint',
      ]);
      const snapshot = await events.snapshot();
      const checkpoint = 'events/_delta_log/00000000000000000019.checkpoint.parquet';
      const hint = Buffer.from(await store.get('events/_delta_log/_last_checkpoint')).toString();
      // Protocol, metadata, coverage, and one txn and one add per commit.
      expect(JSON.parse(hint)).toMatchObject({ version: 19, size: 43, numOfAddFiles: 20 });
      const bytes = await store.get(checkpoint);
      for (const damage of [bytes.subarray(0, bytes.length / 2), Buffer.from('PAR1 no PAR1')]) {
        await store.replace(checkpoint, damage);
        expect(await (await Archive.open(store)).dataset('events').snapshot()).toEqual(snapshot);
      }
      await store.delete('events/_delta_log/00000000000000000003.json');
      await expect((await Archive.open(store)).dataset('events').snapshot()).rejects.toMatchObject({
        code: 'LOG_CORRUPT',
      });
      await store.replace(checkpoint, bytes);
      for (const wrong of ['{"version":19}', '{"version":7}', '{"version":99}', 'junk', '{"version":"x"}']) {
        await store.replace('events/_delta_log/_last_checkpoint', Buffer.from(wrong));
        expect(await (await Archive.open(store)).dataset('events').snapshot()).toEqual(snapshot);
      }
    }));
});
