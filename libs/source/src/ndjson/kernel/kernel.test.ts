import { execFileSync } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { LedgerRange } from '@parquetry/core';
import type { DataType, TableSchema } from '@parquetry/schema';
import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { PlainColumn } from '../../stage/plain/column';
import { ALL, Workspace } from '../testing/workspace';
import { CountKernel } from './counts';
import { Kernel } from './kernel';
import { RowKernel } from './rows';

const ROOT = path.resolve(__dirname, '../../../../..');

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.create();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await workspace.remove();
});

/** Rows that the kernel took in this test. */
let taken = 0;
beforeEach(() => {
  taken = 0;
  const take = RowKernel.prototype.take;
  jest.spyOn(RowKernel.prototype, 'take').mockImplementation(function (this: RowKernel<never>, start, end) {
    const run = take.call(this, start, end);
    taken += run.rows;
    return run;
  });
});

const field = (id: number, name: string, type: DataType, nullable = true) => ({ id, name, type, nullable });

function schemaOf(messageType: string, wide: boolean): TableSchema {
  return {
    messageType,
    origin: 'predefined',
    ledgerColumn: 'ledger_sequence',
    closeTimeColumn: 'closed_at',
    fields: [
      field(1, 'ledger_sequence', { type: wide ? 'int64' : 'uint32' }, false),
      field(2, 'closed_at', { type: 'timestamp', unit: 'us', timezone: 'UTC' }, false),
      field(3, 'text', { type: 'utf8' }),
      field(4, 'raw', { type: 'json' }),
      field(5, 'i32', { type: 'int32' }),
      field(6, 'u32', { type: 'uint32' }),
      field(7, 'i64', { type: 'int64' }),
      field(8, 'u64', { type: 'uint64' }),
      field(9, 'flag', { type: 'bool' }),
      field(10, 'at', { type: 'timestamp', unit: 'us', timezone: 'UTC' }),
      field(11, 'price', { type: 'float64' }),
      field(12, 'type', { type: 'utf8' }),
      field(13, 'ledger', { type: 'uint32' }),
    ],
  };
}

const schemas = new Map([
  ['a', schemaOf('a', false)],
  ['b', schemaOf('b', true)],
]);

/**
 * A stage's files by name: of parts what their rows hold, whatever pages they lie in; of the manifest all but its own
 * name and the parts' sizes.
 */
async function contents(dir: string): Promise<Record<string, string>> {
  const names = (await readdir(dir)).sort();
  const texts = await Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(path.join(dir, name));
      return name.endsWith('.parquet') ? rowsOf(bytes) : bytes.toString('latin1');
    }),
  );
  return Object.fromEntries(
    names.map((name, index) => [
      name,
      String(texts[index]).replace(/"stageId":"stage-\d+",|"parts":\[[\d,]*\],?/g, ''),
    ]),
  );
}

/** The rows of a staged part as text, each byte of them. */
async function rowsOf(bytes: Buffer): Promise<string> {
  const file = Uint8Array.from(bytes).buffer;
  const raw = (value: unknown): unknown => value;
  const parsers = { ...DEFAULT_PARSERS, timestampFromMicroseconds: raw, stringFromBytes: raw };
  const rows = await parquetReadObjects({ file, parsers });
  return JSON.stringify(rows, (_, value: unknown) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
    return typeof value === 'bigint' || Object.is(value, -0) ? `${String(value)}, a number` : value;
  });
}

/** What pulls leave of a file, with the kernel and without it. */
async function bothWays(
  content: Buffer,
  range: LedgerRange = ALL,
): Promise<[Record<string, string>, Record<string, string>]> {
  const source = await workspace.open(await workspace.write('in', content), { schemas });
  const index = await workspace.prepare(source);
  const fast = await contents((await workspace.pull(source, index, range)).stageDir);
  jest.spyOn(Kernel.prototype, 'useful', 'get').mockReturnValue(false);
  const slow = await contents((await workspace.pull(source, index, range)).stageDir);
  jest.spyOn(Kernel.prototype, 'useful', 'get').mockRestore();
  return [fast, slow];
}

const digits = (size: number) => fc.stringMatching(new RegExp(`^-?(0|[1-9][0-9]{0,${size}})$`));
const jsonText = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom(
    '{"k":1,"k":2}',
    '[1,[2,[3.5e-7]]]',
    '"\\ud83d\\ude00"',
    '"\\ud83d"',
    '"\\u0000\\n"',
    '{"\\u0061":0,"a":1}',
    '[1 , 2\t]',
    '{"é":"ü"}',
  ),
);
const values: Readonly<Record<string, fc.Arbitrary<string>>> = {
  text: fc.oneof(
    { weight: 6, arbitrary: fc.stringMatching(/^[ -!#-[\]-~]{0,70}$/).map((text) => `"${text}"`) },
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify(text)),
    fc.constantFrom('"\\ud800"', '"é"', '5', '{"x":1}'),
  ),
  raw: jsonText,
  i32: fc.oneof(
    { weight: 6, arbitrary: digits(8) },
    fc.constantFrom('2147483647', '-2147483648', '2147483648', '1.0', '1e2', '-0', '"5"'),
  ),
  u32: fc.oneof({ weight: 6, arbitrary: digits(8) }, fc.constantFrom('4294967295', '4294967296', '-1', '0')),
  i64: fc.oneof(
    { weight: 6, arbitrary: digits(17) },
    fc.constantFrom(
      '9223372036854775807',
      '-9223372036854775808',
      '9223372036854775808',
      '999999999999999999',
    ),
  ),
  u64: fc.oneof(
    { weight: 6, arbitrary: digits(18) },
    fc.constantFrom('18446744073709551615', '18446744073709551616', '9223372036854775808'),
  ),
  flag: fc.constantFrom('true', 'false', 'true', 'false', 'null', 'tru', '1'),
  at: fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .date({ min: new Date('0002-01-01'), max: new Date('9998-01-01'), noInvalidDate: true })
        .map((date) => `"${date.toISOString()}"`),
    },
    fc.constantFrom(
      '"2024-02-29T23:59:59Z"',
      '"2023-02-29T00:00:00Z"',
      '"2025-07-13t09:36:17z"',
      '"2025-07-13T09:36:17.1234567Z"',
      '"2025-07-13T09:36:17.1234560Z"',
      '"2025-07-13T09:36:17+02:00"',
      '"0001-01-01T00:00:00Z"',
      '"2025-07-13T09:36:60Z"',
      '"2025-07-13"',
    ),
  ),
  price: fc.constantFrom('1.5', '-0.0', '0.1', '1e400'),
};
const names = Object.keys(values);

/** Keys that have no column: their nulls say nothing. */
const ghosts = ['ghost', 'g\\u0068ost 2', 'TEXT', '', 'x.y'];

/** A structure: its members in order, nulls, spaces, and the position of the rest. */
const template = fc.record({
  type: fc.constantFrom('a', 'b', 'c'),
  members: fc.shuffledSubarray(names, { minLength: 1 }),
  nulls: fc.subarray(names),
  ghosts: fc.shuffledSubarray(ghosts, { maxLength: 2 }),
  space: fc.constantFrom('', '', ' '),
  time: fc.constantFrom('closed_at', 'closed_at', 'unix'),
  end: fc.constantFrom('\n', '\n', '\n', '\r\n', ' \n'),
});

const line = (shape: typeof template extends fc.Arbitrary<infer T> ? T : never) =>
  fc
    .tuple(
      fc.record(
        Object.fromEntries(shape.members.map((name) => [name, values[name] as fc.Arbitrary<string>])),
      ),
      fc.nat({ max: 5 }),
      fc.constantFrom(0, 0, 0, 0, 1),
    )
    .map(([found, ledger, odd]) => {
      const seconds = 1_752_364_800 + ledger * 86_399 + odd * 7;
      const time =
        shape.time === 'unix' ? String(seconds) : `"${new Date(seconds * 1000).toISOString().slice(0, 19)}Z"`;
      const members = shape.members.map(
        (name) => `"${name}":${shape.space}${shape.nulls.includes(name) ? 'null' : String(found[name])}`,
      );
      const unknown = shape.ghosts.map((name) => `"${name}":${shape.space}null,`).join('');
      return `{"type":"${shape.type}",${members.join(',')},${unknown}"ledger":${100 + ledger},"closed_at":${time}}${shape.end}`;
    });

const junk = fc.constantFrom(
  '\n',
  '  \n',
  '{"type":"a"}\n',
  '{"type":"a","ledger":0,"closed_at":0}\n',
  'nothing\n',
  '{"type":"a","ledger":5\n',
);

/** Lines of a few structures, with others among them. */
const messages = fc.array(template, { minLength: 1, maxLength: 4 }).chain((templates) =>
  fc.array(fc.oneof({ weight: 30, arbitrary: fc.oneof(...templates.map(line)) }, junk), {
    minLength: 60,
    maxLength: 200,
  }),
);

/** What an index pass finds, with the kernel and without it. */
async function bothIndexes(
  content: Buffer,
  range: LedgerRange,
  known: ReadonlyMap<string, TableSchema>,
): Promise<[unknown, unknown]> {
  const source = await workspace.open(await workspace.write('in', content), { schemas: known });
  const look = async () => [await workspace.prepare(source, range), await workspace.rejects()];
  const fast = await look();
  jest.spyOn(Kernel.prototype, 'useful', 'get').mockReturnValue(false);
  const slow = await look();
  jest.spyOn(Kernel.prototype, 'useful', 'get').mockRestore();
  return [fast, slow];
}

describe('the line kernel', () => {
  it('and the layout of its memory are those of libs/source/kernel', () => {
    execFileSync(process.execPath, [path.join(ROOT, 'tools/kernel.mjs'), '--check'], { stdio: 'pipe' });
  }, 120_000);

  it('stages the same as the single-line reader, for any messages of a few structures', async () => {
    let rows = 0;
    await fc.assert(
      fc.asyncProperty(messages, fc.constantFrom(ALL, { start: 101, end: 103 }), async (lines, range) => {
        taken = 0;
        const [fast, slow] = await bothWays(Buffer.from(lines.join('')), range);
        expect(fast).toEqual(slow);
        rows += taken;
      }),
      { numRuns: 60 },
    );
    expect(rows).toBeGreaterThan(500);
  }, 240_000);

  it('finds the same blocks, counts and types in an index pass, with known and inferred schemas', async () => {
    let lines = 0;
    const { take } = CountKernel.prototype;
    jest.spyOn(CountKernel.prototype, 'take').mockImplementation(function (this: CountKernel, start, end) {
      const run = take.call(this, start, end);
      lines += run.lines;
      return run;
    });
    await fc.assert(
      fc.asyncProperty(
        messages,
        fc.constantFrom(ALL, { start: 101, end: 103 }),
        fc.constantFrom(schemas, new Map<string, TableSchema>()),
        async (content, range, known) => {
          const [fast, slow] = await bothIndexes(Buffer.from(content.join('')), range, known);
          expect(fast).toEqual(slow);
        },
      ),
      { numRuns: 80 },
    );
    expect(lines).toBeGreaterThan(500);
  }, 240_000);

  it('counts the lines of a type without a schema already in its first index pass', async () => {
    let lines = 0;
    const { take } = CountKernel.prototype;
    jest.spyOn(CountKernel.prototype, 'take').mockImplementation(function (this: CountKernel, start, end) {
      const run = take.call(this, start, end);
      lines += run.lines;
      return run;
    });
    const ROWS = 3_000;
    const message = (row: number): string =>
      `{"type":"fresh","ledger_sequence":${1 + (row >> 5)},"closed_at":"2025-07-13T00:0${row % 10}:00Z","seen_at":"2025-07-13T00:00:00.${row % 7}Z","text":"row ${row}","n":${row * 1e6},"zero":${row % 2 === 0 ? '-0' : row}}\n`;
    const content = Buffer.from(Array.from({ length: ROWS }, (_, row) => message(row)).join(''));
    const [fast, slow] = await bothIndexes(content, ALL, new Map());
    expect(fast).toEqual(slow);
    expect(lines).toBeGreaterThan(ROWS - 50);
  });

  it('is not tried for lines that it does not support', async () => {
    const ROWS = 3_000;
    const message = (row: number): string =>
      `{"type":"a","price":${row}.5,"ledger":${1 + (row >> 5)},"closed_at":"2025-07-13T00:00:00Z"}\n`;
    const [fast, slow] = await bothWays(
      Buffer.from(Array.from({ length: ROWS }, (_, row) => message(row)).join('')),
    );
    expect(fast).toEqual(slow);
    expect(RowKernel.prototype.take).not.toHaveBeenCalled();
  });

  it('does so for arbitrary bytes among plain messages', async () => {
    const plain = (row: number) =>
      `{"type":"a","text":"row ${row}","i64":${row * 1e9},"ledger":${1 + Math.floor(row / 100)},"closed_at":"2025-07-13T00:00:00Z"}\n`;
    await fc.assert(
      fc.asyncProperty(
        // Bytes that are not UTF-8 keep their whole block from the kernel, so half of the pieces are text.
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 40 }),
            fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => Buffer.from(text)),
          ),
          { minLength: 3, maxLength: 12 },
        ),
        async (pieces) => {
          const content = pieces.flatMap((piece, index) => [
            Buffer.from(Array.from({ length: 50 }, (_, row) => plain(index * 50 + row)).join('')),
            piece,
          ]);
          const [fast, slow] = await bothWays(Buffer.concat(content));
          expect(fast).toEqual(slow);
        },
      ),
      { numRuns: 40 },
    );
    expect(taken).toBeGreaterThan(0);
  }, 240_000);

  it('fills whole vectors and closes parts where the single-line reader does, with lines of any length', async () => {
    const lines = Array.from({ length: 30_000 }, (_, row) => {
      const size = row % 1_777 === 0 ? 300_000 : row % 97;
      return `{"type":"${row % 5 === 0 ? 'b' : 'a'}","text":"${'x'.repeat(size)}","raw":{"n":[${row},{"deep":"${'y'.repeat(900)}"}]},"ledger":${1 + Math.floor(row / 300)},"closed_at":"2025-07-13T00:00:00Z"}\n`;
    });
    const [fast, slow] = await bothWays(Buffer.from(lines.join('')));
    expect(Object.keys(fast).length).toBeGreaterThan(4);
    for (const [name, text] of Object.entries(slow))
      expect(fast[name] === text ? name : `other ${name}`).toBe(name);
    expect(taken).toBeGreaterThan(29_000);
  }, 120_000);

  it('reads a last line without a line end, and files with a byte order mark', async () => {
    const message = (row: number) =>
      `{"type":"a","u32":${row},"ledger":7,"closed_at":"2025-07-13T00:00:00Z"}`;
    const text = Array.from({ length: 40 }, (_, row) => message(row)).join('\n');
    const [fast, slow] = await bothWays(Buffer.from(`\ufeff${text}`));
    expect(fast).toEqual(slow);
    // The first line is learnt from, the second one makes the kernel learn.
    expect(taken).toBe(38);
    expect(JSON.parse(fast['manifest.json'] as string)).toMatchObject({ datasets: [{ rows: 40 }] });
  });

  it('reads lines with nulls under keys without a column, as the single-line reader does', async () => {
    const message = (row: number) =>
      `{"type":"a","ghost":null,"u32":${row},"ledger":7,"x y":null,"closed_at":"2025-07-13T00:00:00Z"}`;
    const text = Array.from({ length: 40 }, (_, row) => message(row)).join('\n');
    const content = Buffer.from(text.replace(/"ghost":null(?=,"u32":39)/, '"ghost":5'));
    const source = await workspace.open(await workspace.write('in', content), { schemas });
    const index = await workspace.prepare(source);
    const datasets = index.datasets.map((entry) => ({ ...entry, schema: schemaOf('a', false) }));
    const pull = async () => contents((await workspace.pull(source, { ...index, datasets })).stageDir);
    const fast = await pull();
    expect(taken).toBe(37);
    jest.spyOn(Kernel.prototype, 'useful', 'get').mockReturnValue(false);
    expect(await pull()).toEqual(fast);
    expect(JSON.parse(fast['manifest.json'] as string)).toMatchObject({
      datasets: [{ rows: 39, rejected: 1 }],
    });
    expect(fast['a.rejects.ndjson']).toContain('UNKNOWN_COLUMN');
  });

  it('leaves out rows whose close time is in a different folder from their ledger', async () => {
    const message = (row: number, time: string) =>
      `{"type":"a","u32":${row},"ledger":${1 + (row >> 3)},"closed_at":"${time}"}\n`;
    const lines = Array.from({ length: 400 }, (_, row) =>
      message(row, row % 11 === 5 ? '2025-07-14T00:00:01Z' : '2025-07-13T23:59:59Z'),
    );
    const source = await workspace.open(await workspace.write('in', Buffer.from(lines.join(''))), {
      schemas,
    });
    const index = await workspace.prepare(source);
    const asked = { layout: { kind: 'ledger_day' as const } };
    const { manifest, stageDir } = await workspace.pull(source, index, ALL, asked);
    expect(taken).toBeGreaterThan(300);
    const rejected = manifest.datasets[0]?.rejected;
    expect(rejected).toBeGreaterThan(20);
    const fast = await contents(stageDir);
    jest.spyOn(Kernel.prototype, 'useful', 'get').mockReturnValue(false);
    expect(await contents((await workspace.pull(source, index, ALL, asked)).stageDir)).toEqual(fast);
  });

  describe('with columns of few distinct values', () => {
    const message = (row: number, text: string) =>
      `{"type":"a","text":"${text}","u32":${row},"ledger":${1 + (row >> 7)},"closed_at":"2025-07-13T00:00:00Z"}\n`;
    const ROWS = 12_000;
    /** Of any column of any part. */
    let mostPages = 0;
    const lines = (text: (row: number) => string): Buffer =>
      Buffer.from(Array.from({ length: ROWS }, (_, row) => message(row, text(row))).join(''));

    /** Stages the lines; how many values of the text column have codes, part by part. */
    async function codes(content: Buffer): Promise<number[]> {
      const counts: number[] = [];
      mostPages = 0;
      const pages = PlainColumn.prototype.pages;
      jest.spyOn(PlainColumn.prototype, 'pages').mockImplementation(function (this: PlainColumn) {
        const made = pages.call(this);
        counts.push(made.dictionary?.entries ?? 0);
        mostPages = Math.max(mostPages, made.data.length);
        return made;
      });
      const [fast, slow] = await bothWays(content);
      expect(fast).toEqual(slow);
      expect(taken).toBeGreaterThan(0);
      const text = schemaOf('a', false).fields.findIndex(({ name }) => name === 'text');
      return counts.filter((_, index) => index % schemaOf('a', false).fields.length === text);
    }

    it('stages codes', async () => {
      expect(await codes(lines((row) => `value ${row % 256} ${'x'.repeat(40)}`))).toEqual([256, 0]);
    });

    it('stops coding when there are more values', async () => {
      expect(await codes(lines((row) => `value ${row}`))).toEqual([256, 0]);
    });

    it('stops coding when values are too large', async () => {
      const wide = (row: number): string =>
        row % 100 === 0 ? `${row % 500}${'x'.repeat(20_000)}` : 'narrow';
      const [first] = await codes(lines(wide));
      expect(first).toBeGreaterThan(1);
      expect(first).toBeLessThan(6);
    });

    it('stops coding when values collide in the hash table on purpose', async () => {
      const FACTOR = 0x9e3779b97f4a7c15n;
      const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
      const slot = (text: string): bigint => {
        const hash = wrap((wrap(8n * FACTOR) ^ Buffer.from(text).readBigUInt64LE()) * FACTOR);
        return (wrap((hash ^ (hash >> 32n)) * FACTOR) >> 32n) & 511n;
      };
      const meeting: string[] = [];
      for (let number = 10_000_000; meeting.length < 100; number += 1)
        if (slot(String(number)) === 7n) meeting.push(String(number));
      const [first] = await codes(lines((row) => meeting[row % 100] as string));
      expect(first).toBe(32);
    });

    it('stages values for the rest of a part that alternates between codes and values', async () => {
      const turns = lines((row) => (row % 40 === 39 ? `\\u0041 ${row}` : `value ${row % 10}`));
      expect(await codes(turns)).toEqual([10, 0]);
      expect(mostPages).toBe(65);
    });
  });
});
