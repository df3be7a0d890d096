import fc from 'fast-check';
import { JsonScanner, NODE, NULL, type Tape } from '@parquetry/schema';
import { difference, readStage } from '../testing/readback';
import { messageLines, unusualRows, tables } from '../testing/tables';
import { Workspace } from '../testing/workspace';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.create();
});
afterEach(() => workspace.remove());

const scanner = new JsonScanner();

/** Member `key` of the object that a tape holds, or -1. */
function member(tape: Tape, wanted: string): number {
  for (let key = NODE; key < tape.next(0); key = tape.next(key + NODE))
    if (tape.string(key) === wanted) return key + NODE;
  return -1;
}

/** Stages messages whose `values` are JSON texts by key, and compares every one with what DuckDB reads. */
async function roundTrip(rows: readonly Readonly<Record<string, string>>[]): Promise<Record<string, string>> {
  const lines = messageLines(rows);
  const source = await workspace.open(await workspace.write('in.ndjson', lines));
  const index = await workspace.prepare(source);
  const { stageDir, manifest } = await workspace.pull(source, index);
  expect(await workspace.rejects(stageDir, 't')).toEqual([]);
  expect(manifest.datasets[0]).toMatchObject({
    rows: rows.length,
    rejected: 0,
    messages: rows.length,
    sorted: true,
  });
  const schema = index.datasets[0]!.schema;
  const read = await readStage(stageDir, schema);
  const nulls: Record<string, number> = {};
  lines.forEach((line, row) => {
    expect(scanner.scan(Buffer.from(line), 0, Buffer.byteLength(line))).toBe(true);
    for (const field of schema.fields) {
      if (field.name === 'closed_at') continue;
      const value = read[row]![field.name]!;
      if (value === null) nulls[field.name] = (nulls[field.name] ?? 0) + 1;
      const node = member(scanner.tape, field.key ?? field.name);
      const fault =
        node < 0
          ? value === null
            ? undefined
            : 'a value from nowhere'
          : difference(value, field.type, scanner.tape, node);
      expect([field.name, fault]).toEqual([field.name, undefined]);
    }
    for (let key = NODE; key < scanner.tape.next(0); key = scanner.tape.next(key + NODE))
      if (scanner.tape.kind(key + NODE) !== NULL)
        expect(schema.fields.map((field) => field.key ?? field.name)).toContain(scanner.tape.string(key));
  });
  for (const field of schema.fields)
    expect([field.name, manifest.datasets[0]!.columns[field.name]!.nulls]).toEqual([
      field.name,
      nulls[field.name] ?? 0,
    ]);
  return Object.fromEntries(schema.fields.map(({ name, type }) => [name, type.type]));
}

describe('values through stage and DuckDB', () => {
  it('are exact for a table of unusual values', async () => {
    expect(await roundTrip(unusualRows())).toEqual({
      Nested_List: 'list',
      Text: 'utf8',
      bool: 'bool',
      closed_at: 'timestamp',
      decimal: 'decimal128',
      double: 'float64',
      empty: 'json',
      huge: 'json',
      int64: 'int64',
      ledger_sequence: 'uint32',
      mixed: 'json',
      n: 'int64',
      nested: 'struct',
      text_2: 'utf8',
      time: 'timestamp',
      times: 'list',
      type: 'utf8',
      uint64: 'uint64',
      whole_double: 'decimal128',
      wide: 'decimal128',
      wider: 'json',
      year_2: 'int64',
      zeros: 'int64',
    });
  });

  it('are exact for any table', async () => {
    await fc.assert(
      fc.asyncProperty(tables, async (rows) => {
        await roundTrip(rows);
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});
