import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';

type Message = readonly [type: string, ledger: number, v: number];

const FIRST: readonly Message[] = [
  ['a', 1, 1],
  ['a', 2, 2],
];
const SECOND: readonly Message[] = [['b', 2, 3]];

/** A change of the source between two runs of one command, with the values of `a` and `b` that the source has then. */
const CHANGES: readonly (readonly [string, Readonly<Record<string, readonly Message[] | undefined>>])[] = [
  ['had a message appended for a committed ledger', { first: [...FIRST, ['a', 2, 4]] }],
  ['had messages of a committed ledger cut off', { first: FIRST.slice(0, 1) }],
  ['was written again with other values', { first: [FIRST[0] as Message, ['a', 2, 20]] }],
  ['lost a file with messages of the same type', { first: FIRST, third: undefined }],
  ['lost the file with all messages of a type', { second: undefined }],
];

describe('a source that changes between two runs of the same command', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => {
    await sandbox.dev();
  }, 120_000);
  afterAll(() => sandbox.dispose());

  function write(folder: string, files: Readonly<Record<string, readonly Message[] | undefined>>): void {
    mkdirSync(sandbox.path(folder), { recursive: true });
    for (const [name, messages] of Object.entries(files)) {
      const file = sandbox.path(folder, `${name}.ndjson`);
      const lines = messages?.map(
        ([type, ledger, v]) =>
          `{"type":"${type}","ledger":${ledger},"closed_at":"2025-01-01T00:00:00Z","v":${v}}\n`,
      );
      if (lines === undefined) rmSync(file);
      else writeFileSync(file, lines.join(''));
    }
  }

  it.each(CHANGES.map(([what, change], index) => [what, change, `case${index}`] as const))(
    'that %s is reported by a fill and read by a replace',
    async (what, change, name) => {
      const third: readonly Message[] | undefined = 'third' in change ? [['a', 1, 5]] : undefined;
      const before = { first: FIRST, second: SECOND, ...(third === undefined ? {} : { third }) };
      write(name, before);
      const archive = `${name}.archive`;
      const command = [
        ...['backfill', '--source', `ndjson:${name}/*.ndjson`, '--archive', archive],
        ...['--ledgers', '1-2', '--partition-size', '1'],
      ];
      const run = (...more: string[]) => sandbox.json<BackfillResult>([...command, ...more]);
      const values = async (type: string): Promise<number[]> => {
        const query = ['query', '--archive', archive, `select v from ${type} order by v`];
        const { document } = await sandbox.json<{ rows: readonly (readonly number[] | { v: number })[] }>(
          query,
        );
        return document.rows.map((row) => Number(Array.isArray(row) ? row[0] : (row as { v: number }).v));
      };
      const of = (files: Readonly<Record<string, readonly Message[] | undefined>>, type: string): number[] =>
        Object.values(files)
          .flatMap((messages) => messages ?? [])
          .filter(([own]) => own === type)
          .map(([, , v]) => v)
          .sort((x, y) => x - y);

      expect((await run()).code).toBe(0);
      write(name, change);
      const after: typeof change = { ...before, ...change };

      const filled = await run();
      expect({ what, code: filled.code }).toEqual({ what, code: 0 });
      const notes = filled.document.datasets.flatMap(({ note }) => note ?? []);
      const counted = of(before, 'a').length === of(after, 'a').length;
      if (counted) expect(notes).toEqual([]);
      else
        expect(notes).toEqual([expect.stringMatching(/when the source had other messages; --mode replace/)]);
      expect(await values('a')).toEqual(of(before, 'a'));
      expect(await values('b')).toEqual(of(before, 'b'));

      const replaced = await run('--mode', 'replace');
      expect({ what, code: replaced.code }).toEqual({ what, code: 0 });
      const left = replaced.document.datasets.flatMap(({ note }) => note ?? []);
      expect(await values('a')).toEqual(of(after, 'a'));
      // Rows of a type that the source no longer has are kept, and the run reports it.
      const gone = of(after, 'b').length === 0;
      if (gone) expect(left).toEqual([expect.stringMatching(/^b: the source has no messages of this type/)]);
      else expect(left).toEqual([]);
      expect(await values('b')).toEqual(of(before, 'b'));
    },
    240_000,
  );
});
