import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { layoutFolder } from '@parquetry/core';
import { type RegisteredSchema, type TableSchema, viewsSql } from '@parquetry/schema';
import { LocalStore } from '@parquetry/storage';
import { Archive } from './archive';
import type { DraftFile } from './draft';
import { runDuck } from './testing/duck';
import { closeTime, IDENTITY, inFolder, plainDraft, SMALL_SCHEMA } from './testing/fixture';
import { PYTHON, runPython } from './testing/python';

const V1: TableSchema = {
  ...SMALL_SCHEMA,
  fields: [...SMALL_SCHEMA.fields, { id: 3, name: 'fee', type: { type: 'int64' }, nullable: true }],
};
const V2: TableSchema = {
  ...V1,
  fields: [
    ...V1.fields,
    {
      id: 4,
      name: 'asset',
      type: { type: 'struct', fields: [{ id: 5, name: 'code', type: { type: 'utf8' }, nullable: true }] },
      nullable: true,
    },
  ],
};

const READ = `
import sys, json
import polars as pl
from deltalake import DeltaTable
path = sys.argv[1]
frame = pl.read_delta(path).sort('ledger_sequence').select('ledger_sequence', 'fee', 'asset')
arrow = DeltaTable(path).to_pyarrow_table().sort_by('ledger_sequence').select(['ledger_sequence', 'fee', 'asset'])
plain = lambda rows: [{**row, 'fee': str(row['fee'])} for row in rows]
print(json.dumps({'polars': plain(frame.to_dicts()), 'delta_rs': plain(arrow.to_pylist())}))
`;

/** Rows of two ledgers, with the columns of the schema's version. */
async function dataFile(folder: string, start: number, version: number): Promise<DraftFile> {
  const localPath = path.join(folder, `v${version}-${start}.parquet`);
  const asset = version === 1 ? '' : `, {'code': 'X' || ledger} AS asset`;
  await runDuck(
    `SET TimeZone = 'UTC'`,
    `COPY (SELECT ledger::UINTEGER AS ledger_sequence, make_timestamptz(${closeTime(0)} + ledger * 5000000) AS closed_at,
       9007199254740993 + ledger AS fee${asset} FROM range(${start}, ${start + 2}) AS t(ledger)) TO '${localPath}' (FORMAT parquet)`,
  );
  const bytes = await readFile(localPath);
  return {
    localPath,
    folder: layoutFolder({ kind: 'ledger_day' }, start, closeTime(start)),
    range: { start, end: start + 1 },
    lastCloseTimeMicros: closeTime(start + 1),
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    rows: 2,
    columns: { ledger_sequence: { nulls: 0, min: String(start), max: String(start + 1) } },
    reason: 'range_end',
  };
}

/**
 * First a segment of version 2, then one of version 1 with older ledgers, as an older run that backfills them would
 * commit.
 */
async function evolve(folder: string): Promise<{ archive: Archive; schema: RegisteredSchema }> {
  const archive = await Archive.open(new LocalStore(path.join(folder, 'archive')), { create: IDENTITY });
  const first = await archive.registry.register('events', V1);
  const second = await archive.registry.register('events', V2);
  for (const [start, schema] of [
    [10, first],
    [20, second],
    [12, first],
  ] as const) {
    const file = await dataFile(folder, start, schema.version);
    const draft = await plainDraft(folder, file.range, { schema, text: `${start}` });
    await archive.dataset('events').publish({ ...draft, files: [file] });
  }
  return { archive, schema: second };
}

const expected = [10, 11, 12, 13, 20, 21].map((ledger) => ({
  ledger_sequence: ledger,
  fee: String(9007199254740993n + BigInt(ledger)),
  asset: ledger < 20 ? null : { code: `X${ledger}` },
}));

describe('a table of two schema versions', () => {
  it('has the newer schema, and the views read every file by name', () =>
    inFolder(async (folder) => {
      const { archive, schema } = await evolve(folder);
      const snapshot = await archive.dataset('events').snapshot();
      expect(snapshot.schema).toMatchObject({ version: 2 });
      const files = snapshot.files.map(({ key }) => archive.store.localPath(key) ?? '');
      const instance = await DuckDBInstance.create(':memory:');
      const duck = await instance.connect();
      await duck.run(viewsSql([{ name: 'events', files, schema: schema.schema }]));
      const rows = await duck.runAndReadAll('SELECT ledger_sequence, fee, asset FROM events ORDER BY 1');
      expect(rows.getRowObjectsJson()).toEqual(expected);
      duck.closeSync();
      instance.closeSync();
    }));

  (PYTHON === undefined ? it.skip : it)(
    `delta-rs and polars read both versions${PYTHON === undefined ? ' (skipped: PARQUETRY_PYTHON is not set)' : ''}`,
    () =>
      inFolder(async (folder) => {
        await evolve(folder);
        const read = await runPython(READ, path.join(folder, 'archive/events'));
        expect(read).toEqual({ polars: expected, delta_rs: expected });
      }),
  );
});
