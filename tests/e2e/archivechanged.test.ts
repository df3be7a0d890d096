import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Archive } from '@parquetry/archive';
import { openStore } from '@parquetry/storage';
import type { BackfillResult } from '@parquetry/workflows';
import { type Finished, Sandbox } from '../support/cli';
import { coverageOf } from '../support/coverage';
import { PYTHON } from '../support/python';

const READ = `
import json, os, sys
from deltalake import DeltaTable
print(json.dumps(sorted(row['v'] for row in DeltaTable(sys.argv[1]).to_pyarrow_table().to_pylist())), flush=True)
os._exit(0)
`;
import { readAll, removeAll, restore } from '../support/objects';

interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
}
type Document = BackfillResult & Failure;
/** One worker keeps running, with all of its caches, while its archives change on storage. */
describe('an archive that changes under a live worker', () => {
  const sandbox = new Sandbox();

  beforeAll(async () => {
    // One message per ledger; more ledgers for the run during which its archive changes.
    const lines = Array.from(
      { length: 200 },
      (_, index) =>
        `{"type":"t","ledger":${index + 1},"closed_at":"2025-01-01T00:00:00Z","v":${index + 1}}\n`,
    );
    writeFileSync(sandbox.path('in.ndjson'), lines.join(''));
    await sandbox.dev();
  }, 120_000);

  afterAll(async () => {
    await sandbox.dispose();
  });

  const root = (name: string): string => sandbox.path(name);
  const command = (name: string, ledgers: string, ...more: string[]): string[] => [
    ...['backfill', '--source', 'ndjson:in.ndjson', '--archive', root(name), '--ledgers', ledgers],
    ...['--partition-size', '1', ...more],
  ];
  async function backfill(name: string, ledgers: string, ...more: string[]) {
    const { code, document } = await sandbox.json<Document>(command(name, ledgers, ...more));
    return { code, document, error: (document as Partial<Failure>).error?.code };
  }

  /** Checks that a reader of the log finds exactly these ledgers, and all files. */
  async function expectLedgers(name: string, ranges: readonly (readonly [number, number])[]): Promise<void> {
    const expected = ranges.map(([start, end]) => ({ start, end }));
    expect(await coverageOf(root(name))).toEqual({ t: expected });
    const { files } = await (await Archive.open(openStore(root(name)))).dataset('t').snapshot();
    expect(files.reduce((sum, { rows = 0 }) => sum + rows, 0)).toBe(
      ranges.reduce((sum, [start, end]) => sum + end - start + 1, 0),
    );
    for (const { key, size } of files) expect(await openStore(root(name)).stat(key)).toMatchObject({ size });
    if (PYTHON === undefined) return;
    const values = ranges.flatMap(([start, end]) =>
      Array.from({ length: end - start + 1 }, (_, i) => start + i),
    );
    expect(
      JSON.parse(execFileSync(PYTHON, ['-c', READ, sandbox.path(name, 't')], { encoding: 'utf8' })),
    ).toEqual(values);
  }

  it('is created again after it was removed completely', async () => {
    expect((await backfill('removed', '1-3')).code).toBe(0);
    await removeAll(openStore(root('removed')), '');
    expect((await backfill('removed', '4-6')).code).toBe(0);
    await expectLedgers('removed', [[4, 6]]);
    const again = await backfill('removed', '1-3');
    expect(again).toMatchObject({ code: 0, document: { partitions: { done: 3, skipped: 0 } } });
    await expectLedgers('removed', [[1, 6]]);
  }, 240_000);

  it("is filled again after its dataset's folder was removed, by the same command and by audit --fix", async () => {
    expect((await backfill('emptied', '1-3')).code).toBe(0);
    await removeAll(openStore(root('emptied')), 't/');
    expect(await backfill('emptied', '1-3')).toMatchObject({
      code: 0,
      document: { partitions: { done: 3 } },
    });
    await expectLedgers('emptied', [[1, 3]]);
    await removeAll(openStore(root('emptied')), 't/');
    const plan = await sandbox.json<{ partitions: object }>(['plan', ...command('emptied', '1-3').slice(1)]);
    expect(plan.document.partitions).toEqual({ total: 3, run: 3 });
    expect((await sandbox.run(['verify', '--archive', root('emptied')])).code).toBe(1);
    const fixed = await sandbox.json<{ fixes: readonly object[] }>([
      'audit',
      '--archive',
      root('emptied'),
      '--fix',
    ]);
    expect(fixed).toMatchObject({ code: 0, document: { fixes: [{ outcome: 'filled' }] } });
    await expectLedgers('emptied', [[1, 3]]);
  }, 240_000);

  it('continues from a restored older copy, and from another archive in its place', async () => {
    const store = openStore(root('restored'));
    expect((await backfill('restored', '1-3')).code).toBe(0);
    const older = await readAll(store);
    expect((await backfill('restored', '4-6')).code).toBe(0);
    await restore(store, older);
    expect((await backfill('restored', '7-9')).code).toBe(0);
    await expectLedgers('restored', [
      [1, 3],
      [7, 9],
    ]);
    expect((await backfill('other', '11-14')).code).toBe(0);
    const [first, second] = [await readAll(store), await readAll(openStore(root('other')))];
    await restore(store, second);
    await restore(openStore(root('other')), first);
    expect((await backfill('restored', '15-16')).code).toBe(0);
    expect((await backfill('other', '4-6')).code).toBe(0);
    await expectLedgers('restored', [[11, 16]]);
    await expectLedgers('other', [[1, 9]]);
  }, 240_000);

  it('is refused while commits of its log are missing, and continues when they are back', async () => {
    const store = openStore(root('cut'));
    expect((await backfill('cut', '1-3')).code).toBe(0);
    const whole = await readAll(store);
    for (const version of ['0', '1']) {
      await store.delete(`t/_delta_log/${version.padStart(20, '0')}.json`);
      expect(await backfill('cut', '4-6', '--on-failure', 'fail')).toMatchObject({
        code: 1,
        error: 'LOG_CORRUPT',
      });
      await restore(store, whole);
    }
    expect((await backfill('cut', '4-6')).code).toBe(0);
    await expectLedgers('cut', [[1, 6]]);
  }, 240_000);

  it('with missing committed files fails the run, and --mode replace writes them again', async () => {
    const store = openStore(root('lost'));
    expect((await backfill('lost', '1-3')).code).toBe(0);
    await removeAll(store, 't/year=2025/');
    expect(await backfill('lost', '1-4')).toMatchObject({ code: 1, error: 'ARCHIVE_CHANGED' });
    expect((await backfill('lost', '1-4', '--mode', 'replace')).code).toBe(0);
    await expectLedgers('lost', [[1, 4]]);
  }, 240_000);

  it.each([
    ['the dataset', 't/'],
    ['the whole archive', ''],
  ])(
    'during a run that loses %s ends right or with an error',
    async (what, prefix) => {
      const name = `during-${prefix.length}`;
      const store = openStore(root(name));
      const running = sandbox.start([...command(name, '1-60', '--on-failure', 'fail'), '--json']);
      const third = `t/_delta_log/${'3'.padStart(20, '0')}.json`;
      while ((await store.stat(third)) === undefined && running.child.exitCode === null) await sleep(20);
      await removeAll(store, prefix);
      const { code, stdout }: Finished = await running.ended;
      const error = (JSON.parse(stdout) as Partial<Failure>).error?.code;
      // Its first partitions were removed with the folder, so the run must not report all of them as done.
      expect({ what, code }).toEqual({ what, code: expect.any(Number) as number });
      expect(code).not.toBe(0);
      expect(['ARCHIVE_CHANGED', 'ARCHIVE_INVALID', 'LOG_CORRUPT', 'PARTITIONS_FAILED']).toContain(error);
      await removeAll(store, prefix);
      expect((await backfill(name, '1-60')).code).toBe(0);
      await expectLedgers(name, [[1, 60]]);
    },
    300_000,
  );
});
