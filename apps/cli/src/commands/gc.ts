import type { Waste } from '@parquetry/audit';
import { ParquetryError } from '@parquetry/core';
import type { Define } from '../cli';
import { type Output, formatBytes } from '../output';

interface Options {
  readonly archive: string;
  /** Folder of this machine with the stages of workers. */
  readonly stage?: string;
  /** Only what is older is removed, milliseconds. */
  readonly grace?: number;
  /** Remove it; without this only say what would be removed. */
  readonly yes?: boolean;
}

/** `parquetry gc` */
export const define: Define = ({ command, output, run }) =>
  command('gc', 'list what no commit names, after a grace time; --yes removes it', 'Maintain')
    .settings(['archive', 'region', 'stage'], { required: ['archive'] })
    .option(
      '--grace <time>',
      'only what is older, e.g. 7d or 72h; must be longer than the longest run (default: 7d)',
      parseGrace,
    )
    .option('--yes', 'remove it')
    .writes('yes')
    .example('parquetry gc --archive ./archive --grace 72h --yes')
    .action((options: Options) => run(() => gc(options, output)));

const HOUR_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { d: 24 * HOUR_MS, h: HOUR_MS, m: 60_000 };

/**
 * Lists what no commit names and nobody has touched for the grace time; with `--yes` removes it. What became live or
 * changed since it was listed stays.
 */
async function gc(options: Options, output: Output): Promise<number> {
  const { archive: root, stage, grace = parseGrace('7d'), yes = false } = options;
  const { findWaste } = require('@parquetry/audit') as typeof import('@parquetry/audit');
  const { openManaged } = require('../archive') as typeof import('../archive');
  const { workFolder } = require('../workfolder') as typeof import('../workfolder');
  const { archive, store } = await openManaged(root);
  const before = Date.now() - grace;
  const rows: { kind: Waste['kind']; key: string; size: number; modified: string; action: string }[] = [];
  for await (const waste of findWaste(archive, store, { workRoot: workFolder(stage) })) {
    const { kind, key, size, modified } = waste;
    rows.push({
      kind,
      key,
      size,
      modified: new Date(modified).toISOString(),
      action: await act(waste, before, yes),
    });
  }
  if (rows.length > 0)
    output.table(
      ['what', 'size', 'last change', 'action', 'where'],
      rows.map((row) => [row.kind, formatBytes(row.size), row.modified, row.action, row.key]),
    );
  const due = rows.filter(({ action }) => action === 'removed' || action === 'would go');
  const bytes = due.reduce((sum, { size }) => sum + size, 0);
  output.say(
    yes
      ? `Removed ${due.length} of ${rows.length}, ${formatBytes(bytes)}.`
      : `${due.length} of ${rows.length} would go, ${formatBytes(bytes)}; nothing was removed. Add --yes to remove them.`,
  );
  output.document({ dryRun: !yes, found: rows, count: due.length, bytes });
  return 0;
}

async function act(waste: Waste, before: number, remove: boolean): Promise<string> {
  if (waste.modified >= before) return 'too young';
  if (!remove) return 'would go';
  return (await waste.remove(before)) ? 'removed' : 'in use again';
}

/**
 * Reads a grace time such as `7d`, `72h`.
 * @throws ParquetryError USAGE when it is shorter than what a publish under way may rely on
 */
function parseGrace(text: string): number {
  const match = /^(\d{1,6})([dhm])$/.exec(text);
  const ms = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? Number.NaN);
  const { REUSE_MS } = require('@parquetry/archive') as typeof import('@parquetry/archive');
  const least = 2 * REUSE_MS;
  if (!(ms >= least))
    throw new ParquetryError(
      'USAGE',
      `--grace ${text} is not a time of at least ${least / HOUR_MS}h, such as 7d.`,
      {
        hint: 'It must be longer than the longest run: what a run is about to commit must not be removed.',
      },
    );
  return ms;
}
