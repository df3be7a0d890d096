import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, readdir, readlink, rm } from 'node:fs/promises';
import path from 'node:path';
import { Archive } from '@parquetry/archive';
import { auditArchive } from '@parquetry/audit';
import { openStore } from '@parquetry/storage';
import { openQuery } from '@parquetry/writer';
import { withViews } from '../../apps/cli/src/query/views';
import { SAMPLE_RANGE, writeSampleArchive } from './samplearchive';
import { demand } from './target';

const WORD = 'canary';
/** Each view reads one of the canary's columns, so that rows of the canary show its word. */
const SQL = `
  SELECT count(*) AS n, count(DISTINCT sequence) AS d, sum(sequence) AS s,
    string_agg(DISTINCT ledger_hash, ' ' ORDER BY ledger_hash) AS hashes,
    (SELECT count(*) FROM contract_data) AS c,
    (SELECT string_agg(DISTINCT contract_id, ' ' ORDER BY contract_id) FROM contract_data) AS contracts
  FROM ledgers`;

/** The sample archive, and copies of it to damage. */
export interface Sample {
  /** The folder of the sample, with the ledgers in `lake`. */
  readonly dir: string;
  /** Paths of its files below the root. */
  readonly names: readonly string[];
  /** A Parquet file next to the root of a copy, `../outside.parquet` from there. */
  readonly canary: string;
  /** Gives `use` the root of a fresh copy with the canary next to it. */
  copied<T>(use: (root: string) => Promise<T>): Promise<T>;
  /**
   * Verifies and queries a copy. Returns the code of the first finding.
   * @throws Violation when a file changed, when the canary was read, or when the rows are others and nothing was found
   */
  judge(root: string, level: 'full' | 'ledger'): Promise<string | undefined>;
}

/** Writes the sample archive. */
export async function openSample(dir: string): Promise<Sample> {
  await writeSampleArchive(dir);
  const root = path.join(dir, 'archive');
  const names = (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
  const folders = new Set(names.map((name) => path.dirname(name)));
  const outside = path.join(dir, 'outside.parquet');
  const engine = await openQuery();
  await engine.copyParquet(`SELECT '${WORD}' AS ledger_hash, '${WORD}' AS contract_id`, outside);
  await engine.close();
  const expected = await query(root);
  const work = path.join(dir, 'case');
  const canary = path.join(work, 'outside.parquet');
  return {
    dir,
    names,
    canary,
    copied: async (use) => {
      const copy = path.join(work, 'copy');
      await mkdir(work);
      try {
        await copyFile(outside, canary);
        for (const folder of folders) await mkdir(path.join(copy, folder), { recursive: true });
        for (const name of names) await copyFile(path.join(root, name), path.join(copy, name));
        return await use(copy);
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },
    judge: async (copy, level) => {
      const before = await contents(work);
      const watched = async <T>(name: string, run: () => Promise<T>): Promise<T> => {
        try {
          return shown(await run());
        } catch (error) {
          throw shown(error, String(error));
        } finally {
          const after = await contents(work);
          demand(after === before, () => `${name} changed files`);
        }
      };
      const finding = await watched('verify', () => firstFault(copy, level));
      const found = await watched('query', () => query(copy));
      if (finding !== undefined) return finding;
      demand(found === expected, () => `${found} instead of ${expected}, and no finding`);
      return undefined;
    },
  };
}

/** The value, if its text does not have the canary's word. */
function shown<T>(value: T, text = ''): T {
  demand(
    !`${text} ${JSON.stringify(value) ?? ''}`.includes(WORD),
    () => 'a file outside the archive was read',
  );
  return value;
}

async function firstFault(root: string, level: 'full' | 'ledger'): Promise<string | undefined> {
  const opened = await Archive.open(openStore(root));
  let code: string | undefined;
  for await (const { findings } of auditArchive(opened, { level, ranges: [SAMPLE_RANGE] }))
    for (const finding of shown(findings)) if (finding.fault) code ??= finding.code;
  return code;
}

async function query(root: string): Promise<string> {
  const store = openStore(root);
  const archive = await Archive.open(store);
  const { rows } = await withViews(
    { archive, store },
    SQL,
    { memoryBytes: 256e6, cacheBytes: 1e9 },
    { note: () => undefined },
    (engine) => engine.run(SQL),
  );
  return JSON.stringify(rows);
}

/** Path, kind and content of everything in a folder. Links are not followed: some lead to devices. */
async function contents(dir: string): Promise<string> {
  const lines: string[] = [];
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const content = entry.isSymbolicLink()
      ? `-> ${await readlink(file)}`
      : entry.isFile()
        ? createHash('sha256')
            .update(await readFile(file))
            .digest('hex')
        : 'folder';
    lines.push(`${file} ${content}`);
  }
  return lines.sort().join('\n');
}
