import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Archive } from '@parquetry/archive';
import type { Field, TableSchema } from '@parquetry/schema';
import { openStore } from '@parquetry/storage';
import { Output } from '../output';
import { createProgram } from '../program';

const V1: TableSchema = {
  messageType: 'payments',
  origin: 'inferred',
  doc: 'A payment',
  fields: [
    { id: 1, name: 'ledger_sequence', type: { type: 'uint32' }, nullable: false, doc: 'The ledger.' },
    { id: 2, name: 'closed_at', type: { type: 'timestamp', unit: 'us', timezone: 'UTC' }, nullable: false },
    { id: 3, name: 'fee', type: { type: 'int64' }, nullable: true },
  ],
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
};
const memo: Field = { id: 4, name: 'memo', type: { type: 'utf8' }, nullable: true };
const V2: TableSchema = { ...V1, fields: [...V1.fields, memo] };
const BROKEN: TableSchema = {
  ...V2,
  fields: V2.fields.map((field) => (field.id === 3 ? { ...field, type: { type: 'float64' } } : field)),
};

let folder: string;
let root: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parquetry-cli-'));
  root = path.join(folder, 'archive');
  const archive = await Archive.open(openStore(root), {
    create: {
      formatVersion: 1,
      network: 'testnet',
      layout: { kind: 'ledger_day' },
      integers: 'unsigned',
      nesting: 'struct',
    },
  });
  await archive.registry.register('payments', V1);
  const schema = await archive.registry.register('payments', V2);
  await archive.dataset('payments').publish({
    range: { start: 10, end: 19 },
    schema,
    settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
    contentHash: '0'.repeat(64),
    files: [],
    ledgers: [],
    rejectedLedgers: [],
    proof: { kind: 'declared' },
    writer: { test: '1' },
  });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** What a command printed on both streams, and its exit code. */
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const spies = [
    jest.spyOn(console, 'log').mockImplementation((line: unknown) => void out.push(String(line))),
    jest.spyOn(console, 'error').mockImplementation((line: unknown) => void err.push(String(line))),
  ];
  const output = new Output(args.includes('--json'));
  let code = -1;
  const program = createProgram(output, (done) => (code = done), args);
  try {
    await program.parseAsync([...args, '--archive', root], { from: 'user' });
  } catch (error) {
    code = output.fail(error);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return { code, out: out.join('\n'), err: err.join('\n') };
}

async function json(...args: string[]): Promise<{ code: number; document: Record<string, unknown> }> {
  const { code, out } = await run(...args, '--json');
  return { code, document: JSON.parse(out) as Record<string, unknown> };
}

async function file(schema: TableSchema): Promise<string> {
  const name = path.join(folder, 'candidate.json');
  await writeFile(name, JSON.stringify(schema));
  return name;
}

describe('parquetry schema', () => {
  it('list and show', async () => {
    expect((await json('schema', 'list')).document).toMatchObject({
      schemas: [{ subject: 'payments', version: 2, mode: 'BACKWARD', columns: 4, ledgers: { start: 1 } }],
    });
    expect((await run('schema', 'show', 'payments', '1')).out).toContain('payments v1 (inferred)');
    expect(await json('schema', 'show', 'payments', '9')).toMatchObject({
      code: 2,
      document: { error: { code: 'USAGE', hint: 'Its versions are 1 to 2.' } },
    });
    expect((await json('schema', 'show', 'other')).document).toMatchObject({ error: { code: 'USAGE' } });
  });

  it('diff lists the changes, one per line', async () => {
    expect(await run('schema', 'diff', 'payments', '1', '2')).toMatchObject({
      code: 0,
      out: '+ memo: utf8, nullable',
    });
    expect((await run('schema', 'diff', 'payments', '2', '1')).out).toMatch(
      /^- memo: utf8, nullable {2}\(breaks readers: /,
    );
    expect((await run('schema', 'diff', 'payments', '2', '2')).out).toContain('are equal');
    expect(await json('schema', 'diff', 'payments', '1', '2')).toEqual({
      code: 0,
      document: {
        subject: 'payments',
        from: 1,
        to: 2,
        backward: true,
        changes: [
          {
            kind: 'added',
            path: 'memo',
            after: 'utf8, nullable',
            rule: 'add_column',
            text: '+ memo: utf8, nullable',
          },
        ],
      },
    });
  });

  it('check exits 0 for a compatible schema and 1 for another, and writes nothing', async () => {
    const more: TableSchema = { ...V2, fields: [...V2.fields, { ...memo, id: 5, name: 'asset' }] };
    expect(await run('schema', 'check', 'payments', await file(more))).toMatchObject({
      code: 0,
      out: '+ asset: utf8, nullable\nCompatible with payments version 2 in mode BACKWARD.',
    });
    expect((await run('schema', 'check', 'payments', await file(V2))).out).toContain(
      'has this schema already',
    );
    expect((await run('schema', 'check', 'fresh', await file(V2))).out).toContain('first version of fresh');
    const broken = await run('schema', 'check', 'payments', await file(BROKEN));
    expect(broken).toMatchObject({ code: 1, out: '~ fee: int64 → float64' });
    expect(broken.err).toContain('parquetry schema promote payments --from LEDGER');
    expect(await json('schema', 'check', 'payments', await file(BROKEN), '--mode', 'forward')).toMatchObject({
      code: 1,
      document: {
        compatible: false,
        mode: 'FORWARD',
        version: 2,
        error: { code: 'SCHEMA_CONFLICT' },
        breaking: [{ direction: 'forward', change: { text: '~ fee: int64 → float64' } }],
      },
    });
    expect((await run('schema', 'check', 'payments', await file(BROKEN), '--mode', 'NONE')).code).toBe(0);
    expect((await json('schema', 'list')).document).toMatchObject({ schemas: [{ version: 2 }] });
  });

  it('check distinguishes invalid input from an incompatible schema', async () => {
    await writeFile(path.join(folder, 'bad.json'), '{"fields": 1}');
    for (const args of [['bad.json'], ['absent.json'], ['bad.json', '--mode', 'UP']])
      expect(
        (await run('schema', 'check', 'payments', path.join(folder, ...args.slice(0, 1)), ...args.slice(1)))
          .code,
      ).toBe(2);
  });

  it('promote creates a major once, after the committed ledgers', async () => {
    const { code, document } = await json('schema', 'promote', 'payments', '--from', '15');
    expect([code, document]).toMatchObject([
      1,
      { error: { code: 'COMMIT_CONFLICT', hint: 'Promote from ledger 20 on.' } },
    ]);
    expect((await run('schema', 'promote', 'payments', '--from', '20')).out).toContain(
      'payments.v2 has ledgers from 20; payments keeps 1-19.',
    );
    expect(await json('schema', 'promote', 'payments', '--from', '20')).toMatchObject({
      code: 0,
      document: { outcome: 'exists', major: { dataset: 'payments.v2', range: { start: 20 } } },
    });
    expect((await json('schema', 'list')).document).toMatchObject({
      schemas: [{ ledgers: { start: 1, end: 19 } }],
    });
  });

  it.each([
    ['arrow', '"name": "fee"'],
    ['json-schema', 'https://json-schema.org/draft/2020-12/schema'],
    ['avro', '"logicalType": "timestamp-micros"'],
    ['sql', 'CREATE TABLE "payments" ('],
  ])('export prints %s, or writes it', async (format, part) => {
    const printed = await run('schema', 'export', 'payments', '--format', format);
    expect(printed.code).toBe(0);
    expect(printed.out).toContain(part);
    if (format !== 'sql') JSON.parse(printed.out);
    expect((await json('schema', 'export', 'payments', '1', '--format', format)).document).toMatchObject({
      version: 1,
      format,
    });
    const out = path.join(folder, 'out');
    expect((await run('schema', 'export', 'payments', '--format', format, '--out', out)).code).toBe(0);
    const bytes = await readFile(out);
    if (format === 'arrow') expect(bytes.readInt32LE(0)).toBe(-1);
    else expect(bytes.toString().trim()).toBe(printed.out);
  });

  it('views prints a view on each dataset, also on one without files', async () => {
    const { code, out } = await run('views');
    expect(code).toBe(0);
    expect(out).toContain('CREATE OR REPLACE VIEW "payments" AS');
    expect(out).toContain('CAST(NULL AS UINTEGER) AS "ledger_sequence"');
    expect((await json('views')).document).toMatchObject({ views: [{ name: 'payments', files: 0 }] });
    expect((await run('views', '--dataset', 'other')).code).toBe(2);
  });
});
