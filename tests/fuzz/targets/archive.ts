import { cp, lstat, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Archive } from '@parquetry/archive';
import { auditArchive } from '@parquetry/audit';
import { openStore } from '@parquetry/storage';
import { withViews } from '../../../apps/cli/src/query/views';
import { hostile, isJson, mutateBytes, mutateJsonText } from '../mutate';
import type { Random } from '../random';
import { SAMPLE_RANGE, writeSampleArchive } from '../samplearchive';
import { type OpenTarget, type Target, demand } from '../target';

const SQL =
  'SELECT count(*) AS n, count(DISTINCT l.sequence) AS d, sum(l.sequence) AS s, (SELECT count(*) FROM contract_data) AS c FROM ledgers l';

/**
 * A whole archive on disk, given to `verify` and `query`: a copy of the sample archive with one or two objects damaged as
 * bytes or as JSON (commits, checkpoint, hint, schemas, segment records, data files), removed, doubled, replaced by links
 * or folders, or with files added under hostile names.
 *
 * Oracle: both end with findings, a coded error or their result. After a verification at full level without findings, the
 * query gives the rows of the undamaged archive. Nothing is written anywhere, and no file outside the archive is read: a
 * canary next to it never becomes part of a result.
 */
export const archive: Target = {
  name: 'archive',
  ci: 25,
  open: async (dir) => {
    await writeSampleArchive(dir);
    const root = path.join(dir, 'archive');
    const names = (await readdir(root, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
      .sort();
    const expected = await query(root);
    return {
      run: async (random) => {
        const copy = path.join(dir, 'case', 'copy');
        await cp(root, copy, { recursive: true });
        try {
          return await runCase(random, copy, names, expected, dir);
        } finally {
          await rm(path.join(dir, 'case'), { recursive: true, force: true });
        }
      },
    } satisfies OpenTarget;
  },
};

async function runCase(
  random: Random,
  root: string,
  names: readonly string[],
  expected: string,
  dir: string,
): Promise<string | undefined> {
  for (let count = 1 + random.below(2); count > 0; count -= 1)
    await damage(random, root, random.pick(names), dir);
  const before = await listed(path.dirname(root));
  const opened = await Archive.open(openStore(root));
  let finding: string | undefined;
  try {
    for await (const { findings } of auditArchive(opened, {
      level: random.chance(2) ? 'full' : 'ledger',
      ranges: [SAMPLE_RANGE],
    }))
      finding ??= findings.find(({ fault }) => fault)?.code;
  } finally {
    demand((await listed(path.dirname(root))) === before, () => 'verify changed files');
  }
  const found = await query(root);
  demand((await listed(path.dirname(root))) === before, () => 'query changed files');
  demand(!found.includes('canary'), () => 'a file outside the archive was read');
  if (finding !== undefined) return finding;
  demand(found === expected, () => `${found} instead of ${expected}, and no finding`);
  return undefined;
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

async function listed(dir: string): Promise<string> {
  return (await readdir(dir, { recursive: true })).sort().join('\n');
}

async function damage(random: Random, root: string, name: string, dir: string): Promise<void> {
  const file = path.join(root, name);
  // An earlier damage may have put a link to a device there, which has no end.
  const plain = (await lstat(file).catch(() => undefined))?.isFile() === true;
  const bytes = plain ? await readFile(file) : Buffer.of();
  await rm(file, { recursive: true, force: true });
  switch (random.below(14)) {
    case 0:
      return;
    case 1:
      return symlink(random.pick([path.join(dir, 'lake/.config.json'), 'nowhere', name, '/dev/zero']), file);
    case 2:
      return void (await cp(path.join(dir, 'lake'), file, { recursive: true }));
    case 3: {
      await writeFile(file, bytes);
      const odd = random.pick([
        'x.parquet',
        '00000000000000000099.json',
        '.tmp-x',
        'a b%20c.parquet',
        `${path.basename(name)}.bak`,
        '00000000000000000001.checkpoint.0000000001.0000000002.parquet',
      ]);
      return writeFile(path.join(path.dirname(file), odd), random.chance(2) ? bytes : 'canary');
    }
    case 4:
      return writeFile(file, '');
    default: {
      if (!name.endsWith('.json') || random.chance(4)) return writeFile(file, mutateBytes(random, bytes));
      const lines = bytes.toString('utf8').trimEnd().split('\n');
      const at = random.below(lines.length);
      lines[at] = random.chance(3)
        ? pathOf(random, lines[at] ?? '')
        : mutateJsonText(random, lines[at] ?? '');
      return writeFile(file, `${lines.join('\n')}\n`);
    }
  }
}

/** Replaces a path of a file by one that leads elsewhere. */
function pathOf(random: Random, line: string): string {
  if (!isJson(line)) return line;
  return JSON.stringify(
    JSON.parse(line, (key, value: unknown) =>
      key === 'path' || key === 'key' || key === 'dataset'
        ? random.pick([
            '../lake/.config.json',
            '/etc/passwd',
            'file:///etc/passwd',
            '..%2flake%2f.config.json',
            '%2e%2e/lake/.config.json',
            's3://b/x.parquet',
            'year=2025/../../x.parquet',
            '*.parquet',
            "x'; DROP TABLE x; --.parquet",
            hostile(random),
          ])
        : value,
    ),
  );
}
