import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { writeSampleLake } from '@parquetry/sample';
import { type Running, Sandbox } from '../support/cli';
import { itWithPython, PYTHON } from '../support/python';
import { runCampaign } from './script';

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

const TYPES = 'ledgers,transactions,operations,contract_data';

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
    ...['--ledgers', range, '--partition-size', '10', '--types', TYPES],
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

  itWithPython(
    'is found by the reader of the fault campaign, which uses nothing of Parquetry',
    async () => {
      const log = (at: string): string => path.join(at, 'transactions', '_delta_log');
      const last = (at: string): string => readdirSync(log(at)).filter(isCommit).sort().at(-1) ?? '';
      const archives = [
        await damaged(() => undefined),
        await damaged((at) => rmSync(path.join(log(at), last(at)))),
        // A commit that names a copy of a file that another one has.
        await damaged((at) => {
          const next = String(Number.parseInt(last(at), 10) + 1).padStart(20, '0');
          const again = readFileSync(path.join(log(at), last(at)), 'utf8');
          const [name = ''] = files.filter((file) => again.includes(path.basename(file)));
          const copy = name.replace('.parquet', '-copy.parquet');
          writeFileSync(path.join(at, copy), readFileSync(path.join(at, name)));
          const add = again.split('\n').find((line) => line.includes(path.basename(name))) ?? '';
          writeFileSync(
            path.join(log(at), `${next}.json`),
            add.replace(path.basename(name), path.basename(copy)),
          );
        }),
        await damaged((at) => {
          const names = files.map((name) => path.join(at, name));
          const sizes = names.map((name) => statSync(name).size);
          execFileSync(PYTHON as string, ['-c', CHANGE_ONE_VALUE, ...names]);
          for (const name of readdirSync(log(at)).filter(isCommit)) {
            const text = readFileSync(path.join(log(at), name), 'utf8');
            const resized = names.reduce(
              (old, file, index) =>
                old.replace(`"size":${sizes[index] ?? 0},`, `"size":${statSync(file).size},`),
              text,
            );
            writeFileSync(path.join(log(at), name), resized);
          }
        }),
        await damaged((at) =>
          writeFileSync(
            path.join(at, (files[0] ?? '').replace('.parquet', '-half.parquet')),
            readFileSync(path.join(at, files[0] ?? '')).subarray(0, 500),
          ),
        ),
      ];
      const found = await runCampaign('judge.mjs', {
        whole: sandbox.path('whole'),
        archives: archives.join(),
      });
      expect(found).toEqual([
        [],
        expect.arrayContaining([
          expect.stringMatching(/^transactions: [1-9]\d* rows lost$/),
          expect.stringContaining('operations and transactions do not belong together'),
        ]),
        expect.arrayContaining([expect.stringMatching(/^transactions: [1-9]\d* rows doubled$/)]),
        expect.arrayContaining([
          `transactions: ${files.length} rows lost`,
          `transactions: ${files.length} rows doubled`,
          `transactions: ${files.length} files with other bytes`,
          expect.stringMatching(/^transactions: the row hashes of .* are others$/),
        ]),
        [expect.stringMatching(/^transactions: visible and not whole: .*-half\.parquet$/)],
      ]);
    },
    120_000,
  );

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

/** Gives the first row of each file another transaction hash. */
const CHANGE_ONE_VALUE = `
import sys
import pyarrow
import pyarrow.parquet as parquet
for name in sys.argv[1:]:
    table = parquet.read_table(name, partitioning=None)
    at = table.column_names.index("transaction_hash")
    values = table.column(at).to_pylist()
    values[0] = values[0][::-1]
    parquet.write_table(table.set_column(at, table.schema.field(at), pyarrow.array(values, table.schema.field(at).type)), name)
`;

function isCommit(name: string): boolean {
  return /^\d{20}\.json$/.test(name);
}

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 0x40;
  return bytes;
}
