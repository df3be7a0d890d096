import { JsonScanner, NODE, type Tape } from '@parquetry/schema';
import { difference, readStage } from './testing/readback';
import { Workspace } from './testing/workspace';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.create();
});
afterEach(() => workspace.remove());

const scanner = new JsonScanner();
const HEAD = '"type":"t","ledger":1,"closed_at":"2025-01-01T00:00:00Z"';
const list = (count: number, item: (index: number) => string): string =>
  `[${Array.from({ length: count }, (_, index) => item(index)).join()}]`;
const members = (count: number, item: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `"k${index}":${item(index)}`).join();

/** The nodes of the top-level values by key. */
function values(tape: Tape): Map<string, number> {
  const found = new Map<string, number>();
  for (let key = NODE; key < tape.next(0); key = tape.next(key + NODE))
    found.set(tape.string(key), key + NODE);
  return found;
}

/** Stages the lines and compares every value with the column that DuckDB reads. */
async function stored(lines: readonly string[]): Promise<number> {
  const source = await workspace.open(await workspace.write('in', lines));
  const index = await workspace.prepare(source);
  const { stageDir } = await workspace.pull(source, index);
  expect(await workspace.rejects(stageDir, 't')).toEqual([]);
  expect(await workspace.rejects()).toEqual([]);
  const { schema } = index.datasets[0]!;
  const rows = await readStage(stageDir, schema);
  expect(rows.length).toBe(lines.length);
  const faults = lines.flatMap((line, row) => {
    const bytes = Buffer.from(line);
    if (!scanner.scan(bytes, 0, bytes.length)) return [scanner.fault!.reason];
    const nodes = values(scanner.tape);
    return schema.fields
      .filter(({ name }) => name !== 'closed_at' && name !== 'ledger_sequence')
      .flatMap(({ name, type }) => difference(rows[row]![name]!, type, scanner.tape, nodes.get(name)!) ?? []);
  });
  expect(faults).toEqual([]);
  return schema.fields.length;
}

describe('large messages', () => {
  it.each([1_700, 2_000, 4_000, 4_090, 5_000, 20_000])('of %d numbers in an array', async (count) => {
    const lines = [7, 8, 9].map((first) => `{${HEAD},"v":${list(count, (index) => String(index * first))}}`);
    await stored(lines);
  });

  it.each([1_000, 5_000])('of an order book of %d levels', async (levels) => {
    const side = (from: number): string => list(levels, (level) => `["${level + from}.5","${level * 7}"]`);
    await stored([0, 1, 2].map((from) => `{${HEAD},"bids":${side(from)}}`));
    await stored([0, 1, 2].map((from) => `{${HEAD},"bids":${side(from)},"asks":${side(from + 9)}}`));
  });

  it.each([1_900, 5_000])(
    'of %d columns',
    async (count) => {
      const value = (row: number) => (index: number) =>
        index % 3 === 0 ? `"text ${row}"` : String(index + row);
      const lines = [0, 1, 2].map((row) => `{${HEAD},${members(count, value(row))}}`);
      expect(await stored(lines)).toBe(count + 4);
    },
    120_000,
  );
});

describe('messages beyond a limit are one reject each, with their position', () => {
  const good = `{${HEAD},"v":1}`;

  it.each([
    ['nested arrays', `{${HEAD},"v":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'TOO_DEEP'],
    ['nested objects', `{${HEAD},"v":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`, 'TOO_DEEP'],
    ['too many keys', `{${HEAD},${members(10_001, String)}}`, 'TOO_MANY_KEYS'],
    [
      'too many keys together with those of the unwrapped object',
      `{${HEAD},${members(6_000, String)},"t":{${members(6_000, String)}}}`,
      'TOO_MANY_KEYS',
    ],
  ])('%s', async (_, bad, code) => {
    const source = await workspace.open(await workspace.write('in', [good, bad, good]));
    const index = await workspace.prepare(source);
    const { manifest, stageDir } = await workspace.pull(source, index);
    const rejects = [...(await workspace.rejects()), ...(await workspace.rejects(stageDir, 't'))];
    expect(rejects).toEqual([
      expect.objectContaining({ code, position: `${workspace.file('in')}:2`, raw: bad }),
    ]);
    expect(manifest.datasets[0]).toMatchObject({ rows: 2 });
    expect(index.datasets[0]!.schema.fields.map(({ name }) => name)).toEqual([
      'closed_at',
      'ledger',
      'ledger_sequence',
      'type',
      'v',
    ]);
  });
});

it('a type whose messages have too many keys in total is refused, with the first message beyond the limit', async () => {
  const keys = (from: number): string =>
    Array.from({ length: 6_000 }, (_, index) => `"k${from + index}":1`).join();
  const lines = [`{${HEAD},${keys(0)}}`, `{${HEAD},${keys(0)}}`, `{${HEAD},${keys(5_000)}}`];
  const source = await workspace.open(await workspace.write('in', lines));
  await expect(workspace.prepare(source)).rejects.toMatchObject({
    code: 'SCHEMA_CONFLICT',
    details: { dataset: 't', position: `${workspace.file('in')}:3` },
  });
});
