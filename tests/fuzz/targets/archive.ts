import { cp, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Sample, openSample } from '../archivecopy';
import { hostile, isJson, mutateBytes, mutateJsonText } from '../mutate';
import { plainFile } from '../plainfile';
import type { Random } from '../random';
import { type OpenTarget, type Target } from '../target';

/**
 * A whole archive on disk, given to `verify` and `query`: a copy of the sample archive with one or two objects damaged as
 * bytes or as JSON (commits, checkpoint, hint, schemas, segment records, data files), removed, doubled, replaced by links
 * or folders, or with files added under hostile names; paths in the log and links lead to a file outside.
 *
 * Oracle: both end with findings, a coded error or their result. After a verification at full level without findings, the
 * query gives the rows of the undamaged archive. No file changes, in the archive or next to it, and no file outside the
 * archive is read: the word in a canary next to it is never in a result, a finding or an error.
 */
export const archive: Target = {
  name: 'archive',
  ci: 25,
  open: async (dir) => {
    const sample = await openSample(dir);
    return {
      run: (random) =>
        sample.copied(async (root) => {
          for (let count = 1 + random.below(2); count > 0; count -= 1) await damage(random, root, sample);
          return sample.judge(root, random.chance(2) ? 'full' : 'ledger');
        }),
    } satisfies OpenTarget;
  },
};

async function damage(random: Random, root: string, sample: Sample): Promise<void> {
  const { dir, names, canary } = sample;
  // The other changes rarely hit a path that is read.
  if (random.chance(6)) return lead(random, root, sample);
  const name = random.pick(names);
  const file = path.join(root, name);
  const bytes = await plainFile(file);
  await rm(file, { recursive: true, force: true });
  switch (random.below(14)) {
    case 0:
      return;
    case 1:
      return symlink(random.pick([canary, 'nowhere', name, '/dev/zero']), file);
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
      return writeFile(path.join(path.dirname(file), odd), random.chance(2) ? bytes : 'x');
    }
    case 4:
      return writeFile(file, '');
    default: {
      if (!name.endsWith('.json') || random.chance(4)) return writeFile(file, mutateBytes(random, bytes));
      const lines = bytes.toString('utf8').trimEnd().split('\n');
      const at = random.below(lines.length);
      lines[at] = random.chance(3)
        ? pathOf(random, lines[at] ?? '', canary)
        : mutateJsonText(random, lines[at] ?? '');
      return writeFile(file, `${lines.join('\n')}\n`);
    }
  }
}

/** Leads from a data file to the canary: by a link, or by its path in the newest commit. */
async function lead(random: Random, root: string, { names, canary }: Sample): Promise<void> {
  if (random.chance(2)) {
    const file = path.join(root, random.pick(names.filter((name) => /\/year=/.test(name))));
    await rm(file, { recursive: true, force: true });
    return symlink(random.chance(2) ? canary : path.relative(path.dirname(file), canary), file);
  }
  const file = path.join(
    root,
    random.pick(names.filter((name) => name.endsWith('/00000000000000000002.json'))),
  );
  const text = (await plainFile(file)).toString('utf8');
  await rm(file, { recursive: true, force: true });
  return writeFile(
    file,
    text.replace(/(?<="path":)"[^"]*"/, () => JSON.stringify(away(random, canary))),
  );
}

/** Replaces a path of a file by one that leads elsewhere. */
function pathOf(random: Random, line: string, canary: string): string {
  if (!isJson(line)) return line;
  return JSON.stringify(
    JSON.parse(line, (key, value: unknown) =>
      key === 'path' || key === 'key' || key === 'dataset' ? away(random, canary) : value,
    ),
  );
}

/** Most lead to the canary, from the root of the archive or from the folder of a dataset, if they are followed. */
function away(random: Random, canary: string): unknown {
  return random.pick([
    '../outside.parquet',
    '../../outside.parquet',
    canary,
    `file://${canary}`,
    '..%2f..%2foutside.parquet',
    '%2e%2e/%2e%2e/outside.parquet',
    'year=2025/../../../outside.parquet',
    '../../*.parquet',
    '/etc/passwd',
    's3://b/x.parquet',
    '*.parquet',
    "x'; DROP TABLE x; --.parquet",
    hostile(random),
  ]);
}
