import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { CODECS, DEFAULT_WRITE_SETTINGS, type WriteSettings, isParquetryError } from '@parquetry/core';
import type { RegisteredSchema, TableSchema } from '@parquetry/schema';
import { type FileExpectation, type VerifyLevel, verifyDataset, verifyFile } from '@parquetry/verify';
import { type Writer, type WrittenFile, openWriter } from '@parquetry/writer';
import {
  SCHEMA,
  type StagedRow,
  registered,
  sampleRow,
  stageRows,
} from '../../libs/writer/src/testing/stage';

const RANGE = { start: 420_000, end: 420_999 };
const NETWORK = 'Test SDF Network ; September 2015';
let dir: string;
let writer: Writer;

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-verify-'));
  writer = await openWriter({ memoryLimit: '512MB', threads: 2 });
});

afterAll(async () => {
  await writer.close();
  await rm(dir, { recursive: true, force: true });
});

const sample = (count: number, perLedger = 50): StagedRow[] =>
  Array.from({ length: count }, (_, index) => sampleRow(index, perLedger));

async function write(
  rows: readonly StagedRow[],
  settings: Partial<WriteSettings> = {},
  schema: TableSchema = SCHEMA,
  stagedAs: TableSchema = schema,
) {
  const stage = await mkdtemp(path.join(dir, 'stage-'));
  const { rowsFile, staged } = await stageRows(stage, stagedAs, rows);
  const merged = { ...DEFAULT_WRITE_SETTINGS, ...settings };
  const files = await writer.writeDataset({
    rowsFile,
    staged,
    range: RANGE,
    schema: registered(schema),
    settings: merged,
    network: NETWORK,
    outDir: path.join(stage, 'out'),
  });
  const request = {
    files,
    staged,
    schema: registered(schema),
    range: RANGE,
    network: NETWORK,
    codec: merged.compression,
  };
  return { files, request };
}

function expectation(
  file: WrittenFile | undefined,
  schema: RegisteredSchema = registered(SCHEMA),
): FileExpectation {
  if (file === undefined) throw new Error('no file was written');
  const { range, size, sha256, rows, ledgers, columns } = file;
  return {
    dataset: schema.schema.messageType,
    schema,
    range,
    size,
    sha256,
    rows,
    ledgers,
    columns,
    network: NETWORK,
  };
}

/** Changes bytes of a file's copy; `forge` also adapts size and sha256 of the expectation. */
async function mutated(file: WrittenFile | undefined, change: (bytes: Buffer) => Buffer, forge = false) {
  const expected = expectation(file);
  const bytes = change(Buffer.from(await readFile(String(file?.path))));
  const copy = path.join(dir, 'mutated.parquet');
  await writeFile(copy, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { file: copy, expected: forge ? { ...expected, size: bytes.length, sha256 } : expected };
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const isCoded = (error: unknown): boolean =>
  isParquetryError(error) && (error.code === 'VERIFY_MISMATCH' || error.code === 'FILE_CORRUPT');

describe('verifyDataset', () => {
  for (const compression of CODECS)
    it(`accepts what the writer wrote with ${compression}, at both levels`, async () => {
      const { request } = await write(sample(6000), { compression, maxRowsPerFile: 2500 });
      for (const level of ['ledger', 'full'] as VerifyLevel[]) {
        const report = await verifyDataset({ ...request, level });
        expect(report.rows).toBe(6000);
        expect(report.files).toHaveLength(3);
        expect(report.values).toBe(level === 'full' ? 6000 * SCHEMA.fields.length : 6000);
      }
    });

  it('accepts an empty dataset', async () => {
    const { request } = await write([]);
    expect(await verifyDataset(request)).toMatchObject({ rows: 0, size: 0, files: [] });
  });

  it('finds the same column tallies as the pull', async () => {
    const { request } = await write(sample(500));
    const { files } = await verifyDataset({ ...request, level: 'full' });
    expect(files[0]?.columns).toEqual(request.staged.columns);
  });

  it('fails when the pull counted something else', async () => {
    const { request } = await write(sample(2000), { maxRowsPerFile: 700 });
    const { staged } = request;
    const columns = (name: string, change: object) => ({
      ...staged,
      columns: { ...staged.columns, [name]: { ...staged.columns[name], ...change } },
    });
    const [first, ...rest] = staged.ledgers;
    const others = [
      { ...staged, rows: 2001 },
      { ...staged, ledgers: rest },
      { ...staged, ledgers: [{ ...first, rows: 51 }, ...rest] },
      { ...staged, ledgers: [{ ...first, lastCloseTimeMicros: 1 }, ...rest] },
      columns('delta', { min: '-1' }),
      columns('balance', { max: '18446744073709551615' }),
      columns('contract_id', { nulls: 1 }),
      columns('topics', { nulls: 1 }),
      columns('closed_at', { max: '1752364000000000' }),
    ];
    for (const other of others)
      expect(await failure(verifyDataset({ ...request, staged: other as typeof staged }))).toMatchObject({
        code: 'VERIFY_MISMATCH',
      });
  });

  it('fails for a missing, duplicated or swapped file', async () => {
    const { request, files } = await write(sample(2000), { maxRowsPerFile: 700 });
    const [a, b, c] = files as [WrittenFile, WrittenFile, WrittenFile];
    for (const set of [
      [a, b],
      [a, b, b, c],
      [b, a, c],
      [a, { ...b, path: c.path }, { ...c, path: b.path }],
    ])
      expect(await failure(verifyDataset({ ...request, files: set }))).toMatchObject({
        code: 'VERIFY_MISMATCH',
      });
  });
});

describe('verifyFile', () => {
  it('fails for other expectations, with the file, what differs, and the expected and found values', async () => {
    const { files } = await write(sample(300));
    const file = files[0];
    const good = expectation(file);
    const fields = (change: (fields: TableSchema['fields']) => TableSchema['fields']): FileExpectation => ({
      ...good,
      schema: registered({ ...SCHEMA, fields: change(SCHEMA.fields) }),
    });
    const cases: [string, FileExpectation][] = [
      ['metadata parquetry.range', { ...good, range: { start: 420_000, end: 420_998 } }],
      ['metadata parquetry.dataset', { ...good, dataset: 'other' }],
      ['metadata parquetry.network', { ...good, network: 'Public' }],
      ['metadata parquetry.schema_version', { ...good, schema: { ...good.schema, version: 2 } }],
      ['metadata parquetry.schema_fingerprint', { ...good, schema: { ...good.schema, fingerprint: '0' } }],
      [
        'schema element 4',
        fields((all) => all.map((f) => (f.id === 4 ? { ...f, type: { type: 'int64' } } : f))),
      ],
      ['schema element 5', fields((all) => all.map((f) => (f.id === 5 ? { ...f, id: 99 } : f)))],
      ['schema element 3', fields((all) => all.map((f) => (f.id === 3 ? { ...f, name: 'Contract_id' } : f)))],
      ['the number of top-level columns', fields((all) => all.slice(0, -1))],
      ['the codec of column ledger_sequence in row group 1', { ...good, codec: 'gzip' }],
      ['the number of rows', { ...good, rows: 299 }],
      [
        'the number of rows of ledger 420000',
        {
          ...good,
          ledgers: good.ledgers.map((tally, index) => (index === 0 ? { ...tally, rows: 49 } : tally)),
        },
      ],
      ['the least value of delta', { ...good, columns: { delta: { nulls: 0, min: '0', max: '0' } } }],
    ];
    for (const [what, expected] of cases) {
      const error = await failure(verifyFile({ file: String(file?.path), expected }));
      expect(error).toMatchObject({ code: 'VERIFY_MISMATCH', details: { what, file: file?.name } });
    }
  });

  it('detects a dropped, a duplicated and a moved row, and swapped columns, although the sums match', async () => {
    const rows = sample(300);
    const good = expectation((await write(rows)).files[0]);
    const swap = (row: StagedRow): StagedRow => ({
      ...row,
      contract_id: row['rowid'],
      rowid: row['contract_id'],
    });
    const moved = rows.map((row, index) => (index === 10 ? { ...row, ledger_sequence: 420_001n } : row));
    const same = (file: WrittenFile | undefined): FileExpectation => ({
      ...good,
      size: file?.size ?? 0,
      sha256: file?.sha256 ?? '',
    });
    for (const other of [rows.slice(1), [rows[0] as StagedRow, ...rows], moved]) {
      const file = (await write(other)).files[0];
      const error = await failure(verifyFile({ file: String(file?.path), expected: same(file) }));
      expect(error).toMatchObject({ code: 'VERIFY_MISMATCH' });
    }
    const fields = SCHEMA.fields.map((field) =>
      field.id === 3 ? { ...field, id: 19 } : field.id === 19 ? { ...field, id: 3 } : field,
    );
    const file = (await write(rows.map(swap), {}, { ...SCHEMA, fields })).files[0];
    expect(await failure(verifyFile({ file: String(file?.path), expected: same(file) }))).toMatchObject({
      code: 'VERIFY_MISMATCH',
      details: { what: 'schema element 3' },
    });
  });

  it('fails for files that are truncated, empty, missing or not Parquet', async () => {
    const { files } = await write(sample(300));
    const file = files[0];
    for (const size of [0, 1, 3, 4, 8, 11, 12, 100, 5000, (file?.size ?? 0) - 1]) {
      const cut = await mutated(file, (bytes) => bytes.subarray(0, size));
      expect(await failure(verifyFile(cut))).toMatchObject({
        code: 'VERIFY_MISMATCH',
        details: { what: 'the size in bytes' },
      });
      const forged = await mutated(file, (bytes) => bytes.subarray(0, size), true);
      expect(await failure(verifyFile(forged))).toMatchObject({ code: 'FILE_CORRUPT' });
    }
    for (const text of [
      '',
      'PAR1',
      'PAR1PAR1',
      'PAR1\0\0\0\0PAR1',
      'PAR1\xff\xff\xff\x7fPAR1',
      'x'.repeat(5000),
    ]) {
      const forged = await mutated(file, () => Buffer.from(text, 'latin1'), true);
      expect(await failure(verifyFile(forged))).toMatchObject({ code: 'FILE_CORRUPT' });
    }
    const expected = expectation(file);
    expect(await failure(verifyFile({ file: path.join(dir, 'none.parquet'), expected }))).toMatchObject({
      code: 'FILE_CORRUPT',
    });
    await truncate(String(file?.path), 10);
    expect(await failure(verifyFile({ file: String(file?.path), expected }))).toMatchObject({
      code: 'VERIFY_MISMATCH',
    });
  });

  it('detects any flipped byte', async () => {
    const { files } = await write(sample(300));
    const size = files[0]?.size ?? 0;
    for (let at = 0; at < size; at += 61) {
      const flipped = await mutated(files[0], (bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
        return bytes;
      });
      expect(await failure(verifyFile(flipped))).toMatchObject({
        code: 'VERIFY_MISMATCH',
        details: { what: 'the sha256' },
      });
    }
  });

  it('never hangs or crashes on a forged footer with a matching hash', async () => {
    const { files } = await write(sample(300));
    const bytes = await readFile(String(files[0]?.path));
    const start = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
    let noticed = 0;
    let tries = 0;
    for (let at = start; at < bytes.length; at += 5) {
      for (const mask of [0xff, 1 << (at % 8)]) {
        const forged = await mutated(
          files[0],
          (copy) => {
            copy[at] = (copy[at] ?? 0) ^ mask;
            return copy;
          },
          true,
        );
        const error = await failure(verifyFile(forged));
        tries += 1;
        if (error === undefined) continue;
        if (!isCoded(error)) throw error;
        noticed += 1;
      }
    }
    // The other bytes have no meaning here: listed encodings, bloom filters, the writer's name.
    expect(noticed / tries).toBeGreaterThan(0.5);
  }, 120_000);

  it('fails for nulls in a non-nullable column', async () => {
    const fields = SCHEMA.fields.map((field) => ({ ...field, nullable: false }));
    const schema = { ...SCHEMA, fields };
    // The stage refuses such rows, so they are staged with a schema that allows nulls.
    const { files } = await write(sample(300), {}, schema, SCHEMA);
    const expected = expectation(files[0], registered(schema));
    expect(await failure(verifyFile({ file: String(files[0]?.path), expected }))).toMatchObject({
      code: 'VERIFY_MISMATCH',
      details: { what: 'the number of nulls in balance', expected: '0', found: '60' },
    });
  });

  it('stops at an abort', async () => {
    const { files } = await write(sample(300));
    const request = {
      file: String(files[0]?.path),
      expected: expectation(files[0]),
      signal: AbortSignal.abort(),
    };
    expect(await failure(verifyFile(request))).toMatchObject({ code: 'CANCELLED' });
  });
});
