import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { spawn } from 'node:child_process';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';
import { PYTHON, python } from '../support/python';

const ROOT = path.resolve(__dirname, '../..');
const message = (ledger: number, more: object): string =>
  JSON.stringify({ type: 'reading', ledger, closed_at: '2025-07-13T09:36:17Z', n: ledger, ...more });

/** Registers a schema with one more column in a separate process, at a given time. */
const REGISTER = `
const { SchemaRegistry } = require('@parquetry/archive');
const { LocalStore } = require('@parquetry/storage');
const [root, base, name, at] = process.argv.slice(1);
const schema = JSON.parse(base);
schema.fields.push({ id: 100, name, type: { type: 'utf8' }, nullable: true });
setTimeout(async () => {
  const { version, schema: own } = await new SchemaRegistry(new LocalStore(root)).extend('reading', schema);
  console.log(JSON.stringify({ version, names: own.fields.map((field) => field.name) }));
}, Number(at) - Date.now());
`;

interface Registered {
  readonly version: number;
  readonly names: readonly string[];
}

interface SchemaObject {
  readonly parent?: string;
  readonly fingerprint: string;
  readonly schema: { readonly fields: readonly { readonly id: number; readonly name: string }[] };
}

describe('two runs that add columns concurrently', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());
  const archive = sandbox.path('archive');
  const versions = (): SchemaObject[] => {
    const folder = path.join(archive, '_parquetry/schemas/reading');
    return readdirSync(folder)
      .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
      .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as SchemaObject);
  };
  const backfill = (
    file: string,
    ledgers: string,
  ): Promise<{ code: number | null; document: BackfillResult; stderr: string }> =>
    sandbox.json([
      ...['backfill', '--source', `ndjson:${sandbox.path(file)}`, '--archive', archive],
      ...['--ledgers', ledgers, '--partition-size', '2'],
    ]);

  it('both commit as backfills, with all columns in one table', async () => {
    const files: readonly [string, number, (ledger: number) => object][] = [
      ['base.ndjson', 101, () => ({})],
      ['memo.ndjson', 111, (ledger) => ({ memo: `m${ledger}` })],
      ['tip.ndjson', 121, (ledger) => ({ tip: ledger, place: { lat: ledger } })],
    ];
    for (const [file, first, more] of files) {
      const lines = Array.from({ length: 10 }, (_, index) => message(first + index, more(first + index)));
      writeFileSync(sandbox.path(file), `${lines.join('\n')}\n`);
    }
    expect((await backfill('base.ndjson', '101-110')).code).toBe(0);
    const both = await Promise.all([backfill('memo.ndjson', '111-120'), backfill('tip.ndjson', '121-130')]);
    for (const { code, stderr } of both) expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    const all = versions();
    expect(all).toHaveLength(3);
    expect(all[2]?.parent).toBe(all[1]?.fingerprint);
    const names = all[2]?.schema.fields.map(({ name }) => name) ?? [];
    expect([...names].sort()).toEqual([
      'closed_at',
      'ledger',
      'ledger_sequence',
      'memo',
      'n',
      'place',
      'tip',
      'type',
    ]);
    if (PYTHON === undefined) return;
    const folder = path.join(archive, 'reading');
    const seen = (column: string) =>
      python<{ rows: number; same: boolean; values: [number, number, unknown][] }>('evolution.py', [
        ...[folder, 'n', 'ledger_sequence', column],
      ]);
    const memo = seen('memo');
    expect([memo.rows, memo.same]).toEqual([30, true]);
    expect(memo.values.filter(([, , value]) => value !== null)).toEqual(
      Array.from({ length: 10 }, (_, index) => [111 + index, 111 + index, `m${111 + index}`]),
    );
    expect(seen('tip').values.filter(([, , value]) => value !== null)).toEqual(
      Array.from({ length: 10 }, (_, index) => [121 + index, 121 + index, 121 + index]),
    );
  }, 240_000);

  it('register versions with the columns of both, one after the other, as two processes', async () => {
    const before = versions();
    const base = JSON.stringify(before[0]?.schema);
    const at = Date.now() + 3_000;
    const register = (name: string): Promise<Registered> =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, ['-e', REGISTER, archive, base, name, String(at)], {
          cwd: ROOT,
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let text = '';
        child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
        child.on('error', reject);
        child.on('close', () => resolve(JSON.parse(text) as Registered));
      });
    const names = ['extra_a', 'extra_b', 'extra_a'];
    const got = await Promise.all(names.map(register));
    got.forEach(({ names: found }, index) => expect(found).toContain(names[index]));
    // The same column from two processes is one version.
    expect(got[0]?.version).toBe(got[2]?.version);
    const all = versions();
    expect(all).toHaveLength(before.length + 2);
    all.slice(1).forEach(({ parent }, index) => expect(parent).toBe(all[index]?.fingerprint));
    const ids = all.at(-1)?.schema.fields.map(({ id }) => id) ?? [];
    expect(new Set(ids).size).toBe(ids.length);
  }, 60_000);
});
