import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { CODECS, type StagedDataset, partName } from '@parquetry/core';
import { type CellValue, type DataType, type TableSchema, portableSchema } from '@parquetry/schema';
import {
  BatchParts,
  DatasetStage,
  type SourceIndex,
  openGalexieSource,
  openNdjsonSource,
} from '@parquetry/source';
import { stellarSchemas } from '@parquetry/stellar';
import { type Writer, openWriter } from '@parquetry/writer';
import { batchRows, rowLine } from '../../libs/source/src/galexie/testing/batches';
import { DATA, SKIPPED, hasData } from '../../libs/source/src/galexie/testing/data';
import { type Staged, pullMessages, sums } from './staged';

const RANGE = { start: 63092984, end: 63092988 };
const test = hasData ? it : it.skip;
let dir: string;
let writer: Writer;

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-lanes-'));
  writer = await openWriter({ memoryLimit: '512MB', threads: 2, tempDir: path.join(dir, 'spill') });
});

afterAll(async () => {
  await writer.close();
  await rm(dir, { recursive: true, force: true });
});

/** What a pull of real ledgers stages: record batches. */
async function pulled(style: (schema: TableSchema) => TableSchema): Promise<Staged[]> {
  const stageDir = await mkdtemp(path.join(dir, 'batches-'));
  const source = await openGalexieSource(path.join(DATA, 'lakes/pubnet-1x64000'));
  const found = await source.prepare({ range: RANGE, workDir: stageDir });
  const datasets = found.datasets.map(({ dataset, schema }) => ({ dataset, schema: style(schema) }));
  const index: SourceIndex = { ...found, datasets };
  const manifest = await source.pull({
    stageId: 'a',
    range: RANGE,
    datasets,
    index,
    stageDir,
    spoolDir: stageDir,
  });
  return manifest.datasets.map((staged, at) => ({
    stageDir,
    staged,
    schema: datasets[at]?.schema as TableSchema,
  }));
}

/** The same rows given as messages, read from the batches by other code. */
async function asMessages({ stageDir, staged, schema }: Staged): Promise<Staged> {
  const lines: string[] = [];
  for (const part of staged.parts.keys()) {
    const file = path.join(stageDir, partName(staged.dataset, part, staged.form));
    for (const row of batchRows(schema, await readFile(file))) lines.push(rowLine(schema, row));
  }
  return pullMessages(dir, schema, lines);
}

describe(`the two lanes of decoded ledgers${SKIPPED}`, () => {
  test('are the same files, for all known types, on every codec, in one file or several', async () => {
    const batches = await pulled((schema) => schema);
    expect(batches.map(({ schema }) => schema.messageType)).toEqual([...stellarSchemas.keys()]);
    for (const one of batches) {
      expect(one.staged).toMatchObject({ form: 'arrow', sorted: true });
      const messages = await asMessages(one);
      expect(messages.staged).toMatchObject({ form: 'parquet', sorted: true, rejected: 0 });
      // The measure that decides about probes and cuts.
      expect(messages.staged.bytes).toBe(one.staged.bytes);
      expect(messages.staged.ledgers).toEqual(one.staged.ledgers);
      expect(messages.staged.columns).toEqual(one.staged.columns);
      for (const compression of CODECS)
        expect(await sums(writer, one, { compression })).toEqual(
          await sums(writer, messages, { compression }),
        );
      const several = await sums(writer, one, { maxRowsPerFile: 700 });
      expect(several.length).toBeGreaterThan(one.staged.rows > 700 ? 1 : 0);
      expect(several).toEqual(await sums(writer, messages, { maxRowsPerFile: 700 }));
      const sortBy = one.schema.messageType === 'contract_events' ? ['contract_id'] : ['closed_at'];
      expect(await sums(writer, one, { sortBy })).toEqual(await sums(writer, messages, { sortBy }));
      const bySize = { maxFileBytes: Math.ceil(one.staged.bytes / 20) };
      expect(await sums(writer, one, bySize)).toEqual(await sums(writer, messages, bySize));
    }
  }, 180_000);

  test('are the same files with signed integers', async () => {
    for (const one of await pulled(portableSchema)) {
      const files = await sums(writer, one, { compression: 'zstd' });
      expect(files).toEqual(await sums(writer, await asMessages(one), { compression: 'zstd' }));
    }
  }, 60_000);
});

/** A message's value as a record batch takes it. */
function cell(type: DataType, value: unknown): CellValue {
  if (value === null || value === undefined) return null;
  switch (type.type) {
    case 'json':
      return json(value);
    case 'timestamp':
      return Date.parse(String(value)) * 1000;
    case 'uint64':
    case 'int64':
      return BigInt(value as number | bigint);
    case 'decimal128':
      return String(value);
    case 'list':
      return (value as unknown[]).map((item) => cell(type.items.type, item));
    case 'struct': {
      const object = value as Record<string, unknown>;
      return Object.fromEntries(
        type.fields.map(({ name, key = name, type: member }) => [name, cell(member, object[key])]),
      );
    }
    case 'bool':
    case 'int32':
    case 'uint32':
    case 'float64':
    case 'utf8':
      return value as CellValue;
  }
}

/** JSON text with whole numbers of any size. */
function json(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Object.is(value, -0)) return '-0.0';
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${json(member)}`)
    .join(',')}}`;
}

describe('messages and objects', () => {
  const texts = [
    '',
    'a',
    '\0',
    'a\0b"\\\n',
    '\u001f\u007f\u2028',
    '漢字',
    '😀'.repeat(4),
    'x'.repeat(12),
    'x'.repeat(13),
    'y'.repeat(3000),
  ];
  const message = (index: number): Record<string, unknown> => ({
    message_type: 'odd',
    ledger_sequence: 100 + Math.floor(index / 50),
    closed_at: '2025-07-13T01:02:03Z',
    text: texts[index % texts.length],
    maybe: index % 3 === 0 ? null : texts[(index * 7) % texts.length],
    size: [2n ** 64n - 1n, 0n, 2n ** 53n + 1n][index % 3],
    signed: [-(2n ** 63n), 2n ** 63n - 1n, 5n][index % 3],
    huge: [10n ** 38n - 1n, -(10n ** 38n) + 1n, 2n ** 126n][index % 3],
    price: [0.1, 5e-324, 1e300, -2.5][index % 4],
    mixed: [1, 'one', { a: [null, -0] }, [2n ** 70n]][index % 4],
    nested: {
      id: index,
      tags: [[], ['a', null, texts[index % texts.length]], null][index % 3],
      deep: { at: '2024-02-29T23:59:59Z', flag: index % 2 === 0 },
    },
    parts: [null, [], [{ k: 1 }, { k: null }, {}], [{ k: 2 }]][index % 4],
  });

  it('are the same files for an inferred nested type with hostile values, on every codec', async () => {
    const messages = Array.from({ length: 5000 }, (_, index) => message(index));
    const textDir = await mkdtemp(path.join(dir, 'messages-'));
    const stageDir = path.join(textDir, 'stage');
    await mkdir(stageDir);
    await writeFile(path.join(textDir, 'odd.ndjson'), messages.map((each) => `${json(each)}\n`).join(''));
    const source = await openNdjsonSource(path.join(textDir, 'odd.ndjson'), { schemas: new Map() });
    const range = { start: 1, end: 999 };
    const index = await source.prepare({ range, workDir: textDir });
    const schema = index.datasets[0]?.schema as TableSchema;
    const types = Object.fromEntries(schema.fields.map(({ name, type }) => [name, type.type]));
    expect(types).toMatchObject({ size: 'uint64', signed: 'int64', huge: 'decimal128', price: 'float64' });
    expect(types).toMatchObject({ mixed: 'json', nested: 'struct', parts: 'list', maybe: 'utf8' });
    const manifest = await source.pull({
      stageId: 'a',
      range,
      datasets: index.datasets,
      index,
      stageDir,
      spoolDir: textDir,
    });
    const text: Staged = { stageDir, staged: manifest.datasets[0] as StagedDataset, schema };
    expect(text.staged).toMatchObject({ rows: 5000, rejected: 0 });

    const objects = await mkdtemp(path.join(dir, 'objects-'));
    const rowParts = new BatchParts(objects, 'odd', schema);
    const stage = new DatasetStage(objects, schema, 'odd', rowParts);
    for (const each of messages) {
      for (const [at, { name, key = name, type }] of schema.fields.entries())
        rowParts.builder.columns[at]?.append(cell(type, each[key]));
      rowParts.endRow();
      stage.noteRows(Number(each['ledger_sequence']), Date.parse(String(each['closed_at'])) * 1000);
    }
    const batches: Staged = { stageDir: objects, staged: await stage.finish(), schema };
    expect(batches.staged.bytes).toBe(text.staged.bytes);
    expect(batches.staged.ledgers).toEqual(text.staged.ledgers);
    for (const compression of CODECS)
      expect(await sums(writer, batches, { compression })).toEqual(await sums(writer, text, { compression }));
    expect(await sums(writer, batches, { maxRowsPerFile: 1234 })).toEqual(
      await sums(writer, text, { maxRowsPerFile: 1234 }),
    );
  }, 120_000);

  it('half a surrogate pair is refused by both', async () => {
    const workDir = await mkdtemp(path.join(dir, 'half-'));
    const lone = { ...message(0), text: 'half \ud83d' };
    await writeFile(path.join(workDir, 'odd.ndjson'), `${json(message(0))}\n${json(lone)}\n`);
    const source = await openNdjsonSource(path.join(workDir, 'odd.ndjson'), { schemas: new Map() });
    const range = { start: 1, end: 999 };
    const index = await source.prepare({ range, workDir });
    const asked = {
      stageId: 'a',
      range,
      datasets: index.datasets,
      index,
      stageDir: workDir,
      spoolDir: workDir,
    };
    const { datasets } = await source.pull(asked);
    expect(datasets[0]).toMatchObject({ rows: 1, rejected: 1 });
    const schema = index.datasets[0]?.schema as TableSchema;
    const at = schema.fields.findIndex(({ name }) => name === 'text');
    const { columns } = new BatchParts(workDir, 'other', schema).builder;
    expect(() => columns[at]?.append(lone.text)).toThrow(/can't hold exactly/);
  });
});
