import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { writeSampleLake } from '@parquetry/sample';
import { type Running, Sandbox } from '../support/cli';

interface Report {
  readonly ok: boolean;
  readonly globExact?: boolean;
  readonly error?: { readonly code: string; readonly message: string };
  readonly datasets: readonly {
    readonly dataset: string;
    readonly globExact: boolean;
    readonly findings: readonly { readonly code: string; readonly key?: string; readonly fault: boolean }[];
  }[];
  readonly waste?: readonly { readonly kind: string; readonly key: string }[];
  readonly rows?: { readonly headers: number; readonly results: number };
  readonly fixes?: readonly { readonly outcome: string; readonly datasets: readonly string[] }[];
}

describe('a damaged archive', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());
  let ledgers = '';
  let files: string[] = [];
  let scratch = 0;
  let dev: Running;

  const backfill = (archive: string, range: string): string[] => [
    'backfill',
    ...['--source', `galexie:${sandbox.path('lake')}`, '--archive', sandbox.path(archive)],
    ...['--ledgers', range, '--partition-size', '10'],
  ];

  /** A copy of the archive, with something done to it. */
  async function damaged(change: (root: string) => void): Promise<string> {
    const root = sandbox.path(`copy-${scratch++}`);
    await cp(sandbox.path('whole'), root, { recursive: true });
    change(root);
    return root;
  }

  const faultsOf = (report: Report): [string, string | undefined][] =>
    report.datasets.flatMap(({ findings }) =>
      findings.filter(({ fault }) => fault).map(({ code, key }): [string, string | undefined] => [code, key]),
    );

  beforeAll(async () => {
    const { ledgers: range } = await writeSampleLake({ dir: sandbox.path('lake'), ledgers: 40 });
    ledgers = `${range.start}-${range.end}`;
    dev = await sandbox.dev();
    expect((await sandbox.run(backfill('whole', ledgers))).code).toBe(0);
    files = readdirSync(sandbox.path('whole', 'transactions'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.parquet') && !name.startsWith('_'))
      .map((name) => `transactions/${name}`)
      .sort();
  }, 120_000);

  it('has no findings before the damage, and verify --deep passes', async () => {
    const { code, document } = await sandbox.json<Report>([
      'verify',
      '--archive',
      sandbox.path('whole'),
      '--deep',
    ]);
    expect([code, document.ok, document.rows]).toMatchObject([0, true, { headers: 40, results: 40 }]);
    const audit = await sandbox.json<Report>(['audit', '--archive', sandbox.path('whole')]);
    expect([audit.code, audit.document.globExact, audit.document.waste]).toEqual([0, true, []]);
  }, 60_000);

  it.each([
    ['truncated', (bytes: Buffer) => bytes.subarray(0, bytes.length - 7), 'SIZE_DIFFERS'],
    ['with a byte flipped in a data page', (bytes: Buffer) => flip(bytes, 200), 'VERIFY_MISMATCH'],
    [
      'with a byte flipped in the footer',
      (bytes: Buffer) => flip(bytes, bytes.length - 60),
      'VERIFY_MISMATCH',
    ],
    ['that is empty', () => Buffer.alloc(0), 'SIZE_DIFFERS'],
  ])(
    'reports a file %s',
    async (_name, change, expected) => {
      const key = files[1] ?? '';
      const root = await damaged((at) =>
        writeFileSync(path.join(at, key), change(readFileSync(path.join(at, key)))),
      );
      for (const args of [['verify'], ['verify', '--deep']]) {
        const { code, document, stderr } = await sandbox.json<Report>([...args, '--archive', root]);
        expect([code, faultsOf(document)]).toEqual([1, [[expected, key]]]);
        expect(stderr).toContain(key);
      }
      const { code, document } = await sandbox.json<Report>(['audit', '--archive', root]);
      expect([code, faultsOf(document).map(([, file]) => file)]).toEqual([1, [key]]);
    },
    60_000,
  );

  it('reports swapped files and a missing one', async () => {
    const [first = '', second = '', third = ''] = files;
    const root = await damaged((at) => {
      const [a, b] = [first, second].map((name) => readFileSync(path.join(at, name)));
      writeFileSync(path.join(at, first), b ?? '');
      writeFileSync(path.join(at, second), a ?? '');
      rmSync(path.join(at, third));
    });
    const { code, document } = await sandbox.json<Report>(['verify', '--archive', root, '--deep']);
    const found = faultsOf(document);
    expect([code, found.map(([, key]) => key).sort()]).toEqual([1, [first, second, third]]);
    expect(found.find(([, key]) => key === third)?.[0]).toBe('FILE_MISSING');
  }, 60_000);

  it('reports a commit whose segment record is missing or altered', async () => {
    const folder = path.join('_parquetry', 'segments', 'ledgers');
    const [first = '', second = ''] = readdirSync(sandbox.path('whole', folder)).sort();
    const root = await damaged((at) => {
      rmSync(path.join(at, folder, first));
      const text = readFileSync(path.join(at, folder, second), 'utf8');
      writeFileSync(path.join(at, folder, second), text.replace('"rows":', '"rows": '.trimEnd() + '1'));
    });
    const { code, document } = await sandbox.json<Report>(['audit', '--archive', root]);
    expect([code, faultsOf(document).map(([name]) => name)]).toEqual([
      1,
      ['UNVERIFIED_COMMIT', 'ARCHIVE_INVALID'],
    ]);
  }, 60_000);

  it('is filled again by audit --fix, from the source of the run', async () => {
    const [start = 0] = ledgers.split('-').map(Number);
    const root = await damaged((at) => {
      for (const dataset of ['contract_data', 'ledgers']) {
        const log = path.join(at, dataset, '_delta_log');
        // The last commit was never made: its files are orphans, its ledgers a gap that the plan still asks for.
        for (const name of readdirSync(log).filter((file) => Number.parseInt(file, 10) === 3))
          rmSync(path.join(log, name));
      }
    });
    const before = await sandbox.json<Report>(['audit', '--archive', root]);
    expect(before.code).toBe(1);
    expect(new Set(faultsOf(before.document).map(([code]) => code))).toEqual(new Set(['COVERAGE_GAP']));
    expect(before.document.datasets.filter(({ globExact }) => !globExact)).toHaveLength(2);
    expect(before.document.waste?.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['ORPHAN_FILE', 'ORPHAN_FILE']),
    );
    const { code, document } = await sandbox.json<Report>(['audit', '--archive', root, '--fix']);
    expect(document.fixes?.every(({ outcome }) => outcome === 'filled')).toBe(true);
    expect([code, document.ok, document.globExact, start > 0]).toEqual([0, true, true, true]);
  }, 120_000);

  it('loses unreferenced files to gc, after the grace period and only with --yes', async () => {
    const [name = ''] = files;
    const folder = path.dirname(name);
    const orphan = `${folder}/stellar-data-1-2-3.parquet`;
    const young = `${folder}/stellar-data-1-2-4.parquet`;
    const temp = `${folder}/.tmp-1-${'ab'.repeat(8)}`;
    const old = new Date(Date.now() - 10 * 24 * 3_600_000);
    const root = await damaged((at) => {
      for (const key of [orphan, young, temp]) writeFileSync(path.join(at, key), 'of a crash');
      for (const key of [orphan, temp]) utimesSync(path.join(at, key), old, old);
      // A committed file may be as old as it likes.
      utimesSync(path.join(at, name), old, old);
    });
    // A stage is left over only without a worker.
    dev.child.kill('SIGINT');
    await dev.ended;
    const stage = path.join(sandbox.path('.parquetry'), 'work', 'stages', 'abc');
    mkdirSync(stage, { recursive: true });
    utimesSync(stage, old, old);

    const audit = await sandbox.json<Report>(['audit', '--archive', root]);
    expect([audit.code, audit.document.globExact]).toEqual([0, false]);
    expect(audit.document.waste?.map(({ kind }) => kind).sort()).toEqual(
      ['LEFT_STAGE', 'ORPHAN_FILE', 'ORPHAN_FILE', 'STALE_UPLOAD'].sort(),
    );
    const there = (): boolean[] => [orphan, young, temp, name].map((key) => existsSync(path.join(root, key)));
    expect((await sandbox.run(['gc', '--archive', root])).code).toBe(0);
    expect([there(), existsSync(stage)]).toEqual([[true, true, true, true], true]);
    const gone = await sandbox.json<{ count: number }>(['gc', '--archive', root, '--yes']);
    expect(gone).toMatchObject({ code: 0, document: { count: 3 } });
    expect([there(), existsSync(stage)]).toEqual([[false, true, false, true], false]);
    expect((await sandbox.run(['verify', '--archive', root])).code).toBe(0);
    expect((await sandbox.run(['gc', '--archive', root, '--grace', '1h'])).code).toBe(2);
  }, 60_000);
});

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 0x40;
  return bytes;
}
