import { cp, mkdir, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compress, decompress } from '@mongodb-js/zstd';
import type { StageManifest } from '@parquetry/core';
import { writeSampleLake } from '@parquetry/sample';
import { openGalexieSource } from '@parquetry/source';
import { openLakeFeed } from '../../../libs/source/src/ledgers/lakefeed';
import { mutateBytes, mutateJsonText } from '../mutate';
import { plainFile } from '../plainfile';
import type { Random } from '../random';
import { type OpenTarget, type Target, demand } from '../target';

const START = 426_000;
const RANGE = { start: START + 2, end: START + 9 };
const TYPES = ['ledgers', 'transactions', 'operations', 'contract_data'];

/**
 * A ledger lake on disk, pulled as a worker does: its manifest, the names of its objects and folders, their zstd frames
 * and the XDR in them are damaged, removed, swapped, doubled, or replaced by links and folders.
 *
 * Oracle: the pull is refused with a code and leaves no manifest, so that its stage is never used; or it has every ledger
 * of the range once, with the chain proved from the undamaged first to the undamaged last hash.
 */
export const lake: Target = {
  name: 'lake',
  ci: 60,
  open: async (dir) => {
    const valid = path.join(dir, 'valid');
    await writeSampleLake({
      dir: valid,
      ledgers: 12,
      start: START,
      layout: { ledgersPerBatch: 4, batchesPerPartition: 2 },
    });
    const names = (await readdir(valid, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(valid, path.join(entry.parentPath, entry.name)))
      .sort();
    const work = path.join(dir, 'case');
    const expected = await pull(valid, path.join(dir, 'first'));
    return {
      run: async (random) => {
        const copy = path.join(work, 'lake');
        await cp(valid, copy, { recursive: true });
        try {
          for (let count = 1 + random.below(2); count > 0; count -= 1) await damage(random, copy, names);
          return await runCase(random, copy, work, expected);
        } finally {
          await rm(work, { recursive: true, force: true });
        }
      },
    } satisfies OpenTarget;
  },
};

async function pull(location: string, stageDir: string, unknown?: 'keep'): Promise<StageManifest> {
  await mkdir(stageDir, { recursive: true });
  const source = await openGalexieSource(location);
  const index = await source.prepare({ range: RANGE, workDir: stageDir, types: TYPES });
  return source.pull({
    stageId: 's',
    range: RANGE,
    datasets: index.datasets,
    index,
    stageDir,
    spoolDir: stageDir,
    unknown,
  });
}

async function runCase(
  random: Random,
  copy: string,
  work: string,
  expected: StageManifest,
): Promise<string | undefined> {
  if (random.chance(4)) {
    const feed = await openLakeFeed(copy);
    const [first, tip] = [await feed.first(), await feed.tip()];
    for (const ledger of [first, tip])
      demand(
        ledger === undefined || (Number.isInteger(ledger) && ledger >= 0 && ledger <= 4_294_967_295),
        () => `ledger ${ledger}`,
      );
    await feed.assertWhole(RANGE, tip ?? RANGE.end);
    return undefined;
  }
  const stageDir = path.join(work, 'stage');
  const keep = random.chance(3) ? 'keep' : undefined;
  const done = async (): Promise<boolean> =>
    (await stat(path.join(stageDir, 'manifest.json')).catch(() => undefined)) !== undefined;
  let found: StageManifest;
  try {
    found = await pull(copy, stageDir, keep);
  } catch (error) {
    demand(!(await done()), () => 'a failed pull has a manifest');
    throw error;
  }
  demand(await done(), () => 'a pull without a manifest');
  let unknown = 0;
  for (const [index, staged] of found.datasets.entries()) {
    unknown += staged.rejected;
    if (staged.dataset !== 'ledgers') continue;
    const ledgers = new Set([
      ...staged.ledgers.map(({ ledger }) => ledger),
      ...staged.rejectedLedgers.map(({ ledger }) => ledger),
    ]);
    demand(ledgers.size === RANGE.end - RANGE.start + 1, () => `${ledgers.size} ledgers`);
    demand(
      staged.rows + staged.rejected === expected.datasets[index]?.rows,
      () => `${staged.rows} rows of ledgers`,
    );
  }
  if (unknown > 0) {
    demand(keep === 'keep', () => `${unknown} rejects`);
    return 'UNKNOWN_XDR';
  }
  demand(
    JSON.stringify(found.proof) === JSON.stringify(expected.proof),
    () => `the proof ${JSON.stringify(found.proof)}`,
  );
  return undefined;
}

async function damage(random: Random, root: string, names: readonly string[]): Promise<void> {
  const name = random.pick(names);
  const file = path.join(root, name);
  const bytes = await plainFile(file);
  const other = path.join(root, random.pick(names));
  // An earlier edit may have made a folder of it.
  if (!(await stat(file).catch(() => undefined))?.isFile()) await rm(file, { recursive: true, force: true });
  switch (random.below(12)) {
    case 0:
      return rm(file, { recursive: true, force: true });
    case 1:
      return void (await cp(other, file, { force: true, recursive: true }).catch(() => undefined));
    case 2:
      await rename(
        file,
        path.join(
          path.dirname(file),
          random.pick([
            'x',
            'FFFFFFFF--0.xdr.zst',
            'FFF97FEF--426000-999999.xdr.zst',
            'FFF97FEF--426000.xdr.zst',
            `${path.basename(file)}.tmp`,
          ]),
        ),
      ).catch(() => undefined);
      return;
    case 3:
      await rm(file, { recursive: true, force: true });
      return random.chance(2)
        ? void (await mkdir(file))
        : symlink(random.pick([file, 'nowhere', '..', '/dev/zero']), file);
    case 4:
      return writeFile(
        file,
        random.pick([Buffer.of(), Buffer.from('{}'), await compress(Buffer.alloc(1 << 20), 1)]),
      );
    case 5:
      return writeFile(
        path.join(root, random.pick(['FFF97FEF--426000-426007', 'FFFFFFFF--0-4294967295', 'y'])),
        'x',
      ).catch(() => undefined);
    default:
      if (name.endsWith('.json'))
        return writeFile(file, mutateJsonText(random, bytes.toString('utf8') || '{}'));
      if (bytes.length === 0 || random.chance(3)) return writeFile(file, mutateBytes(random, bytes));
      return writeFile(
        file,
        await compress(mutateBytes(random, await decompress(bytes).catch(() => bytes)), 1),
      );
  }
}
